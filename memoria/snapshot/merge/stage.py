"""The rows of one table in a temporary table, while a merge decides about them.

`action` is empty until it is decided, or "same " and what it is if the references of the row that is there differ from
its own. `new_key` is the key that the row gets or, of a duplicate, that of the row which stands for it. `c_…` are
columns of the row, in which references change where they stand; `n_…` the new ids that they would have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from memoria.snapshot.merge.mapping import new_id
from memoria.snapshot.schema.facts import Column, Kind, Table, TableFacts, stage_name
from memoria.snapshot.schema.relations import CLUSTERS, MEMBERS, MEMORIES, RELATIONSHIPS, relations

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

_STAGED_AT_ONCE = 5000
_FETCHED_AT_ONCE = 20_000


class MergeStage:
    def __init__(
        self, sink: Sink, table: Table, facts: TableFacts, referred_to: Collection[str] = (), *, new_ids: bool = False
    ) -> None:
        """`referred_to`: the columns that hold what references lead to."""
        self.table = table
        self.facts = facts
        self.name = stage_name(table.name)
        self.references = _references(table, facts)
        self.by_content = table.key.kind is Kind.INTEGER and table.name != CLUSTERS
        """Whether a row is known by its content, its key being a mere number."""
        others = table.by_name.keys() - {table.key.name}
        self.uniques = [unique for unique in facts.uniques if others.issuperset(unique)]
        staged = self._staged(referred_to)
        self._positions = [table.position[column.name] for column in staged]
        targets = relations(table.name).references if new_ids and table.has_namespace else {}
        self.renamed = [name for name in self.references if targets.get(name) == MEMORIES]
        """References to memories, which have new ids in the namespace of this row."""
        self._renamed_positions = [table.position[name] for name in self.renamed]
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
        columns = {f"c_{column.name}": column.kind for column in staged}
        key = facts.columns[table.key.name].collation if table.key.name in facts.columns else ""
        renamed = {f"n_{name}": Kind.TEXT for name in self.renamed}
        sink.create_stage(self.name, fixed | columns | renamed, {"key": key, "new_key": key})

    def _staged(self, referred_to: Collection[str]) -> list[Column]:
        names = {*self.references, *referred_to, *(name for unique in self.uniques for name in unique)}
        everything = self.by_content or self.table.name in (CLUSTERS, RELATIONSHIPS)
        return [c for c in self.table.columns if c is not self.table.key and (everything or c.name in names)]

    def take(self, fixed: tuple[Any, ...], values: list[Any]) -> None:
        """`fixed`: number, line, key, source, target, action, new key, identity."""
        columns = [values[position] for position in self._positions]
        target = fixed[4]
        new = [None if values[p] is None else new_id(target, values[p]) for p in self._renamed_positions]
        self._waiting.append((*fixed, *columns, *new))
        if len(self._waiting) >= _STAGED_AT_ONCE:
            self._stage()

    def flush(self) -> None:
        self._stage()
        for column in ("number", "key", "new_key", "identity"):
            self._sink.query(f"CREATE INDEX {self.name}_{column} ON {self.name} ({column})")
        if self.table.name == MEMBERS:
            self._sink.query(f"CREATE INDEX {self.name}_cluster ON {self.name} (c_cluster_id)")
        self._sink.analyze(self.name)

    def _stage(self) -> None:
        self._sink.stage(self.name, self._waiting)
        self._waiting = []

    def update(self, changes: str, condition: str) -> None:
        """Set columns of the rows, called `s`, that meet a condition."""
        self._sink.query(f"UPDATE {self.name} AS s SET {changes} WHERE {condition}")

    def column(self, name: str) -> str:
        """The value that a column of the table `t` has in the database."""
        column = self.table.by_name[name]
        return self._sink.expression(column, self.facts.columns.get(column.stored_as(self.facts.columns) or ""))

    def equal(self, name: str) -> str:
        """Whether the row of the table `t` has in a column what the staged row has."""
        return f"{self.column(name)} {self._sink.same if self.table.by_name[name].null else '='} s.c_{name}"

    def holds(self, condition: str) -> bool:
        return bool(self._sink.query(f"SELECT 1 FROM {self.name} s WHERE {condition} LIMIT 1"))

    def where(self, condition: str, detail: str) -> Iterator[tuple[int, int, Any, Any]]:
        """(number, line, key, detail) of rows in their order, fetched in parts."""
        return self._pages(f"s.number, s.line, s.key, {detail}", condition, -1)

    def differing(self, name: str, held: str, condition: str) -> Iterator[tuple[int, Any, Any, Any]]:
        """(number, key, what is there, what would be written) of rows, for a column; `held` is its value in `t`."""
        table = self.table
        there = f'(SELECT {held} FROM "{table.name}" t WHERE t."{table.key.name}" = s.new_key)'
        return self._pages(f"s.number, s.key, {there}, s.c_{name}", condition, -1)

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
    named = relations(table.name).references.keys() | {reference.column for reference in facts.references}
    return [column.name for column in table.columns if column.name in named]
