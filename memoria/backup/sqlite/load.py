"""SQL text of a backup into an empty SQLite database, and nothing that a backup does not need."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from memoria.backup.errors import InvalidBackup
from memoria.backup.sqlite.text import cast
from memoria.backup.store.file import BackupFile
from memoria.snapshot.database.sqlite.connection import failures

_PRAGMAS = {"foreign_keys", "encoding", "auto_vacuum", "writable_schema", "user_version", "application_id"}
_FORBIDDEN = {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH}
_OF_THE_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM}
_UNKNOWN = ("no such function", "no such collation sequence", "unknown function")
_OF_THE_APPLICATION = (
    ", which only the application defines that made it: that can load the backup, and --no-verify makes one without"
    " a trial"
)
_STRING = re.compile(rb"'(?:[^']|'')*'")
_LONGEST = 1 << 30
"""Bytes of one statement; SQLite's own limit is just below."""


def lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Lines with their ends, out of chunks of any size."""
    rest: list[bytes] = []
    size = 0
    for chunk in chunks:
        head, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            rest.append(chunk)
            size += len(chunk)
            if size > _LONGEST:
                raise InvalidBackup("a line of more than 1 GiB is not one of a backup")
            continue
        for line in b"".join([*rest, head]).split(b"\n"):
            yield line + b"\n"
        rest, size = [tail], len(tail)
    if any(rest):
        yield b"".join(rest)


def load(database: sqlite3.Connection, text: Iterator[bytes]) -> None:
    """Execute the lines of `text`. Raises InvalidBackup where they are not SQL, or more than a backup's SQL, and
    sqlite3.Error where the database cannot be written."""
    database.set_authorizer(_authorize)
    statement = ""
    number = 0
    try:
        for line in text:
            number += 1
            statement += _decoded(line)
            if sqlite3.complete_statement(statement):
                database.execute(statement)
                statement = ""
        if statement.strip():
            raise InvalidBackup(f"line {number}: the text ends in the middle of a statement")
        if database.in_transaction:
            raise InvalidBackup("the text ends before its COMMIT")
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK:
            raise
        hint = _OF_THE_APPLICATION if str(error).startswith(_UNKNOWN) else ""
        raise InvalidBackup(f"line {number}: {error}{hint}") from error
    finally:
        database.set_authorizer(None)


def restored(file: BackupFile, compression: str, path: Path, name: str, *, page_size: int = 0) -> None:
    """The backup as a new database at `path`, which messages call `name`. What is wrong with the backup is an
    InvalidBackup, and with the disk a DatabaseFailure."""
    with (
        failures(name),
        closing(sqlite3.connect(path, isolation_level=None, cached_statements=0)) as database,
    ):
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA journal_mode = OFF")
        if page_size:
            database.execute(f"PRAGMA page_size = {page_size}")
        try:
            load(database, lines(file.content(compression)))
        except InvalidBackup as error:
            raise InvalidBackup(f"{file.name} cannot be restored: {error}") from None


def _decoded(line: bytes) -> str:
    """The driver takes UTF-8 only; a database takes any bytes for text."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return _STRING.sub(_utf8, line).decode("utf-8", "replace")


def _utf8(string: re.Match[bytes]) -> bytes:
    try:
        string[0].decode()
    except UnicodeDecodeError:
        return cast(string[0][1:-1].replace(b"''", b"'"))
    return string[0]


def _authorize(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
    if action in _FORBIDDEN or (action == sqlite3.SQLITE_PRAGMA and (first or "").lower() not in _PRAGMAS):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK
