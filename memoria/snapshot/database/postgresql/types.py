"""Columns of PostgreSQL whose type is not the one that belongs there: what they hold, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from memoria.snapshot.schema.facts import Column, ColumnFacts, Kind

TEXTS = frozenset({"text", "character varying", "character"})
INTEGERS = frozenset({"smallint", "integer", "bigint"})
_TIMES = frozenset({"timestamp without time zone", "timestamp with time zone", "date"})
_FITTING = {
    Kind.TEXT: TEXTS,
    Kind.INTEGER: INTEGERS | {"numeric"},
    Kind.FLOAT: INTEGERS | {"numeric", "real", "double precision"},
    Kind.BOOLEAN: INTEGERS | {"boolean"},
    Kind.TIME: _TIMES,
    Kind.JSON: TEXTS | {"json", "jsonb"},
}
_MAX_FLOAT = "1.7976931348623157e308"
_MIN_FLOAT = "4.94e-324"


@dataclass(frozen=True, slots=True)
class Fault:
    """What a column may hold and no snapshot can: a condition of rows, and what is wrong with them."""

    column: str
    condition: str
    reason: str


def kinds(type: str) -> frozenset[Kind]:
    """The kinds of values that a column of this type takes, keeps and gives back; none for a type that is unknown."""
    return frozenset(kind for kind, types in _FITTING.items() if type in types)


def expression(column: Column, fact: ColumnFacts, quoted: str) -> str:
    """What row_to_json writes as a snapshot has it; `quoted` is the column's name with its table."""
    match column.kind:
        case Kind.JSON if fact.type in TEXTS:
            return f"{quoted}::json"
        case Kind.BOOLEAN if fact.type in INTEGERS:
            return f"({quoted} = 1)"
        case Kind.INTEGER if fact.type == "numeric":
            return f"trunc({quoted})"
        case Kind.TIME:
            utc = f"({quoted} AT TIME ZONE 'UTC')" if fact.type == "timestamp with time zone" else quoted
            return f"""to_char({utc}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return quoted


def is_json_null(fact: ColumnFacts, quoted: str) -> str:
    """Whether a column, short as it is, holds the JSON value null."""
    if fact.type in TEXTS:
        return f"btrim({quoted}, E' \\t\\n\\r') = 'null'"
    return f"json_typeof({quoted}::json) = 'null'"


def faults(column: Column, fact: ColumnFacts, quoted: str, version: int) -> Iterator[Fault]:
    """`version`: the server's, as 160004. Older ones than 16 say of text that is no JSON only that there is some."""
    if column.kind is Kind.TIME:
        zone = "+00" if fact.type == "timestamp with time zone" else ""
        outside = f"({quoted} < '0001-01-01 00:00:00{zone}' OR {quoted} >= '10000-01-01 00:00:00{zone}')"
        condition = f"({quoted} IS NOT NULL AND {outside})"
        yield Fault(fact.name, condition, "not a time between the years 1 and 9999")
    if column.kind is Kind.JSON and fact.type in TEXTS and version >= 160000:
        condition = f"({quoted} IS NOT NULL AND NOT pg_input_is_valid({quoted}, 'json'))"
        yield Fault(fact.name, condition, "which is not JSON")
    if column.kind is Kind.BOOLEAN and fact.type in INTEGERS:
        yield Fault(fact.name, f"({quoted} IS NOT NULL AND {quoted} NOT IN (0, 1))", "where 0 or 1 belongs")
    if column.kind is Kind.INTEGER and fact.type == "numeric":
        inside = f"abs({quoted}) <= {(1 << 63) - 1} AND {quoted} = trunc({quoted})"
        yield Fault(fact.name, f"({quoted} IS NOT NULL AND NOT ({inside}))", "not a whole number of 64 bits")
    if column.kind is Kind.FLOAT and fact.type in INTEGERS | {"numeric"}:
        condition = f"({quoted} IS NOT NULL AND {_is_no_float(quoted)})"
        yield Fault(fact.name, condition, "which an 8-byte float does not hold")
    if column.minimum is not None:
        outside = f"{quoted} NOT BETWEEN {column.minimum} AND {column.maximum}"
        reason = f"outside {column.minimum} to {column.maximum}"
        yield Fault(fact.name, f"({quoted} IS NOT NULL AND {outside})", reason)
    if fact.null and not column.null:
        yield Fault(fact.name, f"({quoted} IS NULL)", "and may not be")


def _is_no_float(quoted: str) -> str:
    """By way of text, because a float becomes a number of 15 digits only."""
    number = f"{quoted}::numeric"
    return (
        f"CASE WHEN {number}::text IN ('NaN', 'Infinity', '-Infinity') THEN false"
        f" WHEN abs({number}) > {_MAX_FLOAT} OR ({number} <> 0 AND abs({number}) < {_MIN_FLOAT}) THEN true"
        f" ELSE {number}::float8::text::numeric <> {number} END"
    )
