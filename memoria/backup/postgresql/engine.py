"""PostgreSQL as backups use it."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from pathlib import Path

import psycopg2
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import errors

from memoria.backup.engines import Dumped, Emit, Engine, Expected, How, Target, Trial
from memoria.backup.errors import NotRestorable
from memoria.backup.postgresql import dump
from memoria.backup.postgresql.load import load, read, script
from memoria.backup.postgresql.restore import create, restore
from memoria.backup.postgresql.scratch import NotPermitted, scratch
from memoria.backup.postgresql.script import Script
from memoria.backup.store.digests import Contents
from memoria.backup.store.file import BackupFile
from memoria.backup.store.sidecar import Kind, Sidecar
from memoria.snapshot.database.postgresql.connection import connect, failures, is_lost

_NOT_FOUND = (errors.UndefinedFunction, errors.UndefinedTable, errors.UndefinedObject)


class PostgreSQLEngine:
    kind: Kind = "postgresql"
    label = "PostgreSQL"
    digests_are_free = False

    def require_dump(self, kind: str) -> None:
        pass  # it has SQL, and a format of its own

    def stem(self, connection: BaseDatabaseWrapper) -> str:
        return str(connection.settings_dict["NAME"])

    def source(self, connection: BaseDatabaseWrapper, described: str) -> str:
        return described

    def size_of_trial(self, connection: BaseDatabaseWrapper) -> int:
        return 0  # that is the server's disk

    def dump(
        self,
        connection: BaseDatabaseWrapper,
        name: str,
        kind: str,
        emit: Emit,
        work: Path,
        *,
        digests: bool,
        silence: float,
    ) -> Dumped:
        return Dumped(*dump.dump(connection, name, kind, emit, digests=digests, silence=silence))

    def tried(self, file: BackupFile, expected: Expected, trial: Trial) -> tuple[How, Contents]:
        try:
            return "restored", _restored(file, expected, trial)
        except NotPermitted:
            with _script(file, expected, trial) as pieces:
                return "read", Contents(read(pieces), {})

    def restore(self, file: BackupFile, backup: Sidecar, target: Target) -> list[str]:
        return (create if target.into else restore)(file, backup, target)


def _script(file: BackupFile, expected: Expected, trial: Trial) -> AbstractContextManager[Script]:
    return script(file, expected.dump, expected.compression, owners=False, trial=True, silence=trial.silence)


def _restored(file: BackupFile, expected: Expected, trial: Trial) -> Contents:
    if trial.server is None or trial.server.vendor != expected.kind:
        raise NotPermitted("there is no server to restore to")
    with scratch(trial.server, trial.server_name) as database:
        name = f"the scratch database on {trial.server_name}"
        with closing(connect(database, name)) as session, failures(name), session.cursor() as cursor:
            try:
                with _script(file, expected, trial) as pieces:
                    load(pieces, cursor)
            except errors.InsufficientPrivilege:  # an extension, perhaps, that only a superuser may create
                raise NotPermitted(f"{name}: the role may not create all that is in the backup") from None
            except psycopg2.Error as error:
                if is_lost(error):
                    raise
                raise NotRestorable(f"{file.name} cannot be restored: {_reason(error)}") from None
            session.commit()
        with dump.moment(database, name) as cursor:
            return dump.contents(cursor)


def _reason(error: psycopg2.Error) -> str:
    """What the server says, and what helps where that is known."""
    text = str(error.diag.message_primary or error).strip()
    if isinstance(error, errors.UndefinedFile):
        return f"{text}: its extension is not installed on this server"
    if isinstance(error, _NOT_FOUND):
        return f"{text}: a restore looks for nothing in any schema by itself, so what calls it must name its schema"
    return text


ENGINE: Engine = PostgreSQLEngine()
