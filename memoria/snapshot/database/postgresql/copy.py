"""Rows as the text that PostgreSQL's COPY reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))


def with_numbers(rows: Iterable[list[Any]], positions: list[int]) -> Iterator[list[Any]]:
    """The booleans at these positions as 0 and 1, for columns of integers."""
    for row in rows:
        for position in positions:
            if row[position] is not None:
                row[position] = int(row[position])
        yield row


class CopyText:
    """The file that COPY reads: rows in PostgreSQL's text format."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._lines = _lines(rows)
        self._rest = memoryview(b"")
        self.count = 0
        self.error: BaseException | None = None

    def read(self, size: int) -> bytes:
        if len(self._rest) >= size:  # of one large row, which is not copied for every piece
            piece, self._rest = self._rest[:size], self._rest[size:]
            return bytes(piece)
        pieces: list[bytes | memoryview] = [self._rest]
        held = len(self._rest)
        try:
            while held < size:
                line = next(self._lines, None)
                if line is None:
                    break
                self.count += 1
                pieces.append(line)
                held += len(line)
        except BaseException as error:
            self.error = error
            raise
        data = memoryview(b"".join(pieces))
        self._rest = data[size:]
        return bytes(data[:size])


def _lines(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    texts: dict[type, Callable[[Any], str]] = {
        str: _escaped,
        float: repr,
        int: str,
        bool: _boolean,
        type(None): _null,
    }
    for row in rows:
        yield ("\t".join([texts[type(value)](value) for value in row]) + "\n").encode()


def _escaped(text: str) -> str:
    for character, escape in _ESCAPES:
        if character in text:
            text = text.replace(character, escape)
    return text


def _boolean(value: bool) -> str:
    return "t" if value else "f"


def _null(value: None) -> str:
    return "\\N"
