"""Puts the sequence of a key past the highest key, so that the next row of an application finds a free one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from memoria.snapshot.database.sql import quoted
from memoria.snapshot.schema.facts import Table

Query = Callable[..., list[tuple[Any, ...]]]


def advance(query: Query, table: Table) -> None:
    ((sequence, highest),) = query(
        f"SELECT pg_get_serial_sequence(%s, %s), (SELECT max({quoted(table.key.name)}) FROM {quoted(table.name)})",
        (quoted(table.name), table.key.name),
    )
    if sequence is None or highest is None:
        return
    ((last, called),) = query(f"SELECT last_value, is_called FROM {sequence}")
    if last > highest or (last == highest and called):
        return
    if query("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = %s::regclass", (sequence,)) == [(True,)]:
        # Unlike setval, RESTART is undone by a rollback, and so is nextval after it. Not highest + 1: that may be
        # more than the sequence can count to.
        query(f"ALTER SEQUENCE {sequence} RESTART WITH {int(highest)}")
        query("SELECT nextval(%s)", (sequence,))
    else:
        # Only its owner may alter it. What a rollback leaves is a gap in the numbers.
        query("SELECT setval(%s, %s)", (sequence, int(highest)))
