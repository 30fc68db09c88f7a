"""Compares two sides row by row and value by value; each gives its rows in the order of their keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any

from memoria.snapshot.compare.streams import Keyed, Side
from memoria.snapshot.rows.difference import differing, same_but_for_zeros
from memoria.snapshot.schema.facts import Table, names

EXAMPLES = 10
"""Rows of each table that are named for each kind of difference."""


@dataclass(frozen=True, slots=True)
class Difference:
    key: str
    columns: tuple[str, ...]


@dataclass(slots=True)
class TableComparison:
    """Counts of rows, and the keys of the first EXAMPLES that differ."""

    same: int = 0
    only_a: int = 0
    only_b: int = 0
    different: int = 0
    signs_of_zeros: int = 0
    """Of those that are different, rows that differ in nothing else: SQLite and columns of jsonb keep no -0.0."""
    first_only_a: list[str] = field(default_factory=list)
    first_only_b: list[str] = field(default_factory=list)
    first_different: list[Difference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    a: str
    b: str
    tables: dict[str, TableComparison]
    not_compared: dict[str, int]
    """Tables of either side that no snapshot carries -> rows."""
    edited: list[str] = field(default_factory=list)
    """The sides that are snapshots edited after their export."""
    operation: str = "compare"

    @property
    def equal(self) -> bool:
        return not any(table.only_a or table.only_b or table.different for table in self.tables.values())

    @property
    def exit_code(self) -> int:
        return 0 if self.equal else 1

    def as_dict(self) -> dict[str, Any]:
        return {"report_version": 1, "equal": self.equal, **asdict(self)}


def compare_sides(a: Side, b: Side, tables: Sequence[Table]) -> Comparison:
    """A table that one side lacks counts as empty, a column as NULL or its default in every row."""
    found = [TableComparison() for _ in tables]
    with closing(a.rows()) as rows, closing(b.rows()) as others:
        _count(found, tables, _merged(rows, others))
    return Comparison(
        a.name,
        b.name,
        dict(zip(names(tables), found, strict=True)),
        {**a.others, **b.others},
        [side.name for side in (a, b) if side.edited],
    )


def _count(
    found: list[TableComparison], tables: Sequence[Table], pairs: Iterator[tuple[Keyed | None, Keyed | None]]
) -> None:
    for left, right in pairs:
        position, key, _ = left or right or (0, "", [])
        counts = found[position]
        if left is None:
            counts.only_b += 1
            _keep(counts.first_only_b, str(key))
        elif right is None:
            counts.only_a += 1
            _keep(counts.first_only_a, str(key))
        elif columns := differing(tables[position], left[2], right[2]):
            counts.different += 1
            counts.signs_of_zeros += same_but_for_zeros(tables[position], columns, left[2], right[2])
            _keep(counts.first_different, Difference(str(key), columns))
        else:
            counts.same += 1


def _merged(left: Iterator[Keyed], right: Iterator[Keyed]) -> Iterator[tuple[Keyed | None, Keyed | None]]:
    """Rows of the same table and key side by side; None where one side has no such row."""
    row, other = next(left, None), next(right, None)
    while row is not None or other is not None:
        if other is None or (row is not None and row[:2] < other[:2]):
            yield row, None
            row = next(left, None)
        elif row is None or other[:2] < row[:2]:
            yield None, other
            other = next(right, None)
        else:
            yield row, other
            row, other = next(left, None), next(right, None)


def _keep(examples: list[Any], example: Any) -> None:
    if len(examples) < EXAMPLES:
        examples.append(example)
