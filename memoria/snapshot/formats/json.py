"""A snapshot as one JSON document, one row per line; also layouts A and C, in any indentation and key order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from memoria.snapshot.errors import InvalidSnapshot
from memoria.snapshot.formats.header import TABLE_OF_LAYOUT_C, parse, parse_footer
from memoria.snapshot.formats.reader import RawRow, Reader
from memoria.snapshot.rows.scanner import Scanner

_CANONICAL = b'{\n"metadata": '
"""How our own files begin: their rows stand on one line each and need not be searched for their end."""

_PARTS = "its parts are metadata, payload (the rows of each table) and integrity"


def dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8")


class JSONWriter:
    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._opened = False
        self._first = True

    def start(self, metadata: dict[str, Any], namespaces: dict[str, dict[str, int]]) -> None:
        head = b'{\n"metadata": %b,\n"payload": {\n"namespaces": %b'
        self._write(head % (dumps(metadata), dumps(namespaces)))

    def table(self, name: str) -> None:
        self._close_table()
        self._write(b",\n%b: [\n" % dumps(name))
        self._opened = self._first = True

    def rows(self, rows: list[bytes]) -> None:
        if rows:
            self._write((b"" if self._first else b",\n") + b",\n".join(rows))
            self._first = False

    def finish(self, counts: dict[str, int], digest: Callable[[], str]) -> None:
        self._close_table()
        self._write(b"\n},\n")
        self._write(b'"integrity": %b\n}\n' % dumps({"counts": counts, "sha256": digest()}))

    def _close_table(self) -> None:
        if self._opened:
            self._write(b"]" if self._first else b"\n]")
        self._opened = False


class JSONReader(Reader):
    format = "json"

    def _rows(self) -> Iterator[RawRow]:
        scanner = Scanner(self._chunks, self._content.update)
        scanner.more()
        canonical = scanner.buffer.startswith(_CANONICAL)
        if scanner.peek() != b"{":
            raise InvalidSnapshot("the file is not a snapshot: it does not begin with '{'")
        for key in scanner.members():
            if key in ("payload", "data"):
                self.legacy = self.legacy or key == "data"
                yield from self._payload(scanner, canonical)
            elif key == "metadata":
                self._take_header(parse(scanner.value(), "header"))
            elif key == "integrity":
                scanner.discard()
                self.footer_digest = self._content.at_line_start()
                self.footer = parse_footer(parse(scanner.value(), "footer"))
            else:
                what = "it is the sidecar of a backup" if key == "backup" else _PARTS
                raise InvalidSnapshot(f"line {scanner.line}: {key!r} is no part of a snapshot: {what}")
            if self.footer is not None and key != "integrity":
                raise InvalidSnapshot(f"line {scanner.line}: data follows the footer")
        if scanner.peek():
            raise InvalidSnapshot(f"line {scanner.line}: data follows the end of the snapshot")
        self.edited = canonical and scanner.last != b"\n}\n"

    def _payload(self, scanner: Scanner, canonical: bool) -> Iterator[RawRow]:
        for name in scanner.members():
            if name == "namespaces":
                self._take_namespaces(parse(scanner.value(), "table of namespaces"))
                continue
            table = TABLE_OF_LAYOUT_C.get(name, name)
            self.legacy = self.legacy or table != name
            if table in self.counts:
                raise InvalidSnapshot(f"line {scanner.line}: the table {table} occurs twice")
            self.counts[table] = 0
            yield from self._table(scanner, table, canonical)

    def _table(self, scanner: Scanner, table: str, canonical: bool) -> Iterator[RawRow]:
        scanner.take(b"[")
        if scanner.peek() == b"]":
            scanner.position += 1
            return
        count = 0
        while True:
            if canonical:
                for row in _whole_lines(scanner, table):
                    count += 1
                    yield row
            scanner.peek()
            count += 1
            yield RawRow(table, scanner.line, scanner.value())
            if scanner.peek() != b",":
                break
            scanner.position += 1
        scanner.take(b"]")
        self.counts[table] = count


def _whole_lines(scanner: Scanner, table: str) -> Iterator[RawRow]:
    """The rows that stand on one line each and are followed by another row: usually all but a table's last."""
    while scanner.peek() == b"{":
        buffer, start, line = scanner.buffer, scanner.position, scanner.line
        while (end := buffer.find(b"\n", scanner.position)) >= 0:
            data = buffer[scanner.position : end - 1]
            if not (buffer.startswith(b"},\n{", end - 2) and _is_balanced(data)):
                break
            scanner.position = end + 1
            yield RawRow(table, line, data)
            line += 1
        if scanner.position == start or not scanner.more():
            return


def _is_balanced(data: bytes) -> bool:
    """Whether the line may be one whole row, and not the beginning of one that goes on."""
    return data.count(b"{") == data.count(b"}")
