"""One row: JSON text in, validated values out; and values back to JSON text.

A decoded row is a list in the order of its table's columns. Values are None (SQL NULL), str, int, float, bool; a time
is text as `YYYY-MM-DDTHH:MM:SS.ffffffZ`; a JSON column is the text of its value, spelled as it was.

`null` in a JSON column is SQL NULL. A row whose column holds the JSON value null instead names that column in one more
member, `"$json_null": ["column", …]`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from memoria.json_bytes import encoded
from memoria.snapshot.errors import InvalidValue
from memoria.snapshot.remedy import Remedy
from memoria.snapshot.rows.affinity import is_not_zero, may_alter, require_unaltered
from memoria.snapshot.rows.binary_json import require_binary
from memoria.snapshot.rows.parser_types import JSON_NULL, explain, facts_of, struct_of
from memoria.snapshot.rows.rounding import is_rounded, require_kept
from memoria.snapshot.rows.scanner import Scanner
from memoria.snapshot.rows.values import (
    MAX_ROW_DEPTH,
    check_depth,
    mask_lone_surrogates,
    one_line,
    parser_reason,
    quote_bare_numbers,
)
from memoria.snapshot.schema.facts import Column, ColumnFacts, Kind, Table, TableFacts
from memoria.snapshot.times import canonical_time
from memoria.text import shown

_LONG = 600
"""Characters, of up to 4 bytes, that an index of PostgreSQL has room for, beside others."""
_NUL_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


_WRITTEN = (Kind.TEXT, Kind.JSON)
"""Kinds of values that go in as text of the database's encoding."""


class RowDecoder:
    """Decodes and validates the rows of one table, for a target whose columns `facts` describes.

    Counts, per column, what it had to do to fit a row: `defaulted`, `ignored`, `rounded`; and in all
    columns `bare_numbers` read as text and `negative_zeros` that the target will hold as 0.0.
    """

    def __init__(
        self,
        table: Table,
        facts: TableFacts | None = None,
        *,
        ignore_unknown: bool = False,
        validate: bool = True,
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        """`defaults`: what rows get that lack a required column; made now unless given."""
        self.table = table
        self.legacy = False
        """Whether bare NaN is read, as the older layouts have it."""
        self.defaulted: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()
        self.rounded: Counter[str] = Counter()
        self.bare_numbers = 0
        self.negative_zeros = 0
        self._lacking: list[int] | None = None
        self.doubtful = 0
        """Values that may be too long for an index; how far it compresses them only the database can tell."""
        self._facts = facts.columns if facts else {}
        self._absent = [i for i, c in enumerate(table.columns) if facts and c.stored_as(facts.columns) is None]
        self._renamed = {c.older_name: c.name for c in table.columns if c.older_name}
        self._ignore_unknown = ignore_unknown
        self._struct = struct_of(table, self._facts, validate)
        self._decode = msgspec.json.Decoder(self._struct).decode
        self._held = [facts_of(self._facts, column) for column in table.columns]
        self._names = [column.name for column in table.columns]
        self._required = [i for i, c in enumerate(table.columns) if c.default is not None and not c.null]
        self._defaults = defaults_of(table) if defaults is None else defaults
        """Made once: rows that lack a time were imported together."""
        self._sort_columns(table, self._held)

    def _sort_columns(self, table: Table, held: Sequence[ColumnFacts]) -> None:
        """Note which of the columns have to be looked at for what."""
        self._jsons = _positions(table, Kind.JSON)
        self._times = _positions(table, Kind.TIME)
        self._floats = _positions(table, Kind.FLOAT)
        numbers = self._floats + self._times
        self._narrow = [i for i in numbers if held[i].single_precision or held[i].decimals is not None]
        self._texts = [i for i in _positions(table, Kind.TEXT) if not held[i].holds_nul]
        self._alterable = [(i, c.kind) for i, c in enumerate(table.columns) if may_alter(c.kind, held[i])]
        limits = [(i, limit) for i, c in enumerate(table.columns) if (limit := held[i].max_length) is not None]
        self._limited = [(i, limit) for i, limit in limits if table.columns[i].kind is Kind.JSON]
        self._in_bytes = [(i, limit) for i, limit in limits if held[i].counts_bytes]
        self._indexed = [i for i in _positions(table, Kind.TEXT) if held[i].indexed]
        self._padded = [i for i in _positions(table, Kind.TEXT) if held[i].padded]
        self._encoded = [
            (i, held[i].encoding) for i, c in enumerate(table.columns) if held[i].encoding and c.kind in _WRITTEN
        ]
        self._binary = {i for i in self._jsons if held[i].type == "jsonb"}
        zero = [(table.columns[i].name, msgspec.Raw, msgspec.Raw(b"")) for i in self._floats]
        self._float_texts = msgspec.json.Decoder(msgspec.defstruct("Floats", zero)).decode

    def decode(self, data: bytes) -> list[Any]:
        """The row's values. Raises InvalidValue for the first that is not what its column holds."""
        check_depth(data, MAX_ROW_DEPTH)
        try:
            if not data.isascii():
                data.decode()
            row = self._decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            row, data = self._decode_again(data)
        values = list(msgspec.structs.astuple(row))
        json_null = values.pop()
        for position in self._required:
            if values[position] is msgspec.UNSET:
                values[position] = self._default(self.table.columns[position])
        for position in self._jsons:
            if values[position] is not None:
                values[position] = self._json(position, values[position], json_null)
        self._fit_times(values)
        self._fit_floats(values, data)
        self._fit_narrow(values)
        self._check_kept(values)
        for position in self._texts:
            if values[position] is not None and "\0" in values[position]:
                raise self._invalid(position, "holds a NUL character, which PostgreSQL cannot store in text")
        if self._absent:
            self._check_absent(values)
        if self._lacking is None:
            self._lacking = self._not_given(data)
        elif self._lacking:
            self._lacking = [i for i in self._lacking if values[i] is None]
        return values

    def lacking(self) -> list[str]:
        """Columns that the first row did not give, and no later one had a value for: those that an older file lacks."""
        return [self.table.columns[i].name for i in self._lacking or ()]

    def _not_given(self, data: bytes) -> list[int]:
        given = _members(data).keys()
        columns = enumerate(self.table.columns)
        return [i for i, column in columns if column.null and not given & {column.name, column.older_name}]

    def key(self, data: bytes) -> str | None:
        """The row's key for a message, as well as it can be made out."""
        try:
            key = _members(data).get(self.table.key.name)
            return None if key is None else str(msgspec.json.decode(key))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    def _default(self, column: Column) -> Any:
        self.defaulted[column.name] += 1
        value = self._defaults[column.name]
        return encoded(value) if column.kind is Kind.JSON else value

    def _json(self, position: int, value: Any, json_null: Sequence[str]) -> str | None:
        text = str(value, "utf-8")
        if "\n" in text or "\r" in text:
            text = one_line(text)
        if text == "null" and self._names[position] not in json_null:
            if not self.table.columns[position].null:
                raise self._invalid(position, "is null, and may not be")
            return None
        if self._binary and position in self._binary:
            self._check_binary(position, text)
        return text

    def _check_binary(self, position: int, text: str) -> None:
        """A jsonb column does not keep escapes but what they stand for, where PostgreSQL can hold that."""
        if _NUL_ESCAPE.search(text):
            raise self._invalid(position, r"holds \u0000, which a jsonb column cannot store")
        data = text.encode()
        if mask_lone_surrogates(data) != data:
            raise self._invalid(position, "holds half a surrogate pair, which a jsonb column cannot store")
        try:
            self.negative_zeros += require_binary(text, self._held[position].encoding)
        except InvalidValue as error:
            raise self._invalid(position, error.reason) from None

    def _fit_times(self, values: list[Any]) -> None:
        for position in self._times:
            if values[position] is not None:
                try:
                    values[position] = canonical_time(values[position])
                except InvalidValue as error:
                    raise self._invalid(position, error.reason) from None

    def _fit_floats(self, values: list[Any], data: bytes) -> None:
        zero = False
        for position in self._floats:
            value = values[position]
            if type(value) is str:
                values[position] = self._non_finite(position, value)
            elif value == 0:
                zero = True
        if zero:
            self._check_zeros(data, values)

    def _non_finite(self, position: int, value: str) -> float:
        column = self.table.columns[position]
        if column.minimum is not None or column.maximum is not None:
            raise self._invalid(position, f"is {value}, outside {column.minimum} to {column.maximum}")
        if value == "NaN" and not self._held[position].holds_nan:
            raise self._invalid(position, "is NaN, which SQLite cannot store")
        return float(value)

    def _fit_narrow(self, values: list[Any]) -> None:
        """A 4-byte float takes what is near and counts it; another column that would round is not for this value."""
        for position in self._narrow:
            if (value := values[position]) is not None:
                try:
                    if not self._held[position].single_precision:
                        require_kept(self._held[position], value)
                    elif is_rounded(value):
                        self.rounded[self._names[position]] += 1
                except InvalidValue as error:
                    raise self._invalid(position, error.reason) from None

    def _check_kept(self, values: list[Any]) -> None:
        """Some columns make something else of what they are given."""
        for position, kind in self._alterable:
            if (value := values[position]) is not None:
                try:
                    require_unaltered(kind, self._held[position], value)
                except InvalidValue as error:
                    raise self._invalid(position, error.reason) from None
        for position, limit in self._limited:
            if (value := values[position]) is not None and len(value) > limit:
                raise self._invalid(position, f"is longer than the {limit} characters that its column holds")
        for position, limit in self._in_bytes:
            if (value := values[position]) is not None and len(value.encode()) > limit:
                raise self._invalid(position, f"is longer than the {limit} bytes that its column holds")
        for position, encoding in self._encoded:
            if (value := values[position]) is not None and not value.isascii():
                try:
                    value.encode(encoding)
                except UnicodeEncodeError as error:
                    reason = f"holds {shown(value[error.start])}, which the encoding of the target does not have"
                    raise self._invalid(position, reason) from None
        for position in self._indexed:
            if (value := values[position]) is not None and len(value) > _LONG:
                self.doubtful += 1
        for position in self._padded:
            length = self._held[position].max_length
            if (value := values[position]) is not None and length is not None and len(value) < length:
                reason = f"is {shown(value)}, which the character({length}) of the target would fill up with spaces"
                raise self._invalid(position, reason)

    def _check_zeros(self, data: bytes, values: list[Any]) -> None:
        """A zero may have been written as -0, which the parser takes for 0, or as a number too small for a float."""
        texts = self._float_texts(data)
        for position in self._floats:
            if values[position] != 0:
                continue
            raw = getattr(texts, self.table.columns[position].name)
            text = str(raw, "ascii")
            if text.startswith("-"):
                values[position] = -0.0
                self.negative_zeros += not self._held[position].holds_negative_zero
            if is_not_zero(text):
                raise self._invalid(position, f"is {shown(text)}, too small for a float")

    def _check_absent(self, values: list[Any]) -> None:
        for position in self._absent:
            if values[position] is None:
                continue
            column = self.table.columns[position]
            if self.defaulted[column.name]:
                self.defaulted[column.name] -= 1  # the file does not have it either
                values[position] = None
                continue
            if not self._ignore_unknown:
                raise InvalidValue(
                    f"the target database has no column {column.name!r}: update its schema, "
                    f"or leave the column out with {Remedy.IGNORE_UNKNOWN}",
                    unknown=column.name,
                )
            self.ignored[column.name] += 1
            values[position] = None

    def _decode_again(self, data: bytes) -> tuple[Any, bytes]:
        """The row and its text after the quick way refused it: what may be is allowed, what is wrong is said.

        The text is JSON as the parser reads it: bare numbers are quoted, half surrogate pairs are masked.
        """
        try:
            data.decode()
            quoted, count = quote_bare_numbers(data) if self.legacy else (data, 0)
            masked = mask_lone_surrogates(quoted)
            members = _members(masked)
            known = self._known(members)
            row = self._decode(masked if known.keys() == members.keys() else encoded(known))
        except UnicodeDecodeError as error:
            raise InvalidValue(f"is not UTF-8: byte 0x{data[error.start]:02x} at position {error.start}") from None
        except msgspec.ValidationError as error:
            raise InvalidValue(explain(error)) from None
        except (msgspec.MsgspecError, RecursionError) as error:
            raise InvalidValue(f"is not a JSON object ({parser_reason(error)})") from None
        if masked != quoted:
            self._restore_surrogates(row, quoted)
        self.bare_numbers += count
        return row, masked

    def _known(self, members: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
        """The members whose columns the table has; others are refused, or counted if they may be ignored."""
        for older, name in self._renamed.items():
            if older in members and name not in members:
                members = {name if member == older else member: value for member, value in members.items()}
        unknown = [name for name in members if name not in self.table.by_name and name != JSON_NULL]
        if unknown and not self._ignore_unknown:
            raise InvalidValue(
                f"unknown column {', '.join(map(shown, unknown))}: "
                f"update this program, or leave unknown columns out with {Remedy.IGNORE_UNKNOWN}",
                unknown=unknown[0],
            )
        self.ignored.update(unknown)
        return {name: value for name, value in members.items() if name not in unknown}

    def _restore_surrogates(self, row: Any, data: bytes) -> None:
        """Half a surrogate pair stays as it is in a JSON column; no database holds it in text."""
        scanner = Scanner(iter((data,)))
        for name in scanner.members(unique=False):
            text = scanner.value()
            column = self.table.by_name.get(name)
            if column is not None and column.kind is Kind.JSON:
                setattr(row, name, msgspec.Raw(text))
            elif column is not None and mask_lone_surrogates(text) != text:
                raise InvalidValue(f"{name} holds half a surrogate pair, which no database can store")

    def _invalid(self, position: int, reason: str) -> InvalidValue:
        return InvalidValue(f"{self.table.columns[position].name} {reason}")


def decoders(
    tables: Sequence[Table], facts: Mapping[str, TableFacts], *, ignore_unknown: bool, validate: bool
) -> dict[str, RowDecoder]:
    """Table -> what decodes its rows, for a target that `facts` describes."""
    return {
        table.name: RowDecoder(table, facts.get(table.name), ignore_unknown=ignore_unknown, validate=validate)
        for table in tables
    }


def defaults_of(table: Table) -> dict[str, Any]:
    return {column.name: column.default() for column in table.columns if column.default is not None}


def _positions(table: Table, kind: Kind) -> list[int]:
    return [position for position, column in enumerate(table.columns) if column.kind is kind]
