"""Which rows refer to rows that an undo would delete: by a foreign key, or by an id that they hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from memoria.snapshot.mapping import MEMORIES, REFERENCES
from memoria.snapshot.registry import TABLES
from memoria.snapshot.tables import Table, TableFacts

_RECORDS = ("memory_access_events", "retention_policy_audits")
"""Tables that say what happened, also of memories that are gone."""
_HELD: dict[str, dict[str, tuple[str, ...]]] = {
    **{table: columns for table, columns in REFERENCES.items() if table not in _RECORDS},
    "spatial_metadata": {"memory_id": MEMORIES},
}


@dataclass(frozen=True, slots=True)
class Referring:
    """`column` of `table` holds values of `target_column` of `target`, or of the key of one of `others`."""

    table: str
    column: str
    target: str
    target_column: str
    others: tuple[str, ...] = ()


def referring(facts: dict[str, TableFacts], changed: Collection[str]) -> list[Referring]:
    """All references to tables of which rows may go."""
    keys = {table.name: table.key.name for table in TABLES}
    found = {
        (r.table, r.column, r.target): Referring(r.table, r.column, r.target, r.target_column)
        for table in facts.values()
        for r in table.references
        if r.target in changed
    }
    for table, columns in _HELD.items():
        for column, targets in columns.items():
            for target in targets:
                if table in facts and column in facts[table].columns and target in changed:
                    others = tuple(other for other in targets if other != target and other in facts)
                    held = Referring(table, column, target, keys[target], others)
                    found.setdefault((table, column, target), held)
    return list(found.values())


def locked(tables: Sequence[Table], references: Sequence[Referring]) -> list[str]:
    """The tables that an undo changes and those that refer to them, always in the same order."""
    names = {table.name for table in tables} | {reference.table for reference in references}
    known = [table.name for table in TABLES]
    return [name for name in known if name in names] + sorted(names.difference(known))
