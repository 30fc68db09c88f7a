"""What identifies the rows of one table, in a temporary table, while an import is planned."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from memoria.snapshot.schema.facts import Kind, Table, TableFacts, can_stage, stage_name

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

KEY = "key"
"""What the stage calls the table's key."""
_STAGED_AT_ONCE = 5000
_FETCHED_AT_ONCE = 20_000


class PlanStage:
    """The place of each row in the file, its key, its references, and what others refer to it by."""

    def __init__(self, sink: Sink, table: Table, facts: TableFacts | None, referred_to: Collection[str] = ()) -> None:
        """`referred_to`: the columns that hold what references lead to."""
        self.table = table
        self.name = stage_name(table.name)
        self._looked_up = [name for name in sorted(referred_to) if name != table.key.name]
        uniques = [unique for unique in facts.uniques if can_stage(table, unique)] if facts else []
        self.uniques = [(KEY,), *uniques]
        """Columns of the stage whose values together must occur once only."""
        identifying = {name for unique in uniques for name in unique}
        identifying |= {reference.column for reference in facts.references} if facts else set()
        identifying |= set(self._looked_up)
        columns = [column for column in table.columns if column.name in identifying]
        self._sink = sink
        self._waiting: list[tuple[Any, ...]] = []
        self._positions = [table.columns.index(column) for column in (table.key, *columns)]
        kinds = {"number": Kind.INTEGER, "line": Kind.INTEGER, KEY: table.key.kind}
        held = facts.columns if facts else {}
        collations = {KEY if name == table.key.name else name: fact.collation for name, fact in held.items()}
        sink.create_stage(self.name, kinds | {column.name: column.kind for column in columns}, collations)

    def called(self, columns: Sequence[str]) -> str:
        """What messages call the value of such columns."""
        return columns[0] if len(columns) == 1 else f"({', '.join(columns)})"

    def column(self, table_column: str) -> str:
        """What the stage calls a column of the table."""
        return KEY if table_column == self.table.key.name else table_column

    def table_column(self, column: str) -> str:
        return self.table.key.name if column == KEY else column

    def take(self, number: int, line: int, values: list[Any]) -> None:
        self._waiting.append((number, line, *[values[position] for position in self._positions]))
        if len(self._waiting) >= _STAGED_AT_ONCE:
            self._sink.stage(self.name, self._waiting)
            self._waiting = []

    def flush(self) -> None:
        """Stage the last rows, and index what the questions that follow look for."""
        self._sink.stage(self.name, self._waiting)
        self._waiting = []
        looked_up = [(name,) for name in self._looked_up if (name,) not in self.uniques]
        for number, columns in enumerate([*self.uniques, *looked_up]):
            listed = ", ".join(f'"{column}"' for column in columns)
            self._sink.query(f"CREATE INDEX {self.name}_{number} ON {self.name} ({listed})")

    def where(self, condition: str, detail: str) -> Iterator[tuple[int, int, Any, Any]]:
        """(number, line, key, detail) of rows, in their order; fetched in parts, however many there are."""
        last = -1
        while found := self._sink.query(
            f"SELECT s.number, s.line, s.key, {detail} FROM {self.name} s"
            f" WHERE s.number > {last} AND {condition} ORDER BY s.number LIMIT {_FETCHED_AT_ONCE}"
        ):
            yield from found
            last = found[-1][0]

    def empty(self, column: str, condition: str) -> int:
        """Set a column of rows to NULL. Returns how many there were."""
        ((count,),) = self._sink.query(f"SELECT count(*) FROM {self.name} s WHERE {condition}")
        if count:
            self._sink.query(f'UPDATE {self.name} AS s SET "{column}" = NULL WHERE {condition}')
        return int(count)

    def drop(self, condition: str) -> None:
        self._sink.query(f"DELETE FROM {self.name} AS s WHERE {condition}")
