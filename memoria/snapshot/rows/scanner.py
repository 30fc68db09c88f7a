"""Cuts a JSON stream into values without building them, so that a value's text stays exactly as it is in the file.

The scanner finds where a value ends; whether the text between is valid JSON is for the row decoder to say. It never
recurses, looks at every byte once, and keeps no more of the stream in memory than one value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from memoria.snapshot.errors import InvalidSnapshot
from memoria.snapshot.rows.values import MAX_DEPTH, MAX_ROW, MAX_ROW_DEPTH

MAX_VALUE = MAX_ROW + (1 << 20)
"""Bytes of one row with its line, or of one header, that are held in memory."""

_SPACE = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb'[^ \t\r\n,:\[\]{}"]*+')
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_TO_BRACKET = re.compile(rb'[^"\[\]{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"\[\]{}]*+)*+', re.DOTALL)


class Scanner:
    """A position in a stream of JSON. `consumed` is given every byte once, in order, when it is left behind."""

    def __init__(
        self, chunks: Iterator[bytes], consumed: Callable[[bytes], None] = lambda data: None, *, first_line: int = 1
    ) -> None:
        self._chunks = chunks
        self._consumed = consumed
        self._line = first_line
        self._counted = 0  # bytes of the buffer whose line ends are in _line
        self.buffer = b""
        self.position = 0
        self.last = b""
        """The last three bytes left behind."""

    @property
    def line(self) -> int:
        self._line += self.buffer.count(b"\n", self._counted, self.position)
        self._counted = self.position
        return self._line

    def discard(self) -> None:
        """Leave behind everything before the position."""
        if self.position:
            self._line, self._counted = self.line, 0
            gone, self.buffer = self.buffer[: self.position], self.buffer[self.position :]
            self.last = (self.last + gone[-3:])[-3:]
            self._consumed(gone)
            self.position = 0

    def more(self) -> bool:
        """Read on; at least as much as is held already, so that a long value is not searched again and again."""
        self.discard()
        held = len(self.buffer)
        if held > MAX_VALUE:
            raise InvalidSnapshot(f"line {self.line}: one value is larger than {MAX_VALUE >> 20} MiB")
        pieces = [self.buffer]
        size = 0
        for chunk in self._chunks:
            pieces.append(chunk)
            size += len(chunk)
            if size >= held:
                break
        self.buffer = b"".join(pieces)
        return size > 0

    def peek(self) -> bytes:
        """The next byte that is not white space; empty at the end of the stream."""
        while True:
            end = _SPACE.match(self.buffer, self.position).end()  # type: ignore[union-attr]
            self.position = end
            if end < len(self.buffer):
                return self.buffer[end : end + 1]
            if not self.more():
                return b""

    def take(self, byte: bytes) -> None:
        found = self.peek()
        if found != byte:
            raise self.unexpected(f"{byte.decode()!r}")
        self.position += 1

    def unexpected(self, wanted: str) -> InvalidSnapshot:
        found = self.peek()
        if not found:
            return InvalidSnapshot(f"line {self.line}: the file is cut: it ends where {wanted} should follow")
        shown = ascii(found.decode("utf-8", "replace")) if found.isascii() else f"byte 0x{found[0]:02x}"
        return InvalidSnapshot(f"line {self.line}: not JSON: {shown} where {wanted} should follow")

    def string(self) -> str:
        """The next value, which must be a string."""
        if self.peek() != b'"':
            raise self.unexpected("a quoted name")
        raw = self._match(_STRING)
        try:
            return str(json.loads(raw.decode()))
        except ValueError:
            raise InvalidSnapshot(f"line {self.line}: not JSON: a malformed string") from None

    def value(self) -> bytes:
        """The text of the next value, whatever it is."""
        first = self.peek()
        if first in (b"{", b"["):
            return self._nested()
        raw = self._match(_STRING) if first == b'"' else self._match(_SCALAR)
        if not raw:
            raise self.unexpected("a value")
        return raw

    def members(self, *, unique: bool = True) -> Iterator[str]:
        """The keys of the next object; the caller takes each value before it asks for the next key.

        A key that occurs twice is refused if keys are to be unique: two readers would see two different files.
        """
        seen: set[str] = set()
        self.take(b"{")
        if self.peek() == b"}":
            self.position += 1
            return
        while True:
            key = self.string()
            if unique and key in seen:
                raise InvalidSnapshot(f"line {self.line}: the key {key!r} occurs twice")
            seen.add(key)
            self.take(b":")
            yield key
            if self.peek() != b",":
                break
            self.position += 1
        self.take(b"}")

    def _match(self, pattern: re.Pattern[bytes]) -> bytes:
        """The text that `pattern` matches here, read on until it ends before the buffer does."""
        while True:
            match = pattern.match(self.buffer, self.position)
            if match is not None and (match.end() < len(self.buffer) or match[0][-1:] == b'"' != match[0]):
                self.position = match.end()
                return match[0]
            if not self.more():
                if match is None:
                    raise InvalidSnapshot(f"line {self.line}: the file is cut inside a string")
                self.position = match.end()
                return match[0]

    def _nested(self) -> bytes:
        depth = 0
        offset = 0  # from the position, which `more` moves to the start of the buffer
        while True:
            start = self.position + offset
            end = _TO_BRACKET.match(self.buffer, start).end()  # type: ignore[union-attr]
            if end == len(self.buffer) or self.buffer[end] == 0x22:
                if not self.more():
                    raise InvalidSnapshot(f"line {self.line}: the file is cut inside a value")
                continue
            depth += 1 if self.buffer[end] in b"[{" else -1
            if depth > MAX_ROW_DEPTH:
                raise InvalidSnapshot(f"line {self.line}: arrays and objects are nested more than {MAX_DEPTH} deep")
            offset = end + 1 - self.position
            if depth == 0:
                start, self.position = self.position, end + 1
                return self.buffer[start : self.position]
