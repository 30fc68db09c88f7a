"""System checks: what a project lacks that the app needs, and models that the snapshot must not forget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured

from memoria import conf
from memoria.snapshot.schema.registry import EXCLUDED, TABLES


@register("memoria")
def every_model_is_in_the_snapshot(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    carried = {table.name for table in TABLES}
    return [
        Error(
            f"{model._meta.label} is neither carried by snapshots nor excluded from them.",
            hint="Add it to MODELS in memoria/snapshot/schema/registry.py, or to EXCLUDED with the reason.",
            obj=model,
            id="memoria.E001",
        )
        for model in apps.get_app_config("memoria").get_models()
        if model._meta.db_table not in carried and model._meta.label not in EXCLUDED
    ]


@register("memoria")
def every_setting_has_a_value(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for setting in conf.SETTINGS:
        try:
            setting()
        except ImproperlyConfigured as error:
            found.append(Error(str(error), id="memoria.E004"))
    return found


@register("memoria")
def the_pages_find_what_they_need(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if not apps.is_installed("django.contrib.admin") or apps.is_installed("import_export"):
        return []
    return [
        Error(
            "The admin's pages of memoria need import_export, which is not among the apps.",
            hint='Add "import_export" to INSTALLED_APPS.',
            id="memoria.E005",
        )
    ]


@register("memoria", deploy=True)
def no_request_is_without_limit(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    limit = "memoria.admin.middleware.BodyLimit"
    if not apps.is_installed("django.contrib.admin") or limit in settings.MIDDLEWARE:
        return []
    return [
        Warning(
            "Whoever reaches the admin can send files of any size to its forms, and they are read.",
            hint=f'Add "{limit}" to MIDDLEWARE, behind AuthenticationMiddleware and before CsrfViewMiddleware.',
            id="memoria.W001",
        )
    ]
