"""The rows of one table in a temporary table, while a merge decides about them.

`action` is one of `actions.Action`, or waits to be one. `new_key` is the key that the row gets or, of a duplicate, that
of the row which stands for it. `c_…` are columns of the row, in which references change where they stand; `n_…` the new
ids that they would have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from memoria.snapshot.merge.actions import WRITTEN, is_
from memoria.snapshot.merge.mapping import new_id
from memoria.snapshot.schema.facts import Column, Kind, Table, TableFacts, stage_name
from memoria.snapshot.schema.relations import CLUSTERS, MEMBERS, MEMORIES, RELATIONSHIPS, relations
from memoria.snapshot.stage import Stage

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink


class MergeStage(Stage):
    def __init__(
        self, sink: Sink, table: Table, facts: TableFacts, referred_to: Collection[str] = (), *, new_ids: bool = False
    ) -> None:
        """`referred_to`: the columns that hold what references lead to."""
        self.table = table
        self.facts = facts
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
        collations = {"key": key, "new_key": key}
        super().__init__(sink, stage_name(table.name), fixed | columns | renamed, collations)

    def _staged(self, referred_to: Collection[str]) -> list[Column]:
        names = {*self.references, *referred_to, *(name for unique in self.uniques for name in unique)}
        everything = self.by_content or self.table.name in (CLUSTERS, RELATIONSHIPS)
        return [c for c in self.table.columns if c is not self.table.key and (everything or c.name in names)]

    def take(self, fixed: tuple[Any, ...], values: list[Any]) -> None:
        """`fixed`: number, line, key, source, target, action, new key, identity."""
        columns = [values[position] for position in self._positions]
        target = fixed[4]
        new = [None if values[p] is None else new_id(target, values[p]) for p in self._renamed_positions]
        self.add((*fixed, *columns, *new))

    def flush(self) -> None:
        self.write()
        for column in ("number", "key", "new_key", "identity"):
            self.index(column)
        if self.table.name == MEMBERS:
            self.index("c_cluster_id")
        self._sink.analyze(self.name)

    def column(self, name: str) -> str:
        """The value that a column of the table `t` has in the database."""
        column = self.table.by_name[name]
        return self._sink.expression(column, self.facts.columns.get(column.stored_as(self.facts.columns) or ""))

    def equal(self, name: str) -> str:
        """Whether the row of the table `t` has in a column what the staged row has."""
        return f"{self.column(name)} {self._sink.dialect.same if self.table.by_name[name].null else '='} s.c_{name}"

    def differing(self, name: str, held: str, condition: str) -> Iterator[tuple[int, Any, Any, Any]]:
        """(number, key, what is there, what would be written) of rows, for a column; `held` is its value in `t`."""
        table = self.table
        there = f'(SELECT {held} FROM "{table.name}" t WHERE t."{table.key.name}" = s.new_key)'
        return self.pages(f"s.number, s.key, {there}, s.c_{name}", condition)

    def decided(self, last: int) -> list[tuple[Any, ...]]:
        """(number, target, new key, references …) of the next rows to write behind the one of number `last`."""
        columns = ", ".join(["s.number", "s.target", "s.new_key", *(f"s.c_{name}" for name in self.references)])
        return self.page(columns, is_(*WRITTEN), last)

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
