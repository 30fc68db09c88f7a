"""A backup in the place of a SQLite database, or as a new one: complete and compared before anything is replaced."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from memoria.backup.engines import Target
from memoria.backup.sqlite import dump
from memoria.backup.sqlite.load import restored
from memoria.backup.store import lock
from memoria.backup.store.digests import NOTHING, require_same
from memoria.backup.store.file import BackupFile
from memoria.backup.store.sidecar import Sidecar
from memoria.backup.store.work_folder import work_folder
from memoria.snapshot.database.locks import lock_timeout
from memoria.snapshot.database.sqlite.connection import failures
from memoria.snapshot.errors import DatabaseBusy, DatabaseFailure, FileFailure
from memoria.snapshot.files import sync_folder
from memoria.snapshot.files.urls import require_local

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def restore(file: BackupFile, backup: Sidecar, target: Target) -> None:
    require_local("write", target.into)
    name = target.into or str(target.connection.settings_dict["NAME"])
    if name.startswith(("file:", ":memory:")):
        raise DatabaseFailure(f"{target.database} is no file that can be replaced: name one with --into")
    path = Path(name).absolute()
    if target.into and os.path.lexists(path):
        raise FileFailure(f"{path} is there already: --into names a new file")
    with (
        lock.held(path.with_name(f".{path.name}.restore.lock"), str(path)),
        work_folder(path.parent, path.name) as work,
    ):
        target.stage("Proving")
        complete = _complete(file, backup, work, path, target.database)
        if path.exists():
            _replace(complete, path, target)
        else:
            target.ask(NOTHING)
            _move_into_place(complete, path)


def _complete(file: BackupFile, backup: Sidecar, work: Path, target: Path, database: str) -> Path:
    path = work / "restored.sqlite3"
    name = f"the new database beside {target}"
    with _readable(target):
        page_size = _page_size(target, database)
    restored(file, backup.compression, path, name, page_size=page_size)
    with closing(sqlite3.connect(path, isolation_level=None)) as fresh, failures(name):
        require_same(file.name, backup.contents, dump.contents(fresh))
    return path


def _replace(complete: Path, path: Path, target: Target) -> None:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=lock_timeout())) as live:
        with _readable(path), failures(target.database):
            there = dump.numbers(live)
        target.ask(there)
        target.stage("Restoring")
        with closing(sqlite3.connect(complete)) as source, failures(target.database):
            source.backup(live, progress=_within(lock_timeout(), target.database), sleep=0.1)


@contextmanager
def _readable(target: Path) -> Iterator[None]:
    """What stands in the place of the new database must be one, to be replaced in its place."""
    try:
        yield
    except DatabaseBusy:
        raise
    except DatabaseFailure as error:
        raise DatabaseFailure(
            f"{error}: move {target} away, with its -wal if there is one, and restore again"
        ) from None


def _page_size(target: Path, name: str) -> int:
    """That of the database which is replaced: in WAL mode it cannot change. 0 if there is none."""
    if not target.exists() or not target.stat().st_size:
        return 0
    with closing(sqlite3.connect(f"{target.as_uri()}?mode=ro", uri=True)) as database, failures(name):
        return int(database.execute("PRAGMA page_size").fetchone()[0])


def _move_into_place(complete: Path, target: Path) -> None:
    """Where no database is. What an earlier one left beside it would be taken for this one's."""
    for left in ("-wal", "-shm", "-journal"):
        if os.path.lexists(f"{target}{left}"):
            raise DatabaseFailure(
                f"{target}{left} is there without its database: remove it, or bring the database back"
            )
    try:
        complete.chmod(0o600)
        with complete.open("rb") as file:
            os.fsync(file.fileno())
        os.link(complete, target)  # unlike a rename, it never replaces
        sync_folder(target.parent)
    except OSError as error:
        raise FileFailure.of("write", str(target), error) from None


def _within(seconds: float, name: str) -> Callable[[int, int, int], None]:
    """The driver would wait for a lock for ever."""
    end = time.monotonic() + seconds

    def progress(status: int, remaining: int, total: int) -> None:
        if status in _BUSY and time.monotonic() > end:
            raise DatabaseBusy(
                f"{name} is locked by another connection; nothing was changed, try again when it is done"
            )

    return progress
