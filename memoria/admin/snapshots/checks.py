"""System checks: uploads wait where nobody else can read or exchange them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from memoria import conf
from memoria.admin.snapshots.storage import unsafe

_HINT = "Name another folder in MEMORIA_UPLOAD_DIR."


@register("memoria")
def the_upload_folder_is_private(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    folder = conf.upload_dir()
    found: list[CheckMessage] = []
    if reason := unsafe(folder):
        found.append(Error(f"The upload folder cannot be used: {reason}.", hint=_HINT, id="memoria.E002"))
    for name in ("STATIC_ROOT", "MEDIA_ROOT"):
        served = getattr(settings, name, None)
        if served and folder.resolve().is_relative_to(Path(served).resolve()):
            found.append(Error(f"The upload folder is inside {name}, which is served.", hint=_HINT, id="memoria.E003"))
    return found
