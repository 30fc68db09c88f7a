"""Tells a monitor of backups in the text format of Prometheus."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator

from memoria.backup.freshness import Freshness
from memoria.snapshot.errors import FileFailure
from memoria.snapshot.files.urls import require_local

_HELP = {
    "memoria_backups_fine": "1 where every database has a verified backup that is young enough, and none is damaged",
    "memoria_backups": "backups in the folder",
    "memoria_backups_broken": "backups that are damaged, refused, missing or cannot be read",
    "memoria_backups_read": "backups that the last check read to their end",
    "memoria_backup_created_seconds": "when the newest good backup was made, in seconds since 1970",
    "memoria_backup_size_bytes": "its size",
    "memoria_backup_rows": "its rows",
}


def text(found: Freshness) -> str:
    """All figures, each with its help and its type, which is a gauge."""
    lines: list[str] = []
    for name, label, value in _figures(found):
        if f"# HELP {name} {_HELP[name]}" not in lines:
            lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge"]
        lines.append(f"{name}{label} {value}")
    return "\n".join(lines) + "\n"


def _figures(found: Freshness) -> Iterator[tuple[str, str, float]]:
    yield "memoria_backups_fine", "", int(found.check.is_fine)
    yield "memoria_backups", "", len(found.found)
    yield "memoria_backups_broken", "", len(found.broken)
    yield "memoria_backups_read", "", found.read
    newest = [(_label(name), entry.sidecar) for name, entry in sorted(found.newest.items()) if entry.sidecar]
    for label, backup in newest:
        yield "memoria_backup_created_seconds", label, int(backup.moment.timestamp())
    for label, backup in newest:
        yield "memoria_backup_size_bytes", label, backup.size
    for label, backup in newest:
        yield "memoria_backup_rows", label, backup.contents.rows


def _label(database: str) -> str:
    escaped = database.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{{database="{escaped}"}}'


def write(found: Freshness, path: str) -> None:
    """The file appears whole, and whoever reads metrics may read it. Raises FileFailure."""
    require_local("write", path)
    try:
        descriptor, draft = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=os.path.dirname(path) or ".")
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, 0o644)
                file.write(text(found))
            os.replace(draft, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(draft)
            raise
    except OSError as error:
        raise FileFailure.of("write", path, error) from None
