"""Databases of our own on a server: gone at the end unless they got another name, or swept by the next run."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import errors

from memoria.backup.postgresql.dump import create_database, version
from memoria.backup.store.properties import Properties
from memoria.snapshot.database.postgresql.connection import connect, failures, waited_for
from memoria.snapshot.database.sql import quoted
from memoria.snapshot.errors import DatabaseFailure

_PREFIX = "memoria_scratch"
_LEFT = f"""
    SELECT datname FROM pg_database s
     WHERE starts_with(datname, %s)
        OR datname ~ '^{_PREFIX}_[0-9]+_' AND NOT EXISTS (
               SELECT 1 FROM pg_database d WHERE d.oid::text = split_part(s.datname, '_', 3))
"""
"""Those made from this database, and those made from one that is gone. Locks are seen within one database only."""


class NotPermitted(DatabaseFailure):
    """The role may not create databases, or nobody may: the server is a hot standby."""


@contextmanager
def scratch(
    connection: BaseDatabaseWrapper, name: str, like: Properties | None = None
) -> Iterator[BaseDatabaseWrapper]:
    """A new database on the connection's server, dropped when the block ends if it is still called so."""
    with closing(connect(connection, name)) as session:
        session.autocommit = True
        with failures(name), session.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery()")
            if cursor.fetchone()[0]:
                raise NotPermitted(f"{name} is read-only (a hot standby): name the primary")
            cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
            prefix = f"{_PREFIX}_{cursor.fetchone()[0]}_"
            _sweep(cursor, prefix)
            database = f"{prefix}{secrets.token_hex(4)}"
            # Held until the session ends, so that a later run knows a dead run's database from a living one's.
            cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", (database,))
            try:
                try:
                    _create(cursor, database, name, like)
                    yield sibling(connection, database)
                finally:
                    drop_database(cursor, database)
            finally:  # again: a signal may have stopped the first before it began
                drop_database(cursor, database)


def _create(cursor: Any, database: str, name: str, like: Properties | None) -> None:
    try:
        waited_for(cursor, create_database, cursor, database, like)
    except errors.InsufficientPrivilege:
        raise NotPermitted(f"{name}: the role may not create databases") from None


def sibling(connection: BaseDatabaseWrapper, database: str) -> BaseDatabaseWrapper:
    """Another database of the same server, reached in the same way."""
    other: BaseDatabaseWrapper = connection.copy()
    other.settings_dict["NAME"] = database
    return other


def require_free(cursor: Any, database: str) -> None:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
    if cursor.fetchone():
        raise DatabaseFailure(f'the database "{database}" exists already: choose another name, or drop it first')


def rename_database(cursor: Any, database: str, to: str) -> None:
    waited_for(cursor, cursor.execute, f"ALTER DATABASE {quoted(database)} RENAME TO {quoted(to)}")


def drop_database(cursor: Any, database: str) -> None:
    force = " WITH (FORCE)" if version(cursor) >= 13 else ""
    cursor.execute(f"DROP DATABASE IF EXISTS {quoted(database)}{force}")


def _sweep(cursor: Any, prefix: str) -> None:
    cursor.execute(_LEFT, (prefix,))
    for (database,) in cursor.fetchall():
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", (database,))
        if cursor.fetchone()[0]:
            with contextlib.suppress(psycopg2.Error):  # what cannot be dropped now stands in nobody's way
                drop_database(cursor, database)
