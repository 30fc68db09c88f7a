"""Proves, before a commit, that what was done is what the plan said: the same schema, rows, references, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from memoria.snapshot.errors import DatabaseBusy, DatabaseFailure, WriteCancelled
from memoria.snapshot.report import Report
from memoria.snapshot.schema.facts import Table, TableFacts

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink


def require_same_schema(sink: Sink, planned: Mapping[str, TableFacts], carried: Sequence[Table]) -> None:
    facts = sink.facts()
    for table in carried:
        if facts.get(table.name) != planned[table.name]:
            raise DatabaseBusy(f"the schema of {table.name} changed since the plan was made; run the import again")


def require_no_new_orphans(sink: Sink, carried: Sequence[Table], before: Mapping[str, int]) -> None:
    """`before`: rows of each table whose references led nowhere already."""
    for table in carried:
        if sink.orphans(table) > before[table.name]:
            raise DatabaseFailure(f"rows of {table.name} would refer to rows that are not there; nothing was changed")


def clear(sink: Sink, table: Table, planned: int, facts: Mapping[str, TableFacts]) -> None:
    """Delete all rows of a table; raises WriteCancelled if not the `planned` number of them went."""
    done = sink.delete(table)
    if done != planned:
        raise WriteCancelled(table.name, "deleted", done, planned, facts[table.name].triggers)


def require_written(
    table: str, done: int, wanted: int, found: int, planned: int, facts: Mapping[str, TableFacts]
) -> None:
    """Raise if fewer rows were written than `wanted`, or the table holds other than the `planned` number of rows."""
    if done != wanted:
        raise WriteCancelled(table, "written", done, wanted, facts[table].triggers)
    if found != planned:
        triggers = facts[table].triggers
        by = f"; its triggers ({', '.join(triggers)}) may add or remove some" if triggers else ""
        raise DatabaseFailure(
            f"{table} would hold {found:,} rows where the plan says {planned:,}{by}; nothing was changed"
        )


def prove(
    sink: Sink,
    report: Report,
    facts: Mapping[str, TableFacts],
    carried: Sequence[Table],
    inserted: Counter[str],
    kept: Mapping[str, int],
    nulled: Mapping[tuple[str, str], int],
) -> None:
    """Compare the rows of each table with the report's: those `inserted`, beside those that were there and are `kept`.

    `nulled`: (table, column) -> references that were set to NULL.
    """
    for table in carried:
        counts = report.tables[table.name]
        planned = counts.inserted + kept.get(table.name, 0)
        found = sink.count(table.name)
        require_written(table.name, inserted[table.name], counts.inserted, found, planned, facts)
        emptied = {column: count for (name, column), count in nulled.items() if name == table.name and count}
        if emptied != counts.nulled:
            raise DatabaseFailure(
                f"{table.name} would lose {sum(emptied.values()):,} references where the plan says"
                f" {sum(counts.nulled.values()):,}; nothing was changed"
            )
