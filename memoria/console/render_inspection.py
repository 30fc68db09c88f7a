"""Prints what a snapshot holds."""

from __future__ import annotations

from typing import TextIO

from rich.text import Text

from memoria.console.render import console, headed
from memoria.snapshot import Inspection
from memoria.text import counted, size, visible


def print_inspection(found: Inspection, stream: TextIO) -> None:
    out, file = console(stream), found.file
    layout = "" if file.layout == "1" else f", the older layout {file.layout}, which has nothing to prove it by"
    packed = f", {file.compression}" if file.compression else ""
    out.print(Text(visible(f"{file.name}: {file.format}{packed}, {size(file.size)}, sha256 {file.sha256}{layout}.")))
    source = " of ".join(filter(None, (found.generator, found.database)))
    if file.exported_at or source:
        out.print(Text(visible(f"Exported {file.exported_at} by {source or 'an unknown program'}.")))
    for heading, figures in (("table", found.tables), ("namespace", found.namespaces)):
        if figures:
            table = headed(heading, "rows", right=["rows"])
            for name, rows in figures.items():
                if rows:
                    table.add_row(Text(visible(name)), f"{rows:,}")
            out.print(table)
    if empty := list(found.tables.values()).count(0):
        out.print(Text(f"{counted(empty, 'table')} without rows."))
    if found.left_out:
        left = ", ".join(f"{name} ({rows:,})" for name, rows in found.left_out.items())
        out.print(Text(visible(f"Not in this snapshot: {left}.")))
    edited = " It was edited after its export." if found.edited else ""
    out.print(Text(f"It is complete: {counted(sum(found.tables.values()), 'row')}.{edited}"))
