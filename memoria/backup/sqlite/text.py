"""Rows of SQLite as the SQL that inserts them: each on one line, and exact."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any

Row = tuple[Any, ...]
_BATCH = 1 << 20
_SMALL, _LARGE = 1e-290, 1e290
"""Between these, SQLite reads a float of 17 digits as the one it was, in every version."""
_STEP = 1 << 52


def insert_lines(head: bytes, rows: Iterable[Row], utf16: str = "") -> Iterator[bytes]:
    """Batches of lines, some 1 MB each. `head` is the statement up to its values.

    In the rows a bytearray is TEXT, and bytes are a BLOB. `utf16` names the encoding of a database that has not UTF-8.
    """
    templates: dict[tuple[type, ...], _Template] = {}
    batch: list[bytes] = []
    size = 0
    for row in rows:
        types = tuple(map(type, row))
        template = templates.get(types)
        if template is None:
            template = templates[types] = _Template(head, types, utf16)
        line = template.line(row)
        batch.append(line)
        size += len(line)
        if size >= _BATCH:
            yield b"".join(batch)
            batch, size = [], 0
    if batch:
        yield b"".join(batch)


class _Template:
    """How a row of these types becomes a line: in one step where no value needs more than quotes around it."""

    _FORMATS: dict[type, bytes] = {bytearray: b"'%b'", int: b"%d", float: b"%#.17g", type(None): b"NULL"}

    def __init__(self, head: bytes, types: tuple[type, ...], utf16: str) -> None:
        self._head = head
        self._utf16 = utf16
        self._format = head + b",".join(self._FORMATS.get(kind, b"%b") for kind in types) + b");\n"
        self._quotes = self._format.count(b"'")
        self._values = _picked([i for i, kind in enumerate(types) if kind is not type(None)])
        self._floats = _picked([i for i, kind in enumerate(types) if kind is float])
        self._plain = bytes not in types

    def line(self, row: Row) -> bytes:
        if self._plain and _are_plain(self._floats(row)):
            values = self._values(row)
            line: bytes = self._format % values
            if line.count(b"'") != self._quotes:
                line = self._format % tuple(v.replace(b"'", b"''") if type(v) is bytearray else v for v in values)
            if _is_one_line(line):
                return line
        return self._head + b",".join([literal(value, self._utf16) for value in row]) + b");\n"


def _picked(positions: list[int]) -> Callable[[Row], Row]:
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda row: tuple(row[position] for position in positions)


def _are_plain(floats: Row) -> bool:
    for value in floats:  # noqa: SIM110 - a generator for all() takes longer
        if not (_SMALL < value < _LARGE or _SMALL < -value < _LARGE or value == 0.0):
            return False
    return True


def _is_one_line(line: bytes) -> bool:
    """Whether the shell reads it as we wrote it; it cuts at NUL, and takes the CR of a CR LF away."""
    return b"\0" not in line and b"\r" not in line and line.find(b"\n") == len(line) - 1


def literal(value: Any, utf16: str = "") -> bytes:
    if isinstance(value, bytearray):
        return _text(value, utf16)
    if isinstance(value, bytes):
        return b"X'" + value.hex().encode() + b"'"
    if isinstance(value, float):
        return _float(value)
    return b"NULL" if value is None else b"%d" % value


def _text(value: bytearray, utf16: str) -> bytes:
    if b"\0" in value:
        return cast(value, utf16)
    text = bytes(value)
    replaced = b""
    for control, code in ((b"\n", b"10"), (b"\r", b"13")):
        if control in text:
            token = _token(text, b"\\n" if control == b"\n" else b"\\r")
            text = text.replace(control, token)
            replaced += b",'" + token + b"',char(" + code + b"))"
    return b"replace(" * replaced.count(b"char(") + b"'" + text.replace(b"'", b"''") + b"'" + replaced


def cast(value: bytes | bytearray, utf16: str = "") -> bytes:
    """Text of any bytes. A cast takes them as the database's own encoding has them."""
    stored = value.decode("utf-8", "replace").encode(utf16) if utf16 else value
    return b"CAST(X'" + stored.hex().encode() + b"' AS TEXT)"


def _token(text: bytes, wanted: bytes) -> bytes:
    """What stands for a control character: not in the text itself."""
    token, number = wanted, 0
    while token in text:
        number += 1
        token = b"\\(%d%b)" % (number, wanted[1:])
    return token


def _float(value: float) -> bytes:
    if math.isinf(value):
        return b"9e999" if value > 0 else b"-9e999"
    if _are_plain((value,)):
        return b"%#.17g" % value
    return _scaled(value)


def _scaled(value: float) -> bytes:
    """An extreme float as a whole number and powers of two: no digits that a version of SQLite may read differently."""
    mantissa, exponent = math.frexp(value)
    whole, exponent = int(mantissa * 2**53), exponent - 53
    operator, steps = (b"*", exponent) if exponent > 0 else (b"/", -exponent)
    factors = [_STEP] * (steps // 52) + [1 << (steps % 52)]
    return b"(%d.0" % whole + b"".join(b"%b%d.0" % (operator, factor) for factor in factors) + b")"
