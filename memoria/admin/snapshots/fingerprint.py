"""Tells whether rows are still those that a preview saw, by one cheap digest of each table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from memoria.snapshot.database import Sink
from memoria.snapshot.schema.facts import TableFacts


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
    return {name: f"{_columns(facts[name])}:{sink.fingerprint(name)}" for name in tables if name in facts}


def _columns(facts: TableFacts) -> str:
    columns = [(column.name, column.type, column.null) for column in facts.columns.values()]
    return hashlib.blake2b(repr(columns).encode(), digest_size=8).hexdigest()
