"""The settings of the app: what a project's settings say under these names, else the default that stands here.

Single names and no dictionary: each is also the environment variable from which `memoria_site` takes it, a test can
override one, and a misspelt one is a name that nobody reads rather than a key that hides another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from memoria.snapshot.files.urls import is_url

T = TypeVar("T")


@dataclass(frozen=True)
class Setting(Generic[T]):
    """Called, it gives the value at that moment. Raises ImproperlyConfigured where the project's is none."""

    name: str
    kind: Callable[[Any], T]
    default: Callable[[], T]
    wanted: str
    """What a value is, as a sentence goes on: "a folder"."""

    def __call__(self) -> T:
        given = getattr(settings, self.name, None)
        if given is None:
            return self.default()
        try:
            return self.kind(given)
        except (TypeError, ValueError):
            raise ImproperlyConfigured(f"{self.name} is {given!r}: write {self.wanted}.") from None


def _positive(value: Any) -> int:
    if isinstance(value, bool) or int(value) != value or value < 1:
        raise ValueError(value)
    return int(value)


def _folder(name: str) -> Callable[[], Path]:
    """A folder of that name in the project, which is `BASE_DIR` as in the settings that Django makes."""
    return lambda: Path(getattr(settings, "BASE_DIR", None) or Path.cwd(), name)


def _path(value: Any) -> Path:
    if is_url(str(value)):
        raise ValueError(value)
    return Path(value)


upload_dir = Setting("MEMORIA_UPLOAD_DIR", _path, _folder("uploads"), "the path of a folder")
upload_max_bytes = Setting("MEMORIA_UPLOAD_MAX_BYTES", _positive, lambda: 2_000_000_000, "a whole number of bytes")
upload_keep_hours = Setting("MEMORIA_UPLOAD_KEEP_HOURS", _positive, lambda: 24, "a whole number of hours")
export_dir = Setting("MEMORIA_EXPORT_DIR", _path, _folder("export"), "the path of a folder")
backup_dir = Setting("MEMORIA_BACKUP_DIR", _path, _folder("backup"), "the path of a folder")
# Of a CSV, XLSX or JSON file of rows. All of it is read into memory, several times over.
table_import_max_bytes = Setting(
    "MEMORIA_TABLE_IMPORT_MAX_BYTES", _positive, lambda: 5_000_000, "a whole number of bytes"
)

SETTINGS: tuple[Setting[Any], ...] = (
    upload_dir,
    upload_max_bytes,
    upload_keep_hours,
    export_dir,
    backup_dir,
    table_import_max_bytes,
)
