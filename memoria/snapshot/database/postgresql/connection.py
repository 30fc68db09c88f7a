"""A PostgreSQL connection of the engine's own, and its errors as the engine's."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import psycopg2
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import errors

from memoria.snapshot.database import with_way_out
from memoria.snapshot.database.locks import lock_timeout
from memoria.snapshot.database.postgresql import encoding as postgresql_encoding
from memoria.snapshot.database.postgresql import pooler as postgresql_pooler
from memoria.snapshot.database.postgresql import stall as postgresql_stall
from memoria.snapshot.database.sql import quoted
from memoria.snapshot.errors import DatabaseBusy, DatabaseFailure, ReferenceRefused, RowRefused

_CONNECT_TIMEOUT = 10
"""Seconds to wait for a server that does not answer."""

_SILENCE_TIMEOUT = 60
"""Seconds after which data that the other side does not acknowledge means that the connection is lost."""
DJANGOS = {"client_encoding", "cursor_factory", "context", "prepare_threshold", "isolation_level"}
"""Parameters that are for Django's own connection."""

_SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "quote_all_identifiers": "off",
    # A connection pooler or a role may set limits meant for a web request.
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "row_security": "off",
    # Rows are sorted by their keys, with long values left where they are: some 1.5 kB a row.
    "work_mem": "64MB",
}

_OF_ROWS = errors.RaiseException | errors.AssertFailure | errors.ProgramLimitExceeded
"""What triggers say of a row, and indexes of one that is too long for them."""

_LIMITS = {"transaction_timeout": 170000, "idle_session_timeout": 140000}
"""Limits that only newer servers have -> since which version."""


@contextmanager
def failures(name: str) -> Iterator[None]:
    """Turn the driver's errors into the engine's."""
    try:
        yield
    except psycopg2.Error as error:
        raise _translated(error, name) from error


def _translated(error: psycopg2.Error, name: str) -> DatabaseFailure:
    text = (error.diag.message_primary or str(error).strip().partition("\n")[0]).strip()
    if isinstance(error, errors.DeadlockDetected | errors.SerializationFailure):
        return DatabaseBusy(f"{name} is in use by another transaction ({text}); nothing was changed, try again")
    if isinstance(error, errors.LockNotAvailable):
        return DatabaseBusy(f"{name} is locked by another transaction; try again when it is done")
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return DatabaseFailure(f"{name} is read-only{_of_standby(error)}")
    if isinstance(error, errors.DiskFull):
        return DatabaseFailure(f"{name}: the server has no space left on its disk; nothing was changed")
    if is_lost(error):
        reason = "" if "libpq" in text or "invalid socket" in text else f" ({text})"
        return DatabaseFailure(f"the connection to {name} was lost{reason}; nothing was changed")
    if isinstance(error, errors.InsufficientPrivilege):
        # Also of rows that a policy would hide, which must not pass for none.
        return DatabaseFailure(f"{name}: {text}: name a role in the URL that may, or GRANT it what it lacks")
    detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
    if isinstance(error, errors.ForeignKeyViolation):
        return ReferenceRefused(name, text, detail)
    if isinstance(error, psycopg2.IntegrityError | psycopg2.DataError | _OF_ROWS):
        return RowRefused(name, text, detail)
    return DatabaseFailure(f"{name}: {text}{detail}")


def _of_standby(error: psycopg2.Error) -> str:
    """What a server in recovery tells of itself with every connection, since PostgreSQL 14."""
    status = error.cursor.connection.info.parameter_status("in_hot_standby") if error.cursor else None
    return " (a hot standby): name the primary" if status == "on" else ""


def is_lost(error: psycopg2.Error) -> bool:
    """Whether the connection is gone: cut on the way, or ended by the server."""
    if error.pgcode is None:
        # What psycopg2 says of a COPY that ended in the middle.
        return "no message from the libpq" in str(error) or isinstance(
            error, psycopg2.OperationalError | psycopg2.InterfaceError
        )
    return error.pgcode.startswith(("08", "57P0"))


def connect(connection: BaseDatabaseWrapper, name: str) -> Any:
    """A connection beside Django's, whose settings make every value's text the same on every server.

    It has a session of its own: a pooler that would give that to others is a DatabaseFailure.
    """
    database = _opened(connection, name)
    with failures(name), database.cursor() as cursor:
        if postgresql_pooler.is_between(database):
            postgresql_pooler.require_session(database, lambda: _opened(connection, name), name)
        _settle(cursor, local=False)
        database.watch(_options(connection))
    database.commit()
    return database


def lent(connection: BaseDatabaseWrapper, name: str) -> tuple[Any, bool]:
    """As `connect`, and whether a pooler is between: the settings then are those of one transaction, begun by `begin`,
    and nothing may outlast it."""
    database = _opened(connection, name)
    with failures(name), database.cursor() as cursor:
        if postgresql_pooler.is_between(database):
            return database, True
        _settle(cursor, local=False)
        database.watch(_options(connection))
    database.commit()
    return database, False


def begin(database: Any, connection: BaseDatabaseWrapper, name: str) -> None:
    """A transaction behind a pooler; what is set ends with it."""
    postgresql_pooler.require_transactions(database, name)
    with failures(name), database.cursor() as cursor:
        _settle(cursor, local=True)
        database.watch(_options(connection))


def close(database: Any) -> None:
    """A pooler gives up the server's session of a client that leaves in the middle of a transaction."""
    with contextlib.suppress(psycopg2.Error):
        database.rollback()
    database.close()


def _options(connection: BaseDatabaseWrapper) -> dict[str, Any]:
    """What libpq is told."""
    options = {key: value for key, value in connection.get_connection_params().items() if key not in DJANGOS}
    options.setdefault("connect_timeout", _CONNECT_TIMEOUT)
    options.setdefault("tcp_user_timeout", _SILENCE_TIMEOUT * 1000)
    options.setdefault("keepalives_idle", 30)
    options.setdefault("application_name", "memoria")
    return options


def _opened(connection: BaseDatabaseWrapper, name: str) -> Any:
    try:
        # The driver learns of an encoding only when it connects.
        database = psycopg2.connect(
            **_options(connection),
            client_encoding="UTF8",
            connection_factory=postgresql_stall.Connection,
            cursor_factory=postgresql_stall.Cursor,
        )
    except psycopg2.Error as error:
        password = connection.get_connection_params().get("password")
        raise DatabaseFailure(f"cannot connect to {name}: {_refusal(error, password)}") from None
    with failures(name):
        postgresql_encoding.settle(database)
    return database


def _settle(cursor: Any, *, local: bool) -> None:
    version = cursor.connection.server_version
    newer = {limit: "0" for limit, since in _LIMITS.items() if version >= since}
    timeout = {"lock_timeout": f"{lock_timeout() * 1000:.0f}ms"}
    scope = "LOCAL" if local else "SESSION"
    for setting, value in (_SETTINGS | timeout | newer).items():
        cursor.execute(f"SET {scope} {quoted(setting)} = %s", (value,))


def _refusal(error: psycopg2.Error, password: str | None) -> str:
    """Why a server let nobody in, out of libpq's lines, of which each address that was tried has one or two."""
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("\t")]
    text = with_way_out((lines[-1].partition("FATAL:")[2] or lines[-1].rpartition(" failed: ")[2]).strip())
    return text.replace(password, "***") if password else text


_threads: WeakKeyDictionary[Any, ThreadPoolExecutor] = WeakKeyDictionary()
"""The thread of each connection, which ends with it: hundreds of short statements need not start one each."""


def waited_for(cursor: Any, work: Callable[..., object], *arguments: Any) -> None:
    """Do work that may wait for the server, for a lock or an index, so that a signal ends it.

    The driver is deaf to signals while it waits, or takes them for a failure of its own; a thread that waits for
    another is not.
    """
    connection = cursor.connection
    if connection not in _threads:
        _threads[connection] = ThreadPoolExecutor(1)
    running = _threads[connection].submit(work, *arguments)
    try:
        while not running.done():  # looking up now and then, because a signal may reach another thread
            wait([running], timeout=0.2)
        running.result()
    except BaseException:
        if not running.done():
            with contextlib.suppress(psycopg2.Error):
                connection.cancel()
            wait([running])
        raise


@contextmanager
def quiet_driver() -> Iterator[None]:
    """psycopg2 prints an error that ends a COPY, as if nobody would take it, and raises it all the same."""
    hook, sys.excepthook = sys.excepthook, lambda *error: None
    try:
        yield
    finally:
        sys.excepthook = hook
