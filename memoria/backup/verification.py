"""Compares a backup with its sidecar: every byte, and every row once it is restored."""

from __future__ import annotations

from memoria.backup.engines import Expected, How, Trial, engine_of
from memoria.backup.store.digests import Contents, require_same
from memoria.backup.store.file import BackupFile


def verified(file: BackupFile, expected: Expected, trial: Trial) -> How:
    """How the backup was verified. Raises InvalidBackup if it is not what is expected."""
    file.require(expected.size, expected.sha256)
    how, found = engine_of(expected.kind).tried(file, expected, trial)
    wanted = expected.contents
    if how == "read":  # what stands in a text as rows is known from it, and no more than that
        tables = {name: counted for name, counted in found.tables.items() if name in wanted.tables}
        wanted, found = Contents(wanted.tables, {}), Contents(tables, {})
    require_same(file.name, wanted, found)
    return how
