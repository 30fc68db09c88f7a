"""A script of pg_dump into a PostgreSQL database, or only to its end."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from psycopg2 import errors

from memoria.backup.errors import InvalidBackup
from memoria.backup.postgresql.programs import output, program
from memoria.backup.postgresql.script import Copy, Script, Sql
from memoria.backup.store.destination import CUSTOM
from memoria.backup.store.digests import Counted, UnorderedDigest
from memoria.backup.store.file import BackupFile
from memoria.snapshot.database.postgresql.connection import waited_for
from memoria.snapshot.errors import DatabaseFailure

_BATCH = 1 << 20


@contextmanager
def script(
    file: BackupFile, dump: str, compression: str, *, owners: bool, silence: float, trial: bool = False
) -> Iterator[Script]:
    """The SQL of a backup: the text itself, or what pg_restore makes of an archive. What is wrong with it is an
    InvalidBackup that names the file."""
    try:
        if dump != CUSTOM:
            yield Script(file.content(compression), owners=owners, trial=trial)
            return
        os.lseek(file.stored.fileno(), 0, os.SEEK_SET)
        with output([program("pg_restore"), "--file=-"], environment={}, stdin=file.stored, silence=silence) as chunks:
            yield Script(chunks, owners=owners, trial=trial)
            for _ in chunks:  # to its end, where it tells whether all was well
                pass
    except InvalidBackup as error:
        raise InvalidBackup(f"{file.name} cannot be restored: {str(error).removeprefix(f'{file.name}: ')}") from None


def load(pieces: Iterable[Sql | Copy], cursor: Any) -> None:
    """Execute the script in the cursor's transaction. What the server refuses is psycopg2's error."""
    transaction = _transaction(cursor)
    for piece in pieces:
        if isinstance(piece, Copy):
            waited_for(cursor, cursor.copy_expert, piece.statement, piece.rows, _BATCH)
        elif piece.needs_owner:
            _execute_if_permitted(cursor, piece.text)
        else:
            waited_for(cursor, cursor.execute, piece.text)
    if _transaction(cursor) != transaction:
        raise DatabaseFailure("the backup ended the transaction that it was executed in: what it did so far stays")


def _transaction(cursor: Any) -> int:
    cursor.execute("SELECT txid_current()")
    return int(cursor.fetchone()[0])


def _execute_if_permitted(cursor: Any, statement: bytes) -> None:
    cursor.execute("SAVEPOINT before")
    try:
        waited_for(cursor, cursor.execute, statement)
    except errors.InsufficientPrivilege:
        cursor.execute("ROLLBACK TO SAVEPOINT before")
    cursor.execute("RELEASE SAVEPOINT before")


def read(pieces: Script) -> dict[str, Counted]:
    """The rows of each table in the script, with the digests that a server's own rows would have."""
    tables: dict[str, Counted] = {}
    for piece in pieces:
        if isinstance(piece, Copy):
            digest = UnorderedDigest()
            for line in piece.rows.lines():
                digest.write(line)
            if piece.table in tables:
                raise InvalidBackup(f"the rows of {piece.table} stand in the text twice")
            tables[piece.table] = digest.counted()
    return tables
