"""Rows as PostgreSQL sends them, each the text of a JSON object, on their way into batches."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from memoria.snapshot.errors import InvalidSnapshot, InvalidValue
from memoria.snapshot.report import TWICE, Issue
from memoria.snapshot.rows.scanner import Scanner
from memoria.snapshot.rows.values import MAX_DEPTH, MAX_ROW, check_depth, has_many
from memoria.snapshot.schema.facts import Table
from memoria.text import is_utf8, shown

if TYPE_CHECKING:
    from memoria.snapshot.database import Emit, Refuse

_BATCH = 1 << 20


class BinaryRows:
    """The file that a binary COPY of one column writes to; `take` is given each row as one line."""

    _HEADER = 19
    _FIELD_COUNT = b"\x00\x01"
    _TRAILER = b"\xff\xff"

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._rest = b""
        self._header = True

    def write(self, data: bytes) -> None:
        """The server sends one row a message; a proxy may send them in other pieces."""
        data = self._rest + data
        position = self._HEADER if self._header and len(data) >= self._HEADER else 0
        self._header = self._header and not position
        while not self._header and data.startswith(self._FIELD_COUNT, position) and len(data) >= position + 6:
            end = position + 6 + int.from_bytes(data[position + 2 : position + 6], "big")
            if len(data) < end:
                break
            row = data[position + 6 : end]
            if b"\n" in row or b"\r" in row:  # only between the tokens of JSON that was stored so
                row = row.replace(b"\n", b" ").replace(b"\r", b" ")
            self._take(row)
            position = end
        self._rest = data[position:].removeprefix(self._TRAILER)


class Checked:
    """Gathers rows into batches, leaving out those that no reader would take back."""

    def __init__(self, table: Table, emit: Emit, refuse: Refuse, *, distinct: bool, may_be_bytes: bool) -> None:
        """`distinct`: whether the database vouches that no two rows have the same key; `may_be_bytes`: whether it
        does not for texts being UTF-8."""
        self._table = table
        self._emit = emit
        self._refuse = refuse
        self._may_be_bytes = may_be_bytes
        self.taken = 0
        """Rows that came, in their order."""
        self._batch: list[bytes] = []
        self._size = 0
        key = msgspec.defstruct("Key", [(table.key.name, object)])
        self._key = None if distinct else msgspec.json.Decoder(key).decode
        self._last: object = None

    def take(self, row: bytes) -> None:
        self.taken += 1
        if self._may_be_bytes and (issue := self._not_utf8(row)) is not None:
            self._refuse(issue)
            return
        suspicious = len(row) > MAX_ROW or has_many(row, b"[") or has_many(row, b"{")
        if suspicious and (issue := self._issue(row)) is not None:
            self._refuse(issue)
            return
        if self._key is not None:
            key = getattr(self._key(row), self._table.key.name)
            if key == self._last:  # they come in its order
                self._refuse(Issue(self._table.name, TWICE, key=str(key)))
                return
            self._last = key
        self._batch.append(row)
        self._size += len(row)
        if self._size >= _BATCH:
            self.flush()

    def _not_utf8(self, row: bytes) -> Issue | None:
        """What a database without an encoding may hold."""
        if is_utf8(row):
            return None
        scanner = Scanner(iter((row,)))
        values = {column: _escaped(scanner.value()) for column in scanner.members()}
        key = values[self._table.key.name]
        column, data = next((c, d) for c, v in values.items() if not is_utf8(d := v.encode("utf-8", "surrogateescape")))
        return Issue(self._table.name, f"{column} is not UTF-8: {shown(data)}", key=None if key == "null" else key)

    def _issue(self, row: bytes) -> Issue | None:
        """Why no reader would take the row back; its key stands before all JSON."""
        key = None
        column = ""
        scanner = Scanner(iter((row[:MAX_ROW],)))
        try:
            for column in scanner.members():
                value = scanner.value()
                check_depth(value)
                if column == self._table.key.name:
                    key = str(msgspec.json.decode(value))
        except (InvalidSnapshot, InvalidValue):
            reason = f"{column} nests arrays and objects more than {MAX_DEPTH} deep"
            if len(row) > MAX_ROW:
                reason = f"the row is larger than {MAX_ROW >> 20} MiB"
            return Issue(self._table.name, reason, key=key)
        return None

    def flush(self) -> None:
        self._emit(self._batch)
        self._batch, self._size = [], 0


def _escaped(value: bytes) -> str:
    """A JSON value for a message: text without its quotes, with the bytes escaped that are not UTF-8."""
    text = value.decode("utf-8", "surrogateescape")
    return str(json.loads(text)) if text.startswith('"') else text
