"""A table as the JSON parser knows it: one struct per table, and the parser's complaints in a database's words."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec

from memoria.snapshot.schema.facts import Column, ColumnFacts, Kind, Table

JSON_NULL = "$json_null"

_NonFinite = Literal["NaN", "Infinity", "-Infinity"]
_PATH = re.compile(r" - at `\$\.?(?P<path>.*)`$")
_TYPE_NAMES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "array": "an array",
    "object": "an object",
}


def facts_of(facts: dict[str, ColumnFacts], column: Column) -> ColumnFacts:
    return facts.get(column.stored_as(facts) or "") or ColumnFacts(column.name, "", column.null)


def struct_of(table: Table, facts: dict[str, ColumnFacts], validate: bool) -> type[msgspec.Struct]:
    """Fields in the order of the columns, UNSET where the row must take a default; last the names of JSON nulls."""
    fields: list[Any] = []
    for column in table.columns:
        fact = facts_of(facts, column)
        null = column.null and fact.null
        kind = _type(column, fact, validate)
        if not null and column.default is not None:
            fields.append((column.name, kind, msgspec.UNSET))
        elif null:
            fields.append((column.name, kind if column.kind is Kind.JSON else kind | None, None))
        else:
            fields.append((column.name, kind))
    null_field = (JSON_NULL.strip("$"), tuple[str, ...], msgspec.field(name=JSON_NULL, default=()))
    return msgspec.defstruct(table.name, [*fields, null_field], forbid_unknown_fields=True, gc=False, kw_only=True)


def _type(column: Column, fact: ColumnFacts, validate: bool) -> Any:
    match column.kind:
        case Kind.JSON:
            return msgspec.Raw
        case Kind.FLOAT if validate and column.minimum is not None:
            return Annotated[float, msgspec.Meta(ge=column.minimum, le=column.maximum)] | _NonFinite
        case Kind.FLOAT:
            return float | _NonFinite
        case Kind.INTEGER:
            limit = 1 << (fact.integer_bits - 1)
            return Annotated[int, msgspec.Meta(ge=-limit, le=limit - 1)]
        case Kind.BOOLEAN:
            return bool
        case Kind.TEXT:
            shortest = 1 if validate and not column.empty else None
            return Annotated[str, msgspec.Meta(min_length=shortest, max_length=fact.max_length)]
    return str


def explain(error: msgspec.ValidationError) -> str:
    """What does not fit: a sentence without its subject, the row."""
    text = str(error)
    path = _PATH.search(text)
    problem = _PATH.sub("", text)
    column = path["path"] if path else ""
    if missing := re.search(r"missing required field `(.+)`", problem):
        return f"{missing[1]} is missing, and has no default"
    if kinds := re.fullmatch(r"Expected `(.+)`, got `(\w+)`", problem):
        wanted = _TYPE_NAMES.get(kinds[1].split(" ")[0], kinds[1])
        found = _TYPE_NAMES.get(kinds[2], kinds[2])
        if not column:
            return f"is {found}, not a row"
        return f"{column} is null, and may not be" if found == "null" else f"{column} is {found} where {wanted} belongs"
    if problem == "Expected `str` of length >= 1":
        return f"{column} is empty, and may not be"
    if limit := re.fullmatch(r"Expected `str` of length <= (\d+)", problem):
        return f"{column} is longer than the {limit[1]} characters that its column holds"
    if limit := re.fullmatch(r"Expected `(?:int|float)` (>=|<=) (.+)", problem):
        side = "less than" if limit[1] == ">=" else "more than"
        return f"{column} is {side} {limit[2]}, the limit of its column"
    if "enum value" in problem:
        return f"{column} is text where a number belongs"
    if problem in ("Number out of range", "Integer value out of range"):
        return f"{column} is a number too large for its column"
    return f"{column} {problem[:1].lower()}{problem[1:]}".strip()
