"""One row: JSON text in, validated values out; and values back to JSON text.

A decoded row is a list in the order of its table's columns. Values are None (SQL NULL), str, int, float, bool; a time is
text as `YYYY-MM-DDTHH:MM:SS.ffffffZ`; a JSON column is the text of its value, spelled as it was.

`null` in a JSON column is SQL NULL. A row whose column holds the JSON value null instead names that column in one more
member, `"$json_null": ["column", …]`.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, Literal

import msgspec

from memoria.snapshot.errors import InvalidValue
from memoria.snapshot.formats.scanner import Scanner
from memoria.snapshot.tables import Column, ColumnFacts, Kind, Table, TableFacts
from memoria.snapshot.values import (
    canonical_time,
    check_depth,
    mask_lone_surrogates,
    one_line,
    quote_bare_numbers,
    shown,
)

JSON_NULL = "$json_null"
NON_FINITE = ("NaN", "Infinity", "-Infinity")

_UNSET = msgspec.UNSET
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
_MAX_SINGLE = 3.4028235677973366e38
"""Floats beyond this round to infinity in 4 bytes."""


class RowDecoder:
    """Decodes and validates the rows of one table, for a target whose columns `facts` describes.

    Counts, per column, what it had to do to fit a row: `defaulted`, `ignored`, `rounded`, and `bare_numbers`.
    """

    def __init__(
        self,
        table: Table,
        facts: TableFacts | None = None,
        *,
        ignore_unknown: bool = False,
        validate: bool = True,
    ) -> None:
        self.table = table
        self.legacy = False
        """Whether bare NaN is read, as the older layouts have it."""
        self.defaulted: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()
        self.rounded: Counter[str] = Counter()
        self.bare_numbers = 0
        self._facts = facts.columns if facts else {}
        self._absent = [i for i, c in enumerate(table.columns) if facts and c.name not in facts.columns]
        self._ignore_unknown = ignore_unknown
        self._struct = _struct(table, self._facts, validate)
        self._decode = msgspec.json.Decoder(self._struct).decode
        self._fit = self._converters()
        self._key = table.columns.index(table.key)
        self._floats = [i for i, c in enumerate(table.columns) if c.kind is Kind.FLOAT]
        self._texts = [
            i for i, c in enumerate(table.columns) if c.kind is Kind.TEXT and not _of(self._facts, c).holds_nul
        ]
        zero = [(table.columns[i].name, msgspec.Raw, msgspec.Raw(b"")) for i in self._floats]
        self._float_texts = msgspec.json.Decoder(msgspec.defstruct("Floats", zero)).decode

    def decode(self, data: bytes) -> list[Any]:
        """The row's values. Raises InvalidValue for the first that is not what its column holds."""
        check_depth(data)
        try:
            if not data.isascii():
                data.decode()
            row = self._decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            row = self._decode_again(data, error)
        values = list(msgspec.structs.astuple(row))
        json_null = values.pop()
        for position, fit in self._fit:
            value = values[position]
            if value is not None:
                values[position] = fit(value, json_null)
        for position in self._floats:
            if values[position] == 0:
                self._check_zeros(data, values)
                break
        if b"\\u0000" in data:
            for position in self._texts:
                if values[position] is not None and "\0" in values[position]:
                    raise self._invalid(position, "holds a NUL character, which PostgreSQL cannot store in text")
        if self._absent:
            self._check_absent(values)
        return values

    def key(self, data: bytes) -> str | None:
        """The row's key for a message, as well as it can be made out."""
        try:
            key = msgspec.json.decode(data, type=dict[str, msgspec.Raw]).get(self.table.key.name)
            return None if key is None else str(msgspec.json.decode(key))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    def _converters(self) -> list[tuple[int, Any]]:
        """(position, function of value and the row's JSON nulls) for each column whose value needs one."""
        fits = []
        for position, column in enumerate(self.table.columns):
            fact = _of(self._facts, column)
            make = {Kind.JSON: self._fit_json, Kind.TIME: self._fit_time, Kind.FLOAT: self._fit_float}.get(column.kind)
            if make is not None:
                fits.append((position, make(position, column, fact)))
            elif column.default is not None:
                fits.append((position, self._fit_default(column)))
        return fits

    def _fit_default(self, column: Column) -> Any:
        def fit(value: Any, json_null: Sequence[str]) -> Any:
            return self._default(column) if value is _UNSET else value

        return fit

    def _default(self, column: Column) -> Any:
        assert column.default is not None
        self.defaulted[column.name] += 1
        return column.default()

    def _fit_time(self, position: int, column: Column, fact: ColumnFacts) -> Any:
        def fit(value: Any, json_null: Sequence[str]) -> str:
            if value is _UNSET:
                value = self._default(column)
            try:
                return canonical_time(value)
            except InvalidValue as error:
                raise self._invalid(position, error.reason) from None

        return fit

    def _fit_json(self, position: int, column: Column, fact: ColumnFacts) -> Any:
        name = column.name

        def fit(value: Any, json_null: Sequence[str]) -> str | None:
            text = one_line(str(value, "utf-8"))
            if text == "null" and name not in json_null:
                if not column.null:
                    raise self._invalid(position, "is null, and may not be")
                return None
            if fact.numeric_affinity and not _survives_affinity(text):
                raise self._invalid(position, f"holds the number {shown(text)}, which this SQLite column would round")
            return text

        return fit

    def _fit_float(self, position: int, column: Column, fact: ColumnFacts) -> Any:
        bounded = column.minimum is not None or column.maximum is not None

        def fit(value: Any, json_null: Sequence[str]) -> float:
            if value is _UNSET:
                value = self._default(column)
            if type(value) is str:
                if bounded:
                    raise self._invalid(position, f"is {value}, outside {column.minimum} to {column.maximum}")
                if value == "NaN" and not fact.holds_nan:
                    raise self._invalid(position, "is NaN, which SQLite cannot store")
                return float(value)
            if fact.single_precision:
                return self._single(position, column, value)
            return float(value)

        return fit

    def _single(self, position: int, column: Column, value: float) -> float:
        if abs(value) >= _MAX_SINGLE:
            raise self._invalid(position, f"is {value!r}, too large for the 4-byte floats of the target")
        single: float = struct.unpack("<f", struct.pack("<f", value))[0]
        if single != value:
            if single == 0:
                raise self._invalid(position, f"is {value!r}, too small for the 4-byte floats of the target")
            self.rounded[column.name] += 1
        return value

    def _check_zeros(self, data: bytes, values: list[Any]) -> None:
        """A zero may have been written as -0, which the parser takes for 0, or as a number too small for a float."""
        texts = self._float_texts(data)
        for position in self._floats:
            if values[position] != 0:
                continue
            raw = getattr(texts, self.table.columns[position].name)
            text = bytes(raw).lower()
            if text.startswith(b"-"):
                values[position] = -0.0
            if text.partition(b"e")[0].strip(b"-0."):
                raise self._invalid(position, f"is {shown(text)}, too small for a float")

    def _check_absent(self, values: list[Any]) -> None:
        for position in self._absent:
            if values[position] is None:
                continue
            column = self.table.columns[position]
            if not self._ignore_unknown:
                if self.defaulted[column.name]:
                    self.defaulted[column.name] -= 1  # the file does not have it either
                    values[position] = None
                    continue
                raise InvalidValue(
                    f"the target database has no column {column.name!r}: update its schema, "
                    "or leave the column out with --ignore-unknown",
                    unknown=column.name,
                )
            self.ignored[column.name] += 1
            values[position] = None

    def _decode_again(self, data: bytes, error: BaseException) -> Any:
        """The row after a failure: unknown columns left out if asked to, what the parser is too strict for allowed."""
        if isinstance(error, UnicodeDecodeError):
            raise InvalidValue(f"is not UTF-8: byte 0x{data[error.start]:02x} at position {error.start}")
        if isinstance(error, RecursionError):
            raise InvalidValue("is nested too deep")
        if "contains unknown field" in str(error):
            return self._decode_without_unknown(data)
        if isinstance(error, msgspec.ValidationError):
            raise self._explained(error)
        if self.legacy:
            quoted, count = quote_bare_numbers(data)
            if count:
                self.bare_numbers += count
                return self._decode_valid(quoted)
        masked = mask_lone_surrogates(data)
        if masked != data:
            return self._decode_surrogates(data, masked)
        raise InvalidValue(f"is not a JSON object ({str(error).removeprefix('JSON is malformed: ')})")

    def _decode_valid(self, data: bytes) -> Any:
        try:
            return self._decode(data)
        except msgspec.ValidationError as error:
            if "contains unknown field" in str(error):
                return self._decode_without_unknown(data)
            raise self._explained(error) from None
        except (msgspec.MsgspecError, RecursionError) as error:
            raise InvalidValue(f"is not a JSON object ({error})") from None

    def _decode_without_unknown(self, data: bytes) -> Any:
        members = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        unknown = [name for name in members if name not in self.table.by_name and name != JSON_NULL]
        if not self._ignore_unknown:
            raise InvalidValue(
                f"unknown column {', '.join(map(shown, unknown))}: "
                "update this program, or leave unknown columns out with --ignore-unknown",
                unknown=unknown[0],
            )
        self.ignored.update(unknown)
        known = {name: value for name, value in members.items() if name not in unknown}
        return self._decode_valid(msgspec.json.encode(known))

    def _decode_surrogates(self, data: bytes, masked: bytes) -> Any:
        """Half a surrogate pair stays as it is in a JSON column; no database holds it in text."""
        row = self._decode_valid(masked)
        scanner = Scanner(iter((data,)))
        for name in scanner.members():
            text = scanner.value()
            column = self.table.by_name.get(name)
            if column is None or mask_lone_surrogates(text) == text:
                continue
            if column.kind is not Kind.JSON:
                raise InvalidValue(f"{name} holds half a surrogate pair, which no database can store")
            setattr(row, name, msgspec.Raw(text))
        return row

    def _invalid(self, position: int, reason: str) -> InvalidValue:
        return InvalidValue(f"{self.table.columns[position].name} {reason}")

    def _explained(self, error: msgspec.ValidationError) -> InvalidValue:
        """msgspec's sentence in the words of a database."""
        text = str(error)
        path = _PATH.search(text)
        problem = _PATH.sub("", text)
        column = path["path"] if path else ""
        if missing := re.search(r"missing required field `(.+)`", problem):
            return InvalidValue(f"{missing[1]} is missing, and has no default")
        if kinds := re.fullmatch(r"Expected `(.+)`, got `(\w+)`", problem):
            if kinds[2] == "null":
                return InvalidValue(f"{column} is null, and may not be")
            wanted = _TYPE_NAMES.get(kinds[1].split(" ")[0], kinds[1])
            found = _TYPE_NAMES.get(kinds[2], kinds[2])
            return InvalidValue(f"{column} is {found} where {wanted} belongs" if column else f"is {found}, not a row")
        if limit := re.fullmatch(r"Expected `str` of length <= (\d+)", problem):
            return InvalidValue(f"{column} is longer than the {limit[1]} characters that its column holds")
        if limit := re.fullmatch(r"Expected `(?:int|float)` (>=|<=) (.+)", problem):
            side = "less than" if limit[1] == ">=" else "more than"
            return InvalidValue(f"{column} is {side} {limit[2]}, the limit of its column")
        if "enum value" in problem:
            return InvalidValue(f"{column} is text where a number belongs")
        return InvalidValue(f"{column} {problem[:1].lower()}{problem[1:]}".strip())


class RowEncoder:
    """Encodes rows of one table that hold only `columns`, in that order; JSON columns are given as `msgspec.Raw`."""

    def __init__(self, columns: Sequence[Column]) -> None:
        fields = [(column.name, object) for column in columns]
        self._plain = msgspec.defstruct("Row", fields, gc=False)
        null = (JSON_NULL.strip("$"), list[str], msgspec.field(name=JSON_NULL))
        self._with_json_null = msgspec.defstruct("RowWithJSONNull", [*fields, null], gc=False)
        self._encode = msgspec.json.Encoder().encode

    def encode(self, values: Sequence[Any], json_null: list[str] | None = None) -> bytes:
        row = self._with_json_null(*values, json_null) if json_null else self._plain(*values)
        return self._encode(row)


def _of(facts: dict[str, ColumnFacts], column: Column) -> ColumnFacts:
    return facts.get(column.name) or ColumnFacts(column.name, "", column.null)


def _struct(table: Table, facts: dict[str, ColumnFacts], validate: bool) -> type[msgspec.Struct]:
    fields: list[Any] = []
    for column in table.columns:
        fact = _of(facts, column)
        null = column.null and fact.null
        kind = _type(column, fact, validate)
        if not null and column.default is not None:
            fields.append((column.name, kind, _UNSET))
        elif null:
            fields.append((column.name, kind if column.kind is Kind.JSON else kind | None, None))
        else:
            fields.append((column.name, kind))
    null_field = (JSON_NULL.strip("$"), tuple[str, ...], msgspec.field(name=JSON_NULL, default=()))
    return msgspec.defstruct(
        table.name, [*fields, null_field], forbid_unknown_fields=True, gc=False, kw_only=True
    )


def _type(column: Column, fact: ColumnFacts, validate: bool) -> Any:
    match column.kind:
        case Kind.JSON:
            return msgspec.Raw
        case Kind.FLOAT if validate and column.minimum is not None:
            bounded = Annotated[float, msgspec.Meta(ge=column.minimum, le=column.maximum)]
            return bounded | Literal["NaN", "Infinity", "-Infinity"]
        case Kind.FLOAT:
            return float | Literal["NaN", "Infinity", "-Infinity"]
        case Kind.INTEGER:
            limit = 1 << (fact.integer_bits - 1)
            return Annotated[int, msgspec.Meta(ge=-limit, le=limit - 1)]
        case Kind.BOOLEAN:
            return bool
        case Kind.TEXT if fact.max_length is not None:
            return Annotated[str, msgspec.Meta(max_length=fact.max_length)]
    return str


def _survives_affinity(text: str) -> bool:
    """Whether a JSON value keeps its value in a SQLite column of NUMERIC affinity, which turns text into numbers."""
    if text[0] not in "-0123456789":
        return True
    number = float(text)
    return isfinite(number) and (text.lstrip("-").isdigit() and len(text) < 19 or Decimal(text) == Decimal(repr(number)))
