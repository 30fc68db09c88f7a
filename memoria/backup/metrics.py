"""Tells Prometheus of the backups in a folder."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator

from memoria.backup.freshness import Freshness
from memoria.prometheus import Sample, exposition
from memoria.snapshot.errors import FileFailure
from memoria.snapshot.files.urls import require_local

HELP = {
    "memoria_backups_fine": "1 where every database has a verified backup that is young enough, and none is damaged",
    "memoria_backups": "backups in the folder",
    "memoria_backups_broken": "backups that are damaged, refused, missing or cannot be read",
    "memoria_backups_read": "backups that the last check read to their end",
    "memoria_backup_created_seconds": "when the newest good backup was made, in seconds since 1970",
    "memoria_backup_size_bytes": "its size",
    "memoria_backup_rows": "its rows",
}


def samples(found: Freshness) -> Iterator[Sample]:
    yield Sample("memoria_backups_fine", int(found.check.is_fine))
    yield Sample("memoria_backups", len(found.found))
    yield Sample("memoria_backups_broken", len(found.broken))
    yield Sample("memoria_backups_read", found.read)
    for name, entry in sorted(found.newest.items()):
        if backup := entry.sidecar:
            of_database = {"database": name}
            yield Sample("memoria_backup_created_seconds", int(backup.moment.timestamp()), of_database)
            yield Sample("memoria_backup_size_bytes", backup.size, of_database)
            yield Sample("memoria_backup_rows", backup.contents.rows, of_database)


def write(found: Freshness, path: str) -> None:
    """The file appears whole, and whoever reads metrics may read it. Raises FileFailure."""
    require_local("write", path)
    try:
        descriptor, draft = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=os.path.dirname(path) or ".")
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, 0o644)
                file.write(exposition(samples(found), HELP))
            os.replace(draft, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(draft)
            raise
    except OSError as error:
        raise FileFailure.of("write", path, error) from None
