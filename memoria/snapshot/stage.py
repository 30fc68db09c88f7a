"""Rows in a temporary table while a plan decides about them, in sets and never one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from memoria.snapshot.schema.facts import Kind

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

_ADDED_AT_ONCE = 5000
_FETCHED_AT_ONCE = 20_000


class Stage:
    """Conditions and changes call a row of it `s`; its first column is its `number`."""

    def __init__(
        self, sink: Sink, name: str, columns: dict[str, Kind], collations: Mapping[str, str] | None = None
    ) -> None:
        """`collations`: column -> what compares its values, where not their bytes do."""
        self.name = name
        self._sink = sink
        self._waiting: list[tuple[Any, ...]] = []
        self._indexes = 0
        sink.create_stage(name, columns, collations)

    def add(self, row: tuple[Any, ...]) -> None:
        self._waiting.append(row)
        if len(self._waiting) >= _ADDED_AT_ONCE:
            self.write()

    def write(self) -> None:
        """What was added is there for questions from now on."""
        self._sink.stage(self.name, self._waiting)
        self._waiting = []

    def index(self, *columns: str) -> None:
        listed = ", ".join(f'"{column}"' for column in columns)
        self._sink.query(f"CREATE INDEX {self.name}_{self._indexes} ON {self.name} ({listed})")
        self._indexes += 1

    def update(self, changes: str, condition: str) -> None:
        """Set columns of the rows that meet a condition."""
        self._sink.query(f"UPDATE {self.name} AS s SET {changes} WHERE {condition}")

    def drop(self, condition: str) -> None:
        self._sink.query(f"DELETE FROM {self.name} AS s WHERE {condition}")

    def holds(self, condition: str) -> bool:
        return bool(self._sink.query(f"SELECT 1 FROM {self.name} s WHERE {condition} LIMIT 1"))

    def count(self, condition: str) -> int:
        ((rows,),) = self._sink.query(f"SELECT count(*) FROM {self.name} s WHERE {condition}")
        return int(rows)

    def where(self, condition: str, detail: str = "NULL") -> Iterator[tuple[int, int, Any, Any]]:
        """(number, line, key, detail) of rows in their order, however many there are."""
        yield from self.pages(f"s.number, s.line, s.key, {detail}", condition)

    def pages(self, columns: str, condition: str) -> Iterator[tuple[Any, ...]]:
        """As `page`, page by page; the first of the columns is the number."""
        last = -1
        while found := self.page(columns, condition, last):
            yield from found
            last = found[-1][0]

    def page(self, columns: str, condition: str, last: int) -> list[tuple[Any, ...]]:
        """The next rows behind the one of number `last`, in their order."""
        return self._sink.query(
            f"SELECT {columns} FROM {self.name} s WHERE s.number > {last} AND {condition}"
            f" ORDER BY s.number LIMIT {_FETCHED_AT_ONCE}"
        )


def numbered(numbers: Sequence[int]) -> Iterator[str]:
    """Conditions that the rows of these numbers meet, some hundreds in each."""
    for start in range(0, len(numbers), 1000):
        yield f"s.number IN ({', '.join(map(str, numbers[start : start + 1000]))})"
