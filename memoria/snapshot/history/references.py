"""Finds the rows that refer to rows which an undo would delete: by a foreign key, or by an id that they hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from memoria.snapshot.schema.facts import Table, TableFacts
from memoria.snapshot.schema.registry import TABLES
from memoria.snapshot.schema.relations import RELATIONS

KNOWN = {table.name: table for table in TABLES}
_HELD: dict[str, dict[str, tuple[str, ...]]] = {
    name: {**found.references, **({KNOWN[name].key.name: found.belongs_to} if found.belongs_to else {})}
    for name, found in RELATIONS.items()
    if found.holds
}
"""Table -> column -> the tables whose ids it holds, where a row needs what it refers to."""


@dataclass(frozen=True, slots=True)
class Referring:
    """`column` of `table` holds values of `target_column` of `target`, or of the key of one of `others`."""

    table: str
    column: str
    target: str
    target_column: str
    others: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}>{self.target}"


def referring(facts: dict[str, TableFacts], changed: Collection[str]) -> list[Referring]:
    """All references to tables of which rows may go."""
    found = {
        (r.table, r.column, r.target): Referring(r.table, r.column, r.target, r.target_column)
        for table in facts.values()
        for r in table.references
        if r.target in changed
    }
    for reference in holding(facts, changed):
        found.setdefault((reference.table, reference.column, reference.target), reference)
    return list(found.values())


def holding(facts: dict[str, TableFacts], changed: Collection[str]) -> list[Referring]:
    """References that no foreign key guards."""
    found = []
    for table, columns in _HELD.items():
        for column, targets in columns.items():
            for target in targets:
                if table in facts and column in facts[table].columns and target in changed:
                    others = tuple(other for other in targets if other != target and other in facts)
                    found.append(Referring(table, column, target, KNOWN[target].key.name, others))
    return found


def locked(tables: Sequence[Table], references: Sequence[Referring]) -> list[str]:
    """The tables that an undo changes and those that refer to them, always in the same order."""
    names = {table.name for table in tables} | {reference.table for reference in references}
    known = [table.name for table in TABLES]
    return [name for name in known if name in names] + sorted(names.difference(known))
