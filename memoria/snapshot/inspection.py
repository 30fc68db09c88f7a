"""Tells what a snapshot holds, without a database: its header, tables, rows and namespaces, and whether it is whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from memoria.snapshot import formats
from memoria.snapshot.errors import InvalidSnapshot
from memoria.snapshot.files import InputFile
from memoria.snapshot.formats import Reader
from memoria.snapshot.progress import Progress
from memoria.snapshot.report import FileReport


@dataclass(frozen=True)
class Inspection:
    """What was found; made only of a file that is whole."""

    file: FileReport
    generator: str
    database: str
    """That it was exported from; both as the header has them, and empty where it has none."""
    tables: dict[str, int]
    """Table -> rows, as they were counted."""
    namespaces: dict[str, int]
    """Namespace -> rows, as the file says."""
    edited: bool
    left_out: dict[str, int]
    """What the export named as left out -> how many."""

    @property
    def exit_code(self) -> int:
        return 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "report_version": 1,
            "operation": "inspect",
            "file": asdict(self.file),
            "generator": self.generator,
            "database": self.database,
            "tables": self.tables,
            "namespaces": self.namespaces,
            "edited": self.edited,
            "left_out": self.left_out,
            "exit_code": self.exit_code,
        }


def inspect(path: str, progress: Progress) -> Inspection:
    """Read a snapshot to its end. Raises InvalidSnapshot where it is cut, damaged or none; an edited one is told of."""
    with InputFile(path) as file:
        progress.stage(f"Reading {Path(file.name).name}", size=file.size)
        reader = formats.read(file.chunks(lambda size: progress.advance(size=size)), None, allow_edited=True)
        try:
            for _ in reader:
                pass
        except InvalidSnapshot as error:
            raise type(error)(f"{file.name}: {error}") from None
        return _found(file, reader)


def _found(file: InputFile, reader: Reader) -> Inspection:
    assert reader.header is not None
    metadata = reader.header.metadata
    held = reader.footer.counts if reader.footer else reader.header.counts or {}
    namespaces: Counter[str] = Counter()
    for name, tables in reader.namespaces.items():
        if isinstance(tables, dict):
            namespaces[name] += sum(rows for rows in tables.values() if type(rows) is int)
    return Inspection(
        FileReport(
            file.name,
            size=file.size,
            sha256=file.sha256 or reader.digest,
            layout=reader.header.layout,
            format=reader.format,
            compression=file.compression,
            exported_at=reader.header.exported_at,
        ),
        generator=_text(metadata.get("generator")),
        database=_text(metadata.get("database")),
        tables={name: reader.counts.get(name, 0) for name in [*held, *(reader.counts.keys() - held.keys())]},
        namespaces=dict(namespaces),
        edited=reader.edited,
        left_out=_figures(metadata.get("left_out")),
    )


def _figures(value: object) -> dict[str, int]:
    return {name: count for name, count in value.items() if type(count) is int} if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
