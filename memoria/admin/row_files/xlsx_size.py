"""Measures how much memory an XLSX file would take, before any of it is built."""

from __future__ import annotations

from typing import IO
from xml.parsers import expat

from memoria.admin.row_files.rows import MOST_ROWS, NotReadable
from memoria.snapshot.schema.registry import TABLES

MOST_COLUMNS = max(len(table.columns) for table in TABLES)
TOO_LARGE = "The file unpacks to more than is read."
_ELEMENTS = 4 * MOST_ROWS * MOST_COLUMNS
"""XML elements of a sheet that is full: a cell, its kind, its text, and as many again of what is around them."""
_OTHERS = 100_000
"""Those that belong to no cell: styles, names, and the like."""
_IN_CELLS = frozenset({"row", "c", "v", "f", "is", "t", "si"})
_CHUNK = 64 << 10
_TAG = 1 << 20
"""Bytes of one tag."""


class _Elements:
    """Counts the elements of one part. Raises NotReadable where they are more than a table of ours needs."""

    def __init__(self) -> None:
        self.every = self.others = self.cells = 0

    def start(self, name: str, attributes: object) -> None:
        name = name.rpartition(":")[2]
        self.every += 1
        self.others += name not in _IN_CELLS
        self.cells = 0 if name == "row" else self.cells + (name == "c")
        if self.cells > MOST_COLUMNS:
            raise NotReadable(f"The sheet has rows of more than {MOST_COLUMNS} cells, and no table has more columns.")
        if self.every > _ELEMENTS or self.others > _OTHERS:
            raise NotReadable(TOO_LARGE)

    def doctype(self, *_: object) -> None:
        raise NotReadable("The file defines words of its own (DOCTYPE), which no sheet does.")


def require_small(content: IO[bytes]) -> None:
    """Raises NotReadable for a part of the file that is XML and too large. What is no XML is not read at all."""
    elements, parser, size = _Elements(), expat.ParserCreate(), 0
    parser.StartElementHandler = elements.start
    parser.StartDoctypeDeclHandler = elements.doctype
    try:
        while chunk := content.read(_CHUNK):
            parser.Parse(chunk)
            size += len(chunk)
            if size - parser.CurrentByteIndex > _TAG:
                raise NotReadable(TOO_LARGE)
    except expat.ExpatError:
        return
