"""System checks: no model of this app may be forgotten by the snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register

from memoria.snapshot.registry import EXCLUDED, TABLES


@register("memoria")
def every_model_is_in_the_snapshot(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    carried = {table.name for table in TABLES}
    return [
        Error(
            f"{model._meta.label} is neither carried by snapshots nor excluded from them.",
            hint="Add it to MODELS in memoria/snapshot/registry.py, or to EXCLUDED with the reason.",
            obj=model,
            id="memoria.E001",
        )
        for model in apps.get_app_config("memoria").get_models()
        if model._meta.db_table not in carried and model._meta.label not in EXCLUDED
    ]
