"""The rows of one table in a temporary table, while a merge decides about them.

`action` is empty until it is decided, `new_key` is the key that the row gets or, of a duplicate, that of the row which
stands for it. References change where they stand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from memoria.snapshot.mapping import REFERENCES
from memoria.snapshot.tables import Column, Kind, Table, TableFacts, stage_name

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

MENTIONS = "memoria_stage_mentions"
"""The temporary table of ids inside JSON columns: the number of the row that mentions, and the id."""
_STAGED_AT_ONCE = 5000
_FETCHED_AT_ONCE = 20_000


class MergeStage:
    def __init__(self, sink: Sink, table: Table, facts: TableFacts, referred_to: Collection[str] = ()) -> None:
        """`referred_to`: the columns that hold what references lead to."""
        self.table = table
        self.facts = facts
        self.name = stage_name(table.name)
        self.references = _references(table, facts)
        self.by_content = table.key.kind is Kind.INTEGER and table.name != "clusters"
        """Whether a row is known by its content, its key being a mere number."""
        staged = self._staged(referred_to)
        self._positions = [table.position[column.name] for column in staged]
        self._sink = sink
        self._waiting: list[tuple[Any, ...]] = []
        fixed = {
            "number": Kind.INTEGER,
            "line": Kind.INTEGER,
            "key": table.key.kind,
            "source": Kind.TEXT,
            "target": Kind.TEXT,
            "action": Kind.TEXT,
            "new_key": table.key.kind,
            "identity": Kind.TEXT,
        }
        sink.create_stage(self.name, fixed | {f"c_{column.name}": column.kind for column in staged})

    def _staged(self, referred_to: Collection[str]) -> list[Column]:
        if self.by_content:
            return [column for column in self.table.columns if column is not self.table.key]
        names = {"summary"} if self.table.name == "clusters" else set(self.references)
        names |= set(referred_to) - {self.table.key.name}
        return [column for column in self.table.columns if column.name in names]

    def take(self, fixed: tuple[Any, ...], values: list[Any]) -> None:
        """`fixed`: number, line, key, source, target, action, new key, identity."""
        self._waiting.append((*fixed, *[values[position] for position in self._positions]))
        if len(self._waiting) >= _STAGED_AT_ONCE:
            self._stage()

    def flush(self) -> None:
        self._stage()
        for column in ("number", "key", "new_key", "identity"):
            self._sink.query(f"CREATE INDEX {self.name}_{column} ON {self.name} ({column})")
        if self.table.name == "cluster_members":
            self._sink.query(f"CREATE INDEX {self.name}_cluster ON {self.name} (c_cluster_id)")
        if self._sink.vendor == "postgresql":
            self._sink.query(f"ANALYZE {self.name}")

    def _stage(self) -> None:
        self._sink.stage(self.name, self._waiting)
        self._waiting = []

    def update(self, changes: str, condition: str) -> None:
        """Set columns of the rows, called `s`, that meet a condition."""
        self._sink.query(f"UPDATE {self.name} AS s SET {changes} WHERE {condition}")

    def holds(self, condition: str) -> bool:
        return bool(self._sink.query(f"SELECT 1 FROM {self.name} s WHERE {condition} LIMIT 1"))

    def where(self, condition: str, detail: str) -> Iterator[tuple[int, int, Any, Any]]:
        """(number, line, key, detail) of rows in their order, fetched in parts."""
        return self._pages(f"s.number, s.line, s.key, {detail}", condition, -1)

    def decided(self, last: int) -> list[tuple[Any, ...]]:
        """(number, target, new key, references …) of the next rows to write behind the one of number `last`."""
        columns = ", ".join(["s.number", "s.target", "s.new_key", *(f"s.c_{name}" for name in self.references)])
        return self._page(columns, "s.action IN ('insert', 'overwrite')", last)

    def _pages(self, columns: str, condition: str, last: int) -> Iterator[tuple[Any, ...]]:
        while found := self._page(columns, condition, last):
            yield from found
            last = found[-1][0]

    def _page(self, columns: str, condition: str, last: int) -> list[tuple[Any, ...]]:
        return self._sink.query(
            f"SELECT {columns} FROM {self.name} s WHERE s.number > {last} AND {condition}"
            f" ORDER BY s.number LIMIT {_FETCHED_AT_ONCE}"
        )

    def counts(self) -> list[tuple[str, str, str, int]]:
        """(source, target, action, rows)"""
        found = self._sink.query(
            f"SELECT source, target, action, count(*) FROM {self.name} GROUP BY source, target, action ORDER BY 1, 2, 3"
        )
        return [(str(source), str(target), str(action), int(rows)) for source, target, action, rows in found]


def _references(table: Table, facts: TableFacts) -> list[str]:
    """The columns that hold ids of other rows, in the order of the table's columns."""
    named = REFERENCES.get(table.name, {}).keys() | {reference.column for reference in facts.references}
    return [column.name for column in table.columns if column.name in named]
