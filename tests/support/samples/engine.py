"""The engine in this process: an export and an import as the commands run them, without a process each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.databases import connection_for, describe
from memoria.snapshot import formats
from memoria.snapshot.export.export import Export
from memoria.snapshot.files import InputFile, OutputFile
from memoria.snapshot.history.history import Origin
from memoria.snapshot.history.undo import Undo
from memoria.snapshot.merge.mapping import namespaces
from memoria.snapshot.merge.merge import Merge
from memoria.snapshot.merge.options import MergeOptions
from memoria.snapshot.progress import NoProgress, Progress
from memoria.snapshot.replace.options import ReplaceOptions
from memoria.snapshot.replace.replace import Replace
from memoria.snapshot.report import Report, UndoReport
from memoria.snapshot.schema.registry import chosen


@contextlib.contextmanager
def opened(url: str) -> Iterator[BaseDatabaseWrapper]:
    """The connection of a URL; its alias goes afterwards, or pytest-django would make a test database of it."""
    connection = connection_for(url=url)
    try:
        yield connection
    finally:
        connection.close()
        del connections[connection.alias]
        del connections.databases[connection.alias]


def export(url: str, path: Path, *, tables: Sequence[str] | None = None, **options: Any) -> Report:
    with opened(url) as connection, OutputFile(str(path)) as file:
        return Export(
            file,
            connection,
            describe(connection),
            tables=chosen(list(tables) if tables is not None else None),
            format=formats.by_name(str(path)) or "json",
            **options,
        ).run()


def import_(
    url: str,
    path: Path,
    *,
    tables: Sequence[str] | None = None,
    dry_run: bool = False,
    allow_edited: bool = False,
    progress: Progress | None = None,
    undo: bool = False,
    **options: Any,
) -> Report:
    with opened(url) as connection, InputFile(str(path)) as file:
        return Replace(
            file,
            connection,
            describe(connection),
            tables=chosen(list(tables) if tables is not None else None),
            options=ReplaceOptions(allow_edited=allow_edited, **options),
            dry_run=dry_run,
            origin=Origin("import-data", "tester") if undo else None,
            progress=progress or NoProgress(),
        ).run()


def merge(
    url: str,
    path: Path,
    *maps: str,
    namespace: str | None = None,
    dry_run: bool = False,
    undo: bool = True,
    **options: Any,
) -> Report:
    with opened(url) as connection, InputFile(str(path)) as file:
        return Merge(
            file,
            connection,
            describe(connection),
            options=MergeOptions(namespaces=namespaces(maps, namespace), allow_edited=True, **options),
            dry_run=dry_run,
            origin=Origin("import-memories", "tester") if undo else None,
        ).run()


def undo(url: str, number: int, **options: Any) -> UndoReport:
    with opened(url) as connection:
        return Undo(number, connection, describe(connection), **options).run()


def without_header(path: Path) -> bytes:
    """An uncompressed snapshot without the line that holds the moment of its export, nor the digest over it."""
    lines = path.read_bytes().splitlines(keepends=True)
    header = next(number for number, line in enumerate(lines) if b'"metadata": ' in line)
    footer = next(number for number, line in enumerate(lines) if line.lstrip(b"{").startswith(b'"integrity": '))
    digest = lines[footer].rindex(b'"sha256": ')
    return b"".join([*lines[:header], *lines[header + 1 : footer], lines[footer][:digest]])
