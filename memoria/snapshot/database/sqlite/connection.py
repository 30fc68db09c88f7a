"""A SQLite connection of the engine's own, and its errors as the engine's."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.snapshot.database import is_file, path_of
from memoria.snapshot.database.locks import lock_timeout
from memoria.snapshot.errors import DatabaseBusy, DatabaseFailure, NotCreated, RowRefused
from memoria.text import shown

_UNDECODED = re.compile(r"Could not decode to UTF-8 column '.*' with text '(.*)'$", re.DOTALL)


@contextmanager
def failures(name: str) -> Iterator[None]:
    """Turn SQLite's errors into the engine's."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(error, name) from error


def _translated(error: sqlite3.Error, name: str) -> DatabaseFailure:
    extended = getattr(error, "sqlite_errorcode", 0)
    code = extended & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return DatabaseBusy(f"{name} is locked by another connection; try again when it is done")
    if code == sqlite3.SQLITE_NOTADB:
        return DatabaseFailure(f"{name} is not a SQLite database")
    if code == sqlite3.SQLITE_FULL:
        return DatabaseFailure(f"{name}: no space left on the device; nothing was changed")
    if extended == sqlite3.SQLITE_READONLY_ROLLBACK:
        return DatabaseFailure(
            f"{name} was left in the middle of a change by a program that ended, and to take that back its file and"
            " its folder must be writable: run any command once as a user who may write them"
        )
    if code == sqlite3.SQLITE_READONLY:
        return DatabaseFailure(f"{name} is read-only")
    if code == sqlite3.SQLITE_CANTOPEN:
        return DatabaseFailure(
            f"{name} cannot be opened: if it is in WAL mode, even a reader writes beside it, and its folder must be"
            " writable; copy the file and its -wal to a folder that is, and name the copy"
        )
    if code == sqlite3.SQLITE_CONSTRAINT:
        return RowRefused(name, str(error))
    if undecoded := _UNDECODED.match(str(error)):
        problem = f"{name}: a name or a text is not UTF-8"
        return DatabaseFailure(
            f"{problem}: {shown(undecoded[1])}; rename or correct it", without_rows=f"{problem}; rename or correct it"
        )
    return DatabaseFailure(f"{name}: {error}")


def require_file(connection: BaseDatabaseWrapper, name: str) -> None:
    """Raises NotCreated where a driver would make a new database."""
    path = path_of(connection)
    if is_file(connection) and not (_is_uri(connection) or (path and path.is_file())):
        raise NotCreated(f"{name} does not exist", "it")


def _is_uri(connection: BaseDatabaseWrapper) -> bool:
    return str(connection.settings_dict["NAME"]).startswith("file:")


def is_writable(connection: BaseDatabaseWrapper) -> bool:
    """Whether the system lets us write the file, and beside it what takes an interrupted change back."""
    path = path_of(connection)
    return path is None or (os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK))


def connect(connection: BaseDatabaseWrapper, name: str, *, read_only: bool) -> sqlite3.Connection:
    """A plain connection beside Django's: no converters, no foreign keys acting on their own, explicit transactions."""
    path = file = str(connection.settings_dict["NAME"])
    require_file(connection, name)
    if not path.startswith("file:"):
        path = f"file:{quote(os.fsencode(Path(path).absolute()))}?mode={'ro' if read_only else 'rw'}"
    try:
        database = sqlite3.connect(
            path, uri=True, isolation_level=None, timeout=lock_timeout(), check_same_thread=False
        )
    except sqlite3.Error as error:
        forbidden = error.sqlite_errorcode == sqlite3.SQLITE_CANTOPEN and not os.access(file, os.R_OK)
        raise DatabaseFailure(f"cannot open {name}: {'permission denied' if forbidden else error}") from error
    try:
        database.execute("PRAGMA foreign_keys = OFF")  # the plan follows references; ON DELETE must not act by itself
        if read_only and path != file:
            _roll_back(database, path.removesuffix("?mode=ro"), name)
    except BaseException:
        database.close()
        raise
    return database


def _roll_back(database: sqlite3.Connection, path: str, name: str) -> None:
    """What a program left that ended in the middle of a change: reading it takes a connection that may write."""
    look = "SELECT count(*) FROM sqlite_master"
    try:
        database.execute(look).fetchone()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_READONLY_ROLLBACK:
            raise _translated(error, name) from error
        with (
            failures(name),
            closing(sqlite3.connect(f"{path}?mode=rw", uri=True, timeout=lock_timeout())) as writable,
        ):
            writable.execute(look).fetchone()
