"""A snapshot as newline-delimited JSON: one line for the header, each row and the footer; also layout B."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from memoria.snapshot.errors import InvalidSnapshot
from memoria.snapshot.formats.header import parse, parse_footer
from memoria.snapshot.formats.json import dumps
from memoria.snapshot.formats.reader import RawRow, Reader
from memoria.snapshot.rows.scanner import MAX_VALUE, Scanner

_FOOTER = b'{"integrity"'


class NDJSONWriter:
    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._prefix = b""

    def start(self, metadata: dict[str, Any], namespaces: dict[str, dict[str, int]]) -> None:
        self._write(b'{"metadata": %b}\n{"namespaces": %b}\n' % (dumps(metadata), dumps(namespaces)))

    def table(self, name: str) -> None:
        self._prefix = b'{"table": %b, "data": ' % dumps(name)

    def rows(self, rows: list[bytes]) -> None:
        if rows:
            self._write(self._prefix + (b"}\n" + self._prefix).join(rows) + b"}\n")

    def finish(self, counts: dict[str, int], digest: Callable[[], str]) -> None:
        self._write(b'{"integrity": %b}\n' % dumps({"counts": counts, "sha256": digest()}))


class NDJSONReader(Reader):
    format = "ndjson"

    def _rows(self) -> Iterator[RawRow]:
        prefix, table, count = b"\0", "", 0  # no line begins with NUL, so the first one is parsed
        for number, line in self._lines():
            if line.startswith(prefix) and line.endswith(b"}}"):
                count += 1
                yield RawRow(table, number, line[len(prefix) : -1])
            elif line and not line.isspace():
                self.counts[table] = count
                row, prefix = self._other(number, line)
                if row is not None:
                    table = row.table
                    count = self.counts.get(table, 0) + 1
                    yield row
        self.counts[table] = count
        del self.counts[""]

    def _other(self, number: int, line: bytes) -> tuple[RawRow | None, bytes]:
        """A line that is not like the row before it, and how the rows like it will begin."""
        scanner = Scanner(iter((line,)), first_line=number)
        scanner.more()
        if self.footer is not None:
            raise InvalidSnapshot(f"line {number}: data follows the footer")
        parts: dict[str, bytes] = {}
        data_at = 0
        for key in scanner.members():
            scanner.peek()
            data_at = scanner.position
            parts[key] = scanner.value()
        if scanner.peek():
            raise scanner.unexpected("the end of the line")
        if list(parts) == ["table", "data"]:
            return self._row(number, parts), line[:data_at]
        if parts.keys() == {"table", "data"}:
            return self._row(number, parts), b"\0"
        self._section(number, parts)
        return None, b"\0"

    def _row(self, number: int, parts: dict[str, bytes]) -> RawRow:
        if self.header is None:
            raise InvalidSnapshot(f"line {number}: a row stands before the header: the file is cut, or not a snapshot")
        table = parse(parts["table"], f"name of the table on line {number}")
        if not isinstance(table, str):
            raise InvalidSnapshot(f"line {number}: the name of the table is not text")
        return RawRow(table, number, parts["data"])

    def _section(self, number: int, parts: dict[str, bytes]) -> None:
        (key,) = parts if len(parts) == 1 else ("",)
        if key == "metadata" and self.header is None:
            self._take_header(parse(parts[key], "header"))
        elif key == "namespaces" and self.header is not None and not self.namespaces and not any(self.counts.values()):
            self._take_namespaces(parse(parts[key], "table of namespaces"))
        elif key == "integrity" and self.header is not None:
            self.footer = parse_footer(parse(parts[key], "footer"))
        else:
            raise InvalidSnapshot(f"line {number}: neither the header, a row nor the footer of a snapshot")

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Number and bytes of each line, without its end; what precedes the footer's line is digested."""
        number = 0
        for block, terminated in _blocks(self._chunks):
            end = b"\n" if terminated else b""
            content = block.rstrip()
            last = content.rfind(b"\n") + 1
            if content.startswith(_FOOTER, last):
                self._content.update(block[:last])
                self.footer_digest = self._content.whole()
                self.edited = not terminated or block.endswith(b"\r")
                self._content.update(block[last:] + end)
            else:
                self._content.update(block + end)
            for number, line in enumerate(block.split(b"\n"), number + 1):  # noqa: B020 - counts on
                yield number, line


def _blocks(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The stream in pieces of whole lines, without the last line's end; False where the stream ends without one."""
    rest: list[bytes] = []
    held = 0
    for chunk in chunks:
        head, end, tail = chunk.rpartition(b"\n")
        if end:
            yield b"".join((*rest, head)), True
            rest, held = [], 0
        rest.append(tail)
        held += len(tail)
        if held > MAX_VALUE:
            raise InvalidSnapshot(f"one line is larger than {MAX_VALUE >> 20} MiB")
    if any(rest):
        yield b"".join(rest), False
