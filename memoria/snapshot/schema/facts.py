"""Describes a table to the engine: its columns, its key, its references. Pure facts, no Django."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

ALL = "1 = 1"
"""The condition that every row meets."""


class Kind(StrEnum):
    """The kinds of value in a snapshot; docs/format.md gives the encoding of each."""

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TIME = "time"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind
    null: bool = False
    default: Callable[[], Any] | None = None
    """Makes the value of a row that lacks this column; None where the column is required."""
    max_length: int | None = None
    empty: bool = True
    """Whether it may hold empty text."""
    minimum: float | None = None
    maximum: float | None = None
    older_name: str | None = None
    """What older databases call it."""

    def stored_as(self, existing: Container[str]) -> str | None:
        """The name of this column in a table that has the columns `existing`; None where the table lacks it."""
        return next((name for name in (self.name, self.older_name) if name is not None and name in existing), None)


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: `column` of `table` holds a value of `target_column` of `target`."""

    table: str
    column: str
    target: str
    target_column: str
    null: bool


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    key: Column
    columns: tuple[Column, ...]
    core: bool = True
    """A core table stands in every snapshot, also when it is empty."""
    checks: frozenset[str] = frozenset()
    """Constraints of the database by name that say no more than the columns do."""
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)
    position: dict[str, int] = field(init=False, repr=False, compare=False)
    """Column -> where its value stands in a row."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "position", {column.name: i for i, column in enumerate(self.columns)})
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    @property
    def has_namespace(self) -> bool:
        return "namespace" in self.by_name


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What a column of a real database can hold; `None` limits nothing."""

    name: str
    type: str
    null: bool
    max_length: int | None = None
    integer_bits: int = 64
    single_precision: bool = False
    decimals: int | None = None
    """Digits after the point that a number or the second of a time keeps; a date keeps none of its time."""
    holds_nul: bool = True
    holds_nan: bool = True
    holds_negative_zero: bool = True
    affinity: str = ""
    """What SQLite makes of values: TEXT, INTEGER, REAL or NUMERIC; nothing else where it is empty."""
    kinds: frozenset[Kind] = frozenset(Kind)
    """What its type can hold; a column for another kind is refused by name."""
    counts_bytes: bool = False
    """Whether `max_length` is one of bytes in UTF-8 instead of characters."""
    padded: bool = False
    """Whether text shorter than `max_length` is filled up with spaces."""
    derived: bool = False
    """Whether the database makes its value of those of other columns."""
    encoding: str = ""
    """Python's name of the encoding that its text must have; empty where that is UTF-8, or unknown."""
    collation: str = ""
    """What makes different keys the same, as SQL names it; empty where only the same bytes are the same."""
    required: bool = False
    """Whether a row must have a value there, and gets none by itself."""
    numbered: bool = False
    """Whether the database alone numbers it, unless told otherwise with OVERRIDING SYSTEM VALUE."""
    indexed: bool = False
    """Whether it is of unlimited length, and stands in an index that is not."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    name: str
    columns: dict[str, ColumnFacts]
    references: tuple[Reference, ...] = ()
    """Foreign keys of this table that the database enforces."""
    unseen_references: tuple[str, ...] = ()
    """Tables that refer to this one in ways the plan cannot follow: from another schema, or by several columns."""
    uniques: tuple[tuple[str, ...], ...] = ()
    """Columns, beside the key, whose values together occur once only; NULL is not a value."""
    distinct: frozenset[str] = frozenset()
    """Columns of which a unique index of their own says that no value stands in two rows, and tells rows apart."""
    unwritable: str = ""
    """Why no row of it can be written, if so."""
    triggers: tuple[str, ...] = ()
    """Triggers and rules that a user made, which may change rows as they are written, or keep them from it."""
    forbidden: frozenset[str] = frozenset()
    """INSERT, UPDATE, DELETE or LOCK where the role may not."""
    sequence: str = ""
    """What numbers its rows, where the role may not set that."""
    rules: tuple[str, ...] = ()
    """What else it asks of a row, by name: checks, unique values of some rows only, exclusions, generated columns."""


def unwritable(table: Table, facts: TableFacts, *needed: str) -> str:
    """Why rows of a table cannot be written, if so. `needed`: the privileges that it takes."""
    if facts.unwritable:
        return facts.unwritable
    if forbidden := sorted(facts.forbidden.intersection(needed)):
        return (
            f"the role may not {' or '.join(forbidden)} there: GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO"
            " it"
        )
    if "INSERT" not in needed:
        return ""
    if facts.sequence:
        return f"the role may not set its sequence: GRANT SELECT, UPDATE ON SEQUENCE {facts.sequence} TO it"
    carried = {column.stored_as(facts.columns) for column in table.columns}
    for name, fact in facts.columns.items():
        if fact.required and name not in carried:
            return f"its column {name} must have a value, and no snapshot has one: give it a default"
    return ""


def can_stage(table: Table, columns: Iterable[str]) -> bool:
    """Whether a table's values in these columns are the same where their texts are."""
    return all(name in table.by_name and table.by_name[name].kind in (Kind.TEXT, Kind.INTEGER) for name in columns)


def names(tables: Iterable[Table]) -> list[str]:
    return [table.name for table in tables]


def stage_name(table: str) -> str:
    """The temporary table that holds the keys of a table's new rows."""
    return f"memoria_stage_{table}"
