"""Tells what a column of SQLite makes of a value, by the affinity that its declared type gives it."""

from __future__ import annotations

import re
from decimal import Decimal
from math import isfinite

from memoria.snapshot.errors import InvalidValue
from memoria.snapshot.schema.facts import ColumnFacts, Kind
from memoria.text import shown

_NUMBERS = frozenset({"INTEGER", "REAL", "NUMERIC"})
_ALTERED = {
    Kind.INTEGER: frozenset({"TEXT", "REAL"}),
    Kind.BOOLEAN: frozenset({"TEXT", "REAL"}),
    Kind.FLOAT: frozenset({"TEXT"}),
}
"""Affinities that make something else of every value of a kind."""
_is_number = re.compile(
    r"[ \t\n\v\f\r]*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[ \t\n\v\f\r]*", re.ASCII | re.IGNORECASE
).fullmatch


def may_alter(kind: Kind, fact: ColumnFacts) -> bool:
    """Whether the column might make something else of a value of this kind."""
    if kind in (Kind.TEXT, Kind.JSON):
        return fact.affinity in _NUMBERS
    return fact.affinity in _ALTERED.get(kind, ())


def require_unaltered(kind: Kind, fact: ColumnFacts, value: str | float | bool) -> None:
    """Raises InvalidValue for a value of which a column that `may_alter` it makes another."""
    if kind is Kind.JSON:
        assert isinstance(value, str)
        if not _survives(value, fact.affinity):
            raise InvalidValue(f"holds the number {shown(value)}, which this SQLite column would round")
    elif kind is not Kind.TEXT:
        made = "text" if fact.affinity == "TEXT" else "a float"
        raise InvalidValue(f"is {value}, of which the {fact.type} column of the target would make {made}")
    elif isinstance(value, str) and _is_number(value):
        raise InvalidValue(f"is {shown(value)}, of which the {fact.type} column of the target would make a number")


def is_not_zero(number: str) -> bool:
    """Whether a JSON number has a digit other than 0: if it reads as zero all the same, it is too small."""
    return bool(number.lower().partition("e")[0].strip("-0."))


def _survives(text: str, affinity: str) -> bool:
    """Whether a JSON value keeps its value in a column that turns text into numbers."""
    if text[0] not in "-0123456789":
        return True
    number = float(text)
    if number == 0:
        return not (is_not_zero(text) or text.startswith("-"))
    whole = affinity != "REAL" and text.lstrip("-").isdigit() and len(text) < 19
    return isfinite(number) and (whole or Decimal(text) == Decimal(repr(number)))
