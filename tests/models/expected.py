"""What a table is to look like, on each database."""

from __future__ import annotations

from dataclasses import dataclass, field

# A column's type on SQLite and on PostgreSQL.
Type = tuple[str, str]
STRING = ("varchar(255)", "character varying(255)")
STRING_50 = ("varchar(50)", "character varying(50)")
STRING_20 = ("varchar(20)", "character varying(20)")
TEXT = ("text", "text")
JSON = ("text", "json")
FLOAT = ("real", "double precision")
TIME = ("datetime", "timestamp without time zone")
INTEGER = ("integer", "integer")
BOOLEAN = ("bool", "boolean")


@dataclass(frozen=True)
class Expected:
    key: str
    columns: list[tuple[str, Type, bool]]
    """Name, type, whether it may be NULL."""
    defaults: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The columns' own, on SQLite and on PostgreSQL."""
    indexes: dict[str, list[str]] = field(default_factory=dict)
    unique_indexes: dict[str, list[str]] = field(default_factory=dict)
    unique: dict[str, list[str]] = field(default_factory=dict)
    """Constraints."""
    checks: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, expression on SQLite and on PostgreSQL."""
    foreign_keys: list[tuple[str, str, str, str]] = field(default_factory=list)
    """Column, the other table and its column, what a deletion does."""


def within_limits(name: str, column: str) -> tuple[str, str, str]:
    return (
        name,
        f'("{column}" IS NULL OR ("{column}" >= -15.0 AND "{column}" <= 15.0))',
        f"(({column} IS NULL) OR (({column} >= ('-15.0'::numeric)::double precision)"
        f" AND ({column} <= (15.0)::double precision)))",
    )


def not_empty(name: str, column: str) -> tuple[str, str, str]:
    return name, f"NOT (\"{column}\" = '')", f"(NOT (({column})::text = ''::text))"
