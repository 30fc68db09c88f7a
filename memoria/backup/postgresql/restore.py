"""A backup in the place of what a PostgreSQL database holds, in one transaction, or as a new database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import errors

from memoria.backup.engines import Target
from memoria.backup.postgresql import dump, properties
from memoria.backup.postgresql.clear import clear
from memoria.backup.postgresql.load import load, script
from memoria.backup.postgresql.scratch import rename_database, require_free, scratch
from memoria.backup.store.digests import NOTHING, require_same
from memoria.backup.store.file import BackupFile
from memoria.backup.store.sidecar import Sidecar
from memoria.snapshot.database.postgresql.connection import connect, failures, waited_for
from memoria.snapshot.errors import DatabaseFailure

_OWNERS = (errors.InsufficientPrivilege, errors.UndefinedObject)
"""A role may be missing here, or lack a right."""


def restore(file: BackupFile, backup: Sidecar, target: Target) -> list[str]:
    """Returns notes on what did not come back."""
    with dump.moment(target.connection, target.database) as cursor:
        there = dump.contents(cursor, digests=False)
    target.ask(there)
    target.stage("Restoring")
    with _session(target.connection, target.database) as (session, cursor):
        clear(cursor)
        notes = _load(file, backup, cursor, target)
        session.commit()
        session.autocommit = True
        waited_for(cursor, cursor.execute, "ANALYZE")
    return notes


def create(file: BackupFile, backup: Sidecar, target: Target) -> list[str]:
    """Complete before it gets its name: whatever ends this run, nothing else ever bears that name."""
    with closing(connect(target.connection, target.database)) as admin, failures(target.database):
        admin.autocommit = True
        with admin.cursor() as cursor:
            require_free(cursor, target.into)
            target.ask(NOTHING)
            with scratch(target.connection, target.database, backup.properties) as fresh:
                with _session(fresh, target.into) as (session, inside):
                    notes = _load(file, backup, inside, target)
                    session.commit()
                rename_database(cursor, str(fresh.settings_dict["NAME"]), target.into)
    return notes


@contextmanager
def _session(connection: BaseDatabaseWrapper, name: str) -> Iterator[tuple[Any, Any]]:
    with closing(connect(connection, name)) as session, failures(name), session.cursor() as cursor:
        yield session, cursor


def _load(file: BackupFile, backup: Sidecar, cursor: Any, target: Target) -> list[str]:
    pieces = script(file, backup.dump, backup.compression, owners=target.owners, silence=target.silence)
    try:
        with pieces as text:
            load(text, cursor)
    except _OWNERS as error:
        reason = str(error).strip().partition("\n")[0]
        of_owners = isinstance(error, errors.InsufficientPrivilege) or reason.startswith("role ")
        hint = "; --no-owner leaves owners and privileges out" if target.owners and of_owners else ""
        raise DatabaseFailure(f"{target.into or target.database}: {reason}{hint}") from error
    cursor.execute("SET LOCAL search_path = ''")
    require_same(file.name, backup.contents, dump.contents(cursor))
    if backup.properties is None:
        return ["Settings and privileges of the database itself are not in this backup."]
    return properties.restore(cursor, backup.properties, owners=target.owners)
