"""A backup back into a database: checked first, all of it or nothing, and what was there is kept."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import errors

from memoria import __version__
from memoria.backup.backup import SILENCE, Backup
from memoria.backup.errors import InvalidBackup
from memoria.backup.postgresql import dump as postgresql
from memoria.backup.postgresql.clear import clear
from memoria.backup.postgresql.load import load, script
from memoria.backup.postgresql.properties import restore
from memoria.backup.postgresql.scratch import rename_database, require_free, scratch
from memoria.backup.report import BackupReport
from memoria.backup.sqlite import dump as sqlite
from memoria.backup.store import catalogue, lock, refusal
from memoria.backup.store.destination import Destination, plain_name
from memoria.backup.store.digests import Contents
from memoria.backup.store.file import BackupFile
from memoria.backup.store.sidecar import Sidecar
from memoria.backup.store.work_folder import work_folder
from memoria.backup.verification import require_same, restore_sqlite
from memoria.snapshot.database.locks import lock_timeout
from memoria.snapshot.database.postgresql.connection import connect, failures, waited_for
from memoria.snapshot.database.sqlite.connection import failures as sqlite_failures
from memoria.snapshot.errors import DatabaseBusy, DatabaseFailure, Declined, FileFailure, SnapshotError
from memoria.snapshot.files import sync_folder
from memoria.snapshot.files.urls import require_local
from memoria.snapshot.progress import NoProgress, Progress

Confirm = Callable[[str, Contents, Sidecar], bool]
"""Takes what the database is called, what it holds, and the backup that will replace that; false stops the restore."""
_OWNERS = (errors.InsufficientPrivilege, errors.UndefinedObject)
"""A role may be missing here, or lack a right."""
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@dataclass(frozen=True)
class Restore:
    """One restore: the backup, where it goes, and what was asked for."""

    path: Path
    connection: BaseDatabaseWrapper
    database: str
    """What messages call the target."""
    into: str = ""
    """A new database beside the target: a file (SQLite), or a name on the same server. The target stays as it is."""
    safety_backup: bool = True
    owners: bool = True
    """Whether owners and privileges come back as well (PostgreSQL)."""
    confirm: Confirm = lambda name, contents, backup: True
    silence: float = SILENCE
    progress: Progress = field(default_factory=NoProgress)

    def run(self) -> BackupReport:
        """Raises SnapshotError, and then the target is as it was."""
        started = time.monotonic()
        backup = catalogue.sidecar_of(self.path)
        self._require_sense(backup)
        report = BackupReport("restore", self.into or self.database, str(self.path), backup, "restored")
        with BackupFile(self.path) as file:
            self.progress.stage("Reading")
            with refusal.marking(self.path, backup):
                file.require(backup.size, backup.sha256)
            self._restore(file, backup, report)
        report.next_steps += self._next_steps(backup, report)
        report.seconds += time.monotonic() - started
        return report

    def _restore(self, file: BackupFile, backup: Sidecar, report: BackupReport) -> None:
        if backup.kind == "sqlite":
            require_local("write", self.into)
            self._restore_sqlite(file, backup, report)
        elif self.into:
            self._create_postgresql(file, backup, report)
        else:
            self._restore_postgresql(file, backup, report)

    def _require_sense(self, backup: Sidecar) -> None:
        if backup.kind != self.connection.vendor:
            theirs, ours = (_NAMES.get(kind, kind) for kind in (backup.kind, self.connection.vendor))
            raise InvalidBackup(
                f"{self.path} is a backup of {theirs}, and {self.database} is {ours}:"
                " between the two go export-data and import-data"
            )
        made_by = backup.generator.removeprefix("memoria ")
        if _numbers(made_by) > _numbers(__version__):
            raise InvalidBackup(
                f"{self.path} was made by memoria {made_by}, newer than this {__version__}: upgrade first"
            )

    # SQLite

    def _restore_sqlite(self, file: BackupFile, backup: Sidecar, report: BackupReport) -> None:
        name = self.into or str(self.connection.settings_dict["NAME"])
        if name.startswith(("file:", ":memory:")):
            raise DatabaseFailure(f"{self.database} is no file that can be replaced: name one with --into")
        target = Path(name).absolute()
        if self.into and os.path.lexists(target):
            raise FileFailure(f"{target} is there already: --into names a new file")
        with (
            lock.held(target.with_name(f".{target.name}.restore.lock"), str(target)),
            work_folder(target.parent, target.name) as work,
        ):
            self.progress.stage("Proving")
            complete = self._complete_sqlite(file, backup, work, target)
            if target.exists():
                self._replace_sqlite(complete, target, backup, report)
            else:
                _move_into_place(complete, target)

    def _complete_sqlite(self, file: BackupFile, backup: Sidecar, work: Path, target: Path) -> Path:
        path = work / "restored.sqlite3"
        name = f"the new database beside {target}"
        with _readable(target):
            page_size = _page_size(target, self.database)
        restore_sqlite(file, backup.compression, path, name, page_size=page_size)
        with closing(sqlite3.connect(path, isolation_level=None)) as database, sqlite_failures(name):
            require_same(file.name, backup.contents, sqlite.contents(database))
        return path

    def _replace_sqlite(self, complete: Path, target: Path, backup: Sidecar, report: BackupReport) -> None:
        with closing(sqlite3.connect(f"{target.as_uri()}?mode=rw", uri=True, timeout=lock_timeout())) as live:
            with _readable(target), sqlite_failures(self.database):
                there = sqlite.numbers(live)
            self._ask_and_keep(there, backup, report)
            self.progress.stage("Restoring")
            with closing(sqlite3.connect(complete)) as source, sqlite_failures(self.database):
                source.backup(live, progress=_within(lock_timeout(), self.database), sleep=0.1)

    # PostgreSQL

    def _restore_postgresql(self, file: BackupFile, backup: Sidecar, report: BackupReport) -> None:
        with postgresql.moment(self.connection, self.database) as cursor:
            there = postgresql.contents(cursor, digests=False)
        self._ask_and_keep(there, backup, report)
        self.progress.stage("Restoring")
        with self._session(self.connection) as (session, cursor):
            clear(cursor)
            self._load(file, backup, cursor, report)
            session.commit()
            session.autocommit = True
            waited_for(cursor, cursor.execute, "ANALYZE")

    def _create_postgresql(self, file: BackupFile, backup: Sidecar, report: BackupReport) -> None:
        """Complete before it gets its name: whatever ends this run, nothing else ever bears that name."""
        with closing(connect(self.connection, self.database)) as admin, failures(self.database):
            admin.autocommit = True
            with admin.cursor() as cursor:
                require_free(cursor, self.into)
                with scratch(self.connection, self.database, backup.properties) as fresh:
                    with self._session(fresh) as (session, inside):
                        self._load(file, backup, inside, report)
                        session.commit()
                    rename_database(cursor, str(fresh.settings_dict["NAME"]), self.into)

    @contextmanager
    def _session(self, connection: BaseDatabaseWrapper) -> Iterator[tuple[Any, Any]]:
        name = self.into or self.database
        with closing(connect(connection, name)) as session, failures(name), session.cursor() as cursor:
            yield session, cursor

    def _load(self, file: BackupFile, backup: Sidecar, cursor: Any, report: BackupReport) -> None:
        pieces = script(file, backup.dump, backup.compression, owners=self.owners, silence=self.silence)
        try:
            with pieces as text:
                load(text, cursor)
        except _OWNERS as error:
            reason = str(error).strip().partition("\n")[0]
            of_owners = isinstance(error, errors.InsufficientPrivilege) or reason.startswith("role ")
            hint = "; --no-owner leaves owners and privileges out" if self.owners and of_owners else ""
            raise DatabaseFailure(f"{self.into or self.database}: {reason}{hint}") from error
        cursor.execute("SET LOCAL search_path = ''")
        require_same(file.name, backup.contents, postgresql.contents(cursor))
        if backup.properties is None:
            report.notes.append("Settings and privileges of the database itself are not in this backup.")
        else:
            report.notes += restore(cursor, backup.properties, owners=self.owners)

    # Both

    def _ask_and_keep(self, there: Contents, backup: Sidecar, report: BackupReport) -> None:
        if not there.tables:
            return
        asked = time.monotonic()
        if not self.confirm(self.database, there, backup):
            raise Declined("not confirmed; nothing was changed")
        report.seconds -= time.monotonic() - asked
        if not self.safety_backup:
            return
        name = plain_name(Path(str(self.connection.settings_dict["NAME"])).stem)
        destination = Destination.parse(
            str(self.path.absolute().parent / f"{catalogue.SAFETY}{name}-{{timestamp}}.sql")
        )
        self.progress.stage("Keeping what is there")
        try:
            report.safety_backup = Backup(destination, self.connection, self.database, silence=self.silence).run().file
        except SnapshotError as error:
            raise type(error)(
                f"what is there could not be backed up, so nothing was restored ({error});"
                " --no-safety-backup goes without it"
            ) from None

    def _next_steps(self, backup: Sidecar, report: BackupReport) -> list[str]:
        steps = [
            "Restart what uses the database."
            if not self.into
            else "It is a new database: point what uses the old one at it, or remove it after a drill."
        ]
        if backup.generator != f"memoria {__version__}":
            steps.append(
                f"Run `memoria migrate`: the backup was made by {backup.generator}, and this is {__version__}."
            )
        if report.safety_backup:
            steps.append(f"What was there before is in {report.safety_backup}; remove it when you are content.")
        return steps


_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


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
    with closing(sqlite3.connect(f"{target.as_uri()}?mode=ro", uri=True)) as database, sqlite_failures(name):
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
