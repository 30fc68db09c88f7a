"""Rows as SQLite holds them, which checks nothing, into the text of JSON objects: every value is checked here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from memoria.snapshot.errors import DatabaseFailure, InvalidValue
from memoria.snapshot.rows.encoder import RowEncoder
from memoria.snapshot.rows.values import MAX_DEPTH, MAX_ROW, check_depth, check_json, one_line
from memoria.snapshot.schema.facts import Column, Kind
from memoria.snapshot.times import canonical_time
from memoria.text import shown

_INFINITY = float("inf")
_SHAPES = 4096
"""Shapes that are remembered: a table of many nullable columns has very many."""
_PYTHON_TYPES: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.INTEGER: (int,),
    Kind.FLOAT: (float, int),
    Kind.BOOLEAN: (int,),
    Kind.TIME: (str,),
    # A column declared JSON has NUMERIC affinity: SQLite has made numbers of the JSON texts that look like one.
    Kind.JSON: (str, int, float),
}
_BELONGS = {
    Kind.TEXT: "text",
    Kind.INTEGER: "a whole number",
    Kind.FLOAT: "a number",
    Kind.BOOLEAN: "0 or 1",
    Kind.TIME: "a time",
    Kind.JSON: "JSON",
}
_BOOLEANS = {0: False, 1: True}
_MONTH_AND_DAY = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
)
_STORED_TIME = rf"(?!0000)\d{{4}}-{_MONTH_AND_DAY}[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{{6}}"
_are_stored_times = re.compile(rf"{_STORED_TIME}(?:\n{_STORED_TIME})*", re.ASCII).fullmatch
"""Whether lines are times as a database of ours spells them; the 29th of February may be one and is not matched."""
_TIME_SIZE = len("2026-11-22 10:00:00.000000")
_parsed = msgspec.json.Decoder(msgspec.Raw).decode


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where the values stand that need a look, in rows whose values have the same types."""

    times: tuple[int, ...]
    booleans: tuple[int, ...]
    floats: tuple[int, ...]
    bounded: tuple[tuple[int, float, float], ...]
    jsons: tuple[int, ...]


class SQLiteEncoder:
    """Checks that a row holds in each column what belongs there, and encodes it."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._encode = RowEncoder(columns).encode
        self._shapes: dict[tuple[type, ...], _Shape] = {}
        self._limits = {
            i: (-_INFINITY if c.minimum is None else c.minimum, _INFINITY if c.maximum is None else c.maximum)
            for i, c in enumerate(columns)
            if c.minimum is not None or c.maximum is not None
        }
        fits: dict[Kind, Callable[[Any], Any]] = {
            Kind.BOOLEAN: _boolean,
            Kind.TIME: canonical_time,
            Kind.FLOAT: _float,
        }
        self._fits = [(i, fits[c.kind]) for i, c in enumerate(columns) if c.kind in fits]
        self._fits += [(i, _within(*limits)) for i, limits in self._limits.items()]
        self._jsons = [i for i, c in enumerate(columns) if c.kind is Kind.JSON]

    def encode(self, row: tuple[Any, ...]) -> bytes:
        """The row as JSON. Raises InvalidValue for the first value that does not belong in its column."""
        types = tuple(map(type, row))
        shape = self._shapes.get(types) or self._learn(types, row)
        line = self._quickly(shape, row) or self._carefully(row)
        if len(line) > MAX_ROW:
            raise InvalidValue(f"the row is larger than {MAX_ROW >> 20} MiB")
        return line

    def _learn(self, types: tuple[type, ...], row: tuple[Any, ...]) -> _Shape:
        self._check_types(row)

        def where(kind: Kind) -> tuple[int, ...]:
            return tuple(i for i, c in enumerate(self._columns) if c.kind is kind and row[i] is not None)

        shape = _Shape(
            times=where(Kind.TIME),
            booleans=where(Kind.BOOLEAN),
            floats=where(Kind.FLOAT),
            bounded=tuple((i, *self._limits[i]) for i in where(Kind.FLOAT) if i in self._limits),
            jsons=where(Kind.JSON),
        )
        if len(self._shapes) >= _SHAPES:
            self._shapes.clear()
        self._shapes[types] = shape
        return shape

    def _quickly(self, shape: _Shape, row: tuple[Any, ...]) -> bytes:
        """The same line as `_carefully` makes, if all values are what they usually are; else nothing."""
        values = list(row)
        total = 0.0
        try:
            if shape.times:
                _fit_times(shape.times, values)
            for position in shape.booleans:
                values[position] = _BOOLEANS[row[position]]
            for position in shape.floats:
                total += row[position]
            for position, minimum, maximum in shape.bounded:
                if not minimum <= row[position] <= maximum:
                    return b""
            for position in shape.jsons:
                values[position] = _usual_json(row[position])
            return self._encode(values) if total - total == 0 else b""  # infinity less itself is no number
        except (InvalidValue, KeyError, TypeError, UnicodeEncodeError, msgspec.MsgspecError, RecursionError):
            return b""

    def _carefully(self, row: tuple[Any, ...]) -> bytes:
        """Column by column: for a row that holds something unusual, and to name what is wrong."""
        values = list(row)
        position = 0
        try:
            for position, fit in self._fits:
                if values[position] is not None:
                    values[position] = fit(values[position])
            json_null = []
            for position in self._jsons:
                if values[position] is not None:
                    values[position] = _json(values[position])
                    if values[position] is None:
                        json_null.append(self._columns[position].name)
            return self._encode(values, json_null)
        except InvalidValue as error:
            raise InvalidValue(f"{self._columns[position].name} {error.reason}") from None
        except UnicodeEncodeError:
            raise self._not_utf8(row) from None

    def _check_types(self, row: tuple[Any, ...]) -> None:
        for column, value in zip(self._columns, row, strict=True):
            if value is None:
                if not column.null:
                    raise InvalidValue(f"{column.name} is NULL, and may not be")
            elif type(value) not in _PYTHON_TYPES[column.kind]:
                raise InvalidValue(f"{column.name} is {shown(value)} where {_BELONGS[column.kind]} belongs")

    def _not_utf8(self, row: tuple[Any, ...]) -> InvalidValue:
        for column, value in zip(self._columns, row, strict=True):
            if isinstance(value, str):
                data = value.encode("utf-8", "surrogateescape")
                try:
                    data.decode()
                except UnicodeDecodeError:
                    return InvalidValue(f"{column.name} is not UTF-8: {shown(data)}")
        raise DatabaseFailure("a text could not be encoded")  # only surrogateescape makes such text


def _fit_times(positions: tuple[int, ...], values: list[Any]) -> None:
    texts = [values[position] for position in positions]
    lines = "\n".join(texts)
    if len(lines) == (_TIME_SIZE + 1) * len(texts) - 1 and _are_stored_times(lines):
        for position, text in zip(positions, texts, strict=True):
            values[position] = f"{text[:10]}T{text[11:]}Z"
    else:
        for position, text in zip(positions, texts, strict=True):
            values[position] = canonical_time(text)


def _usual_json(text: Any) -> msgspec.Raw:
    """Raw JSON text. Raises one of several errors for what is no JSON, for a number, and for null."""
    value = _parsed(text)
    size = len(value)
    if size == 4 and bytes(value) == b"null":
        raise InvalidValue("is null")
    if size > MAX_DEPTH and (text.find("[", 1) > 0 or text.find("{", 1) > 0):
        check_depth(text.encode())
    if "\n" in text or "\r" in text:
        return msgspec.Raw(one_line(text))
    # The parser left out any white space around the value, which stays.
    return value if size == len(text) and text.isascii() else msgspec.Raw(text)


def _boolean(value: int) -> bool:
    if value not in (0, 1):
        raise InvalidValue(f"is {value} where 0 or 1 belongs")
    return value == 1


def _float(value: float) -> float | str:
    if -_INFINITY < value < _INFINITY:
        return value
    return "Infinity" if value > 0 else "-Infinity"


def _within(minimum: float, maximum: float) -> Callable[[Any], Any]:
    def fit(value: float | str) -> float:
        if isinstance(value, str) or not minimum <= value <= maximum:
            raise InvalidValue(f"is {value}, outside {minimum} to {maximum}")
        return value

    return fit


def _json(value: str | int | float) -> msgspec.Raw | None:
    """Raw JSON text; None for the JSON value null."""
    if type(value) is not str:
        if value in (_INFINITY, -_INFINITY):
            raise InvalidValue(f"is not JSON: {value}")
        return msgspec.Raw(repr(value).encode())
    check_json(value.encode())  # with its line ends: inside a string they are no JSON
    text = one_line(value).encode()
    return None if text.strip() == b"null" else msgspec.Raw(text)
