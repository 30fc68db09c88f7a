"""Stages what identifies the rows of one table in a temporary table, while an import is planned."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from memoria.snapshot.schema.facts import Kind, Table, TableFacts, can_stage, stage_name
from memoria.snapshot.stage import Stage

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

KEY = "key"
"""What the stage calls the table's key."""


class PlanStage(Stage):
    """The place of each row in the file, its key, its references, and what others refer to it by."""

    def __init__(self, sink: Sink, table: Table, facts: TableFacts | None, referred_to: Collection[str] = ()) -> None:
        """`referred_to`: the columns that hold what references lead to."""
        self.table = table
        self._looked_up = [name for name in sorted(referred_to) if name != table.key.name]
        uniques = [unique for unique in facts.uniques if can_stage(table, unique)] if facts else []
        self.uniques = [(KEY,), *uniques]
        """Columns of the stage whose values together must occur once only."""
        identifying = {name for unique in uniques for name in unique}
        identifying |= {reference.column for reference in facts.references} if facts else set()
        identifying |= set(self._looked_up)
        columns = [column for column in table.columns if column.name in identifying]
        self._positions = [table.columns.index(column) for column in (table.key, *columns)]
        kinds = {"number": Kind.INTEGER, "line": Kind.INTEGER, KEY: table.key.kind}
        held = facts.columns if facts else {}
        collations = {KEY if name == table.key.name else name: fact.collation for name, fact in held.items()}
        staged = {column.name: column.kind for column in columns}
        super().__init__(sink, stage_name(table.name), kinds | staged, collations)

    def called(self, columns: Sequence[str]) -> str:
        """What messages call the value of such columns."""
        return columns[0] if len(columns) == 1 else f"({', '.join(columns)})"

    def column(self, table_column: str) -> str:
        """What the stage calls a column of the table."""
        return KEY if table_column == self.table.key.name else table_column

    def table_column(self, column: str) -> str:
        return self.table.key.name if column == KEY else column

    def take(self, number: int, line: int, values: list[Any]) -> None:
        self.add((number, line, *[values[position] for position in self._positions]))

    def flush(self) -> None:
        """Stage the last rows, and index what the questions that follow look for."""
        self.write()
        for columns in [*self.uniques, *((name,) for name in self._looked_up if (name,) not in self.uniques)]:
            self.index(*columns)

    def empty(self, column: str, condition: str) -> int:
        """Set a column of rows to NULL. Returns how many there were."""
        if rows := self.count(condition):
            self.update(f'"{column}" = NULL', condition)
        return rows
