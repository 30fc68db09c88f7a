"""Finds where two rows of a table differ, by value."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from memoria.snapshot.schema.facts import Kind, Table


def differing(table: Table, values: Sequence[Any], others: Sequence[Any]) -> tuple[str, ...]:
    """The columns in which two rows of a table differ by value."""
    if values == others and all(type(value) is not float or value != 0 for value in values):
        return ()
    return tuple(
        column.name
        for column, value, other in zip(table.columns, values, others, strict=True)
        if not same(column.kind, value, other)
    )


def same(kind: Kind, value: Any, other: Any) -> bool:
    """NaN is the same as NaN, 0.0 is not -0.0; JSON is the same when its values are, however it is spelled."""
    if kind is Kind.FLOAT:
        return repr(value) == repr(other)
    if kind is Kind.JSON and value is not None and other is not None and value != other:
        return bool(_meaning(value) == _meaning(other))
    return bool(value == other)


def same_but_for_zeros(table: Table, columns: Sequence[str], values: Sequence[Any], others: Sequence[Any]) -> bool:
    """Whether the columns in which two rows differ do so in nothing but the signs of zeros, which SQLite and columns of
    jsonb do not keep."""
    pairs = ((table.by_name[name].kind, values[at], others[at]) for name in columns for at in [table.position[name]])
    return all(
        value == other if kind is Kind.FLOAT else kind is Kind.JSON and _is_the_same_unsigned(value, other)
        for kind, value, other in pairs
    )


def _is_the_same_unsigned(value: Any, other: Any) -> bool:
    both = value is not None and other is not None
    return both and bool(_meaning(value, signed_zeros=False) == _meaning(other, signed_zeros=False))


def _meaning(value: Any, *, signed_zeros: bool = True) -> Any:
    """The same for two texts of the same JSON value; what a database holds beside JSON is only the same as itself."""
    try:
        text = value if isinstance(value, str) else repr(value)  # SQLite makes numbers of some texts
        return repr(_parsed(text, signed_zeros=signed_zeros))
    except (ValueError, RecursionError):
        return value


def _parsed(text: str, *, signed_zeros: bool) -> Any:
    """Numbers of any size keep their value; members of an object are compared in the order of their keys.

    Of two members with the same key both count: which one is meant is for the reader to say.
    """

    def number(text: str) -> object:
        try:
            sign, digits, exponent = Decimal(text).as_tuple()  # exact, whatever the size
        except ArithmeticError:
            return text
        significant = "".join(map(str, digits)).lstrip("0").rstrip("0")
        zeros = len("".join(map(str, digits)).lstrip("0")) - len(significant)
        return (sign if significant or signed_zeros else 0, significant, int(exponent) + zeros if significant else 0)

    def members(pairs: list[tuple[str, Any]]) -> dict[tuple[str, int], Any]:
        seen: Counter[str] = Counter()
        found: dict[tuple[str, int], Any] = {}
        for key, value in pairs:
            found[key, seen[key]] = value
            seen[key] += 1
        return dict(sorted(found.items(), key=lambda member: member[0]))

    return json.loads(text, parse_float=number, parse_int=number, object_pairs_hook=members)
