"""PostgreSQL behind a connection pooler (pgbouncer and its like), which may give a session to somebody else.

In transaction mode it does so at the end of each transaction, with all that the session holds: settings, temporary
tables, locks. There everything must begin and end within one transaction. What takes more than that is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg2

from memoria.snapshot.errors import DatabaseFailure

_WAY_OUT = "name the server itself, by its own host and port, or a pool in session mode"
_LOOKS = 3


def is_between(database: Any) -> bool:
    """Whether who answers is not who executes: a pooler hands out numbers of its own for cancelling."""
    return _server(database) != database.info.backend_pid


def serves(cursor: Any) -> bool:
    """As `is_between`, within a transaction."""
    return _process(cursor) != cursor.connection.info.backend_pid


def require_transactions(database: Any, name: str) -> None:
    """Begin one. A pooler in statement mode ends the connection of those who do."""
    try:
        with database.cursor() as cursor:
            cursor.execute("SET LOCAL client_min_messages = warning")
    except psycopg2.OperationalError as error:
        raise DatabaseFailure(
            f"{name} is behind a pooler that allows no transactions (statement mode): {_WAY_OUT}"
        ) from error


def require_session(database: Any, other: Callable[[], Any], name: str) -> None:
    """Raises DatabaseFailure where somebody else gets the server's session of `database` between its transactions.

    `other`: opens another connection to the same place.
    """
    require_transactions(database, name)
    database.rollback()
    for _ in range(_LOOKS):
        before = _server(database)
        with closing(other()) as busy, busy.cursor() as cursor:
            if _process(cursor) == before or _server(database) != before:  # in a transaction, which keeps its session
                raise DatabaseFailure(
                    f"{name} is behind a pooler that gives sessions to others between transactions (transaction mode),"
                    f" and a backup or a restore needs one of its own: {_WAY_OUT}"
                )


def _server(database: Any) -> int:
    """The number of the process that executes what a connection sends now."""
    with database.cursor() as cursor:
        database.autocommit = True
        try:
            return _process(cursor)
        finally:
            if not database.closed:
                database.autocommit = False


def _process(cursor: Any) -> int:
    cursor.execute("SELECT pg_backend_pid()")
    return int(cursor.fetchone()[0])
