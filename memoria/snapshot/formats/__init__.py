"""The shapes of a snapshot: JSON and NDJSON, as we write them and as older exports did. No Django here."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from memoria.snapshot.errors import InvalidSnapshot
from memoria.snapshot.files import compression
from memoria.snapshot.formats.json import JSONReader, JSONWriter
from memoria.snapshot.formats.ndjson import NDJSONReader, NDJSONWriter
from memoria.snapshot.formats.reader import RawRow, Reader
from memoria.snapshot.rows.scanner import Scanner

__all__ = ["FORMATS", "READERS", "WRITERS", "RawRow", "Reader", "by_name", "read"]

WRITERS: dict[str, type[JSONWriter] | type[NDJSONWriter]] = {"json": JSONWriter, "ndjson": NDJSONWriter}
READERS: dict[str, type[Reader]] = {"json": JSONReader, "ndjson": NDJSONReader}
FORMATS = tuple(WRITERS)


def by_name(name: str) -> str | None:
    """The format that a file's name asks for, or None."""
    stem = compression.stem(name).lower()
    return "ndjson" if stem.endswith((".ndjson", ".jsonl")) else "json" if stem.endswith(".json") else None


def read(chunks: Iterator[bytes], format: str | None, *, allow_edited: bool = False) -> Reader:
    """A reader for the stream; its first value tells the format unless one is given."""
    if format is None:
        format, chunks = _detect(chunks)
    return READERS[format](chunks, allow_edited=allow_edited)


def _detect(chunks: Iterator[bytes]) -> tuple[str, Iterator[bytes]]:
    """An NDJSON snapshot's first object holds `metadata` and nothing else; a JSON document goes on."""
    taken: list[bytes] = []

    def taking() -> Iterator[bytes]:
        for chunk in chunks:
            taken.append(chunk)
            yield chunk

    scanner = Scanner(taking())
    format = "json"
    try:
        scanner.take(b"{")
        if scanner.string() == "metadata":
            scanner.take(b":")
            scanner.value()
            format = "ndjson" if scanner.peek() == b"}" else "json"
    except InvalidSnapshot:
        pass  # the reader says what is wrong, and where
    return format, chain(taken, chunks)
