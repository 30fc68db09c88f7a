"""Snapshots of the tests' own making, and the whole road from bytes to rows as an import goes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from memoria.snapshot import formats
from memoria.snapshot.files import compression
from memoria.snapshot.formats import WRITERS, Reader
from memoria.snapshot.rows.decoder import RowDecoder
from memoria.snapshot.schema.facts import TableFacts
from memoria.snapshot.schema.registry import TABLES

BY_NAME = {table.name: table for table in TABLES}
HOLE = b'"@@"'
"""A value in a snapshot of ours that a test puts something else in the place of."""
COMPRESSIONS = ["", "gzip", "zstd"]


def header(tables: Sequence[str], /, **more: Any) -> dict[str, Any]:
    return {"format": "memoria-snapshot", "version": 1, "tables": list(tables), **more}


def snapshot(format: str, rows: Mapping[str, Sequence[str | bytes]], **metadata: Any) -> bytes:
    """A whole snapshot, made by the real writer."""
    written: list[bytes] = []
    writer = WRITERS[format](written.append)
    writer.start(header(list(rows), **metadata), {})
    for table, texts in rows.items():
        writer.table(table)
        writer.rows([text.encode() if isinstance(text, str) else text for text in texts])
    counts = {table: len(texts) for table, texts in rows.items()}
    writer.finish(counts, lambda: hashlib.sha256(b"".join(written)).hexdigest())
    return b"".join(written)


def resealed(content: bytes) -> bytes:
    """The snapshot with the right sha256, so that only what a test did to it can be at fault."""
    footer = content.rindex(b'"integrity"')
    line = content.rindex(b"\n", 0, footer) + 1
    start = content.index(b'"sha256": "', footer) + len(b'"sha256": "')
    return content[:start] + hashlib.sha256(content[:line]).hexdigest().encode() + content[start + 64 :]


def spliced(content: bytes, value: bytes) -> bytes:
    assert content.count(HOLE) == 1
    return resealed(content.replace(HOLE, value))


def cluster(number: int = 1, **values: Any) -> str:
    return json.dumps({"id": number, "summary": "s", **values}, ensure_ascii=False)


class Read(NamedTuple):
    rows: list[tuple[str, int, dict[str, Any]]]
    """Table, line, and the columns that are not NULL."""
    reader: Reader


def decoders(facts: Mapping[str, TableFacts] | None = None, *, ignore_unknown: bool = False) -> dict[str, RowDecoder]:
    return {
        name: RowDecoder(table, (facts or {}).get(name), ignore_unknown=ignore_unknown)
        for name, table in BY_NAME.items()
    }


def read(
    content: bytes,
    *,
    format: str | None = None,
    chunk: int = 1 << 16,
    compressed: str = "",
    allow_edited: bool = False,
    using: Mapping[str, RowDecoder] | None = None,
) -> Read:
    """All rows of a snapshot, decoded. Raises what an import would: InvalidSnapshot, or InvalidValue for a row."""
    using = using or decoders()
    chunks: Iterator[bytes] = iter([content[at : at + chunk] for at in range(0, len(content), chunk)])
    if compressed:
        chunks = compression.decompress(chunks, compressed)
    reader = formats.read(chunks, format, allow_edited=allow_edited)
    rows = []
    for row in reader:
        decoder = using.get(row.table)
        if decoder is None:
            continue
        decoder.legacy = reader.legacy
        names = [column.name for column in decoder.table.columns]
        values = zip(names, decoder.decode(row.data), strict=True)
        rows.append((row.table, row.line, {name: value for name, value in values if value is not None}))
    return Read(rows, reader)


def compress(content: bytes, compressed: str) -> bytes:
    compressor = compression.compressor(compressed)
    return compressor.compress(content) + compressor.finish()
