"""Whether rows are still those that a preview saw: one cheap digest per table.

On PostgreSQL of where each row version stands and which transaction wrote it, without reading the row: any change
makes a new version. SQLite has no such mark, so there the rows themselves are read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from memoria.snapshot.database import Sink
from memoria.snapshot.database.sqlite.connection import quoted
from memoria.snapshot.schema.facts import TableFacts

_VERSIONS = (
    "SELECT count(*), coalesce(sum(hashtextextended(concat_ws(' ', t.tableoid, t.ctid, t.xmin), 0)::numeric), 0)::text"
    " FROM {} t"
)
_ROWS_AT_ONCE = 500


def concerned(tables: Iterable[str], facts: dict[str, TableFacts]) -> list[str]:
    """The tables of a file that the database has, with those that they refer to and those that refer to them."""
    there = {name for name in tables if name in facts}
    references = [reference for found in facts.values() for reference in found.references]
    to = {reference.target for reference in references if reference.table in there}
    by = {reference.table for reference in references if reference.target in there}
    return sorted((there | to | by) & facts.keys())


def fingerprint(sink: Sink, tables: Iterable[str]) -> dict[str, str]:
    """Table -> digest of its rows now, and of its columns."""
    facts = sink.facts()
    digest = _versions if sink.vendor == "postgresql" else _rows
    return {name: f"{_columns(facts[name])}:{digest(sink, name)}" for name in tables if name in facts}


def _columns(facts: TableFacts) -> str:
    columns = [(column.name, column.type, column.null) for column in facts.columns.values()]
    return hashlib.blake2b(repr(columns).encode(), digest_size=8).hexdigest()


def _versions(sink: Sink, table: str) -> str:
    count, total = sink.query(_VERSIONS.format(quoted(table)))[0]
    return f"{count}:{total}"


def _rows(sink: Sink, table: str) -> str:
    digest = hashlib.blake2b(digest_size=16)
    last = None
    while True:
        after = "" if last is None else f"WHERE rowid > {last}"
        rows = sink.query(f"SELECT rowid, * FROM {quoted(table)} {after} ORDER BY rowid LIMIT {_ROWS_AT_ONCE}")
        if not rows:
            return digest.hexdigest()
        digest.update(msgspec.msgpack.encode(rows))
        last = rows[-1][0]
