"""System checks of the site: what would make it slower than it need be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register("memoria_site", deploy=True)
def static_files_are_collected(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    root = Path(settings.STATIC_ROOT)
    if root.joinpath("staticfiles.json").is_file() if getattr(settings, "HAS_WHITENOISE", False) else root.is_dir():
        return []
    return [
        Warning(
            "The static files were not collected: no web server finds them, or browsers fetch them anew each time.",
            hint="Run `memoria collectstatic --noinput` after each upgrade, and restart the site.",
            id="memoria_site.W001",
        )
    ]
