"""Whether a backup is what its sidecar says: every byte, and every row once it is restored."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg2
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import errors

from memoria.backup.errors import InvalidBackup, NotRestorable
from memoria.backup.postgresql import dump as postgresql
from memoria.backup.postgresql.load import load, read, script
from memoria.backup.postgresql.scratch import NotPermitted, scratch
from memoria.backup.postgresql.script import Script
from memoria.backup.sqlite import dump as sqlite
from memoria.backup.sqlite import load as sqlite_load
from memoria.backup.store.digests import Contents, differences
from memoria.backup.store.file import BackupFile
from memoria.snapshot.database.postgresql.connection import connect, failures, is_lost
from memoria.snapshot.database.sqlite.connection import failures as sqlite_failures

How = Literal["restored", "read"]


@dataclass(frozen=True)
class Expected:
    """What a backup has to be."""

    kind: str
    dump: str
    compression: str
    size: int
    sha256: str
    contents: Contents


@dataclass(frozen=True)
class Verification:
    """`server` is a PostgreSQL on which a scratch database may be created, if there is one; `folder` takes one of
    SQLite, and `place` is what messages call that."""

    file: BackupFile
    expected: Expected
    folder: Path
    place: str
    server: BaseDatabaseWrapper | None
    server_name: str
    silence: float

    def run(self) -> How:
        """How the backup was verified. Raises InvalidBackup if it is not what is expected."""
        self.file.require(self.expected.size, self.expected.sha256)
        if self.expected.kind == "sqlite":
            self._compare(self._restored_sqlite())
            return "restored"
        try:
            self._compare(self._restored_postgresql())
            return "restored"
        except NotPermitted:
            self._read_postgresql()
            return "read"

    def _restored_sqlite(self) -> Contents:
        path = self.folder / "scratch.sqlite3"
        restore_sqlite(self.file, self.expected.compression, path, self.place)
        with closing(sqlite3.connect(path, isolation_level=None)) as database, sqlite_failures(self.place):
            return sqlite.contents(database)

    def _restored_postgresql(self) -> Contents:
        if self.server is None or self.server.vendor != "postgresql":
            raise NotPermitted("there is no server to restore to")
        with scratch(self.server, self.server_name) as database:
            name = f"the scratch database on {self.server_name}"
            with closing(connect(database, name)) as session, failures(name), session.cursor() as cursor:
                try:
                    with self._script() as pieces:
                        load(pieces, cursor)
                except errors.InsufficientPrivilege:  # an extension, perhaps, that only a superuser may create
                    raise NotPermitted(f"{name}: the role may not create all that is in the backup") from None
                except psycopg2.Error as error:
                    if is_lost(error):
                        raise
                    raise NotRestorable(f"{self.file.name} cannot be restored: {_reason(error)}") from None
                session.commit()
            with postgresql.moment(database, name) as cursor:
                return postgresql.contents(cursor)

    def _read_postgresql(self) -> None:
        with self._script() as pieces:
            found = read(pieces)
        wanted = self.expected.contents.tables
        self._compare(Contents({name: found[name] for name in found.keys() & wanted.keys()}, {}), only_tables=True)

    def _script(self) -> AbstractContextManager[Script]:
        return script(
            self.file, self.expected.dump, self.expected.compression, owners=False, trial=True, silence=self.silence
        )

    def _compare(self, found: Contents, *, only_tables: bool = False) -> None:
        wanted = Contents(self.expected.contents.tables, {}) if only_tables else self.expected.contents
        require_same(self.file.name, wanted, found)


def _reason(error: psycopg2.Error) -> str:
    """What the server says, and what helps where that is known."""
    text = str(error.diag.message_primary or error).strip()
    if isinstance(error, errors.UndefinedFile):
        return f"{text}: its extension is not installed on this server"
    if isinstance(error, _NOT_FOUND):
        return f"{text}: a restore looks for nothing in any schema by itself, so what calls it must name its schema"
    return text


_NOT_FOUND = (errors.UndefinedFunction, errors.UndefinedTable, errors.UndefinedObject)


def require_same(name: str, expected: Contents, found: Contents) -> None:
    if different := differences(expected, found):
        shown = "; ".join(different[:5]) + (f"; and {len(different) - 5} more" if len(different) > 5 else "")
        raise InvalidBackup(f"{name} does not hold what the database held: {shown}")


def restore_sqlite(file: BackupFile, compression: str, path: Path, name: str, *, page_size: int = 0) -> None:
    """The backup as a new database at `path`, which messages call `name`. What is wrong with the backup is an
    InvalidBackup, and with the disk a DatabaseFailure."""
    with (
        sqlite_failures(name),
        closing(sqlite3.connect(path, isolation_level=None, cached_statements=0)) as database,
    ):
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA journal_mode = OFF")
        if page_size:
            database.execute(f"PRAGMA page_size = {page_size}")
        try:
            sqlite_load.load(database, sqlite_load.lines(file.content(compression)))
        except InvalidBackup as error:
            raise InvalidBackup(f"{file.name} cannot be restored: {error}") from None
