"""The two things that can be compared, a database and a snapshot, as rows in the order of tables and keys."""

from __future__ import annotations

import marshal
import sqlite3
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from typing import Any, NoReturn, Protocol

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.snapshot import database, formats
from memoria.snapshot.errors import FileFailure, InvalidSnapshot, InvalidValue, SnapshotError
from memoria.snapshot.files import InputFile
from memoria.snapshot.files.background import ahead
from memoria.snapshot.formats import Reader
from memoria.snapshot.progress import Progress
from memoria.snapshot.report import Issue
from memoria.snapshot.rows.decoder import RowDecoder, defaults_of
from memoria.snapshot.schema.facts import Table
from memoria.snapshot.schema.fitting import require_fitting
from memoria.snapshot.schema.registry import columns_in, other_tables, require_readable

Keyed = tuple[int, Any, list[Any]]
"""Position of the row's table, key, values; in ascending order of the first two, keys by their bytes."""


class Side(Protocol):
    name: str
    others: dict[str, int]
    """Tables that hold rows but cannot be compared."""
    edited: bool
    """Whether it is a snapshot edited after its export."""

    def rows(self) -> Generator[Keyed, None, None]: ...


@contextmanager
def database_side(
    connection: BaseDatabaseWrapper, name: str, tables: Sequence[Table], progress: Progress
) -> Iterator[Side]:
    with database.source(connection, name) as source:
        yield _DatabaseSide(source, name, tables, progress)


@contextmanager
def snapshot_side(path: str, tables: Sequence[Table], progress: Progress) -> Iterator[Side]:
    """The whole file is proven before its first row is given."""
    with InputFile(path) as file:
        side = _SnapshotSide(file, tables, progress)
        if side.in_order():
            yield side
            return
        with closing(sqlite3.connect("")) as scratch:  # an unnamed file that goes when it is closed
            yield _SortedSide(side, scratch)


class _DatabaseSide:
    edited = False

    def __init__(self, source: database.Source, name: str, tables: Sequence[Table], progress: Progress) -> None:
        self.name = name
        self._source = source
        self._tables = tables
        self._progress = progress
        self._facts = source.facts()
        require_readable(self._facts, source.elsewhere(), tables, name)
        require_fitting(tables, self._facts)
        counts = {other: source.count(other) for other in other_tables(self._facts, tables)}
        self.others = {other: count for other, count in counts.items() if count}

    def rows(self) -> Generator[Keyed, None, None]:
        present = [table for table in self._tables if table.name in self._facts]
        self._progress.stage("Comparing", rows=sum(self._source.count(table.name) for table in present))
        for position, table in enumerate(self._tables):
            if table in present:
                yield from self._table(position, table)

    def _table(self, position: int, table: Table) -> Iterator[Keyed]:
        columns = columns_in(table, self._facts[table.name])
        decoder = _decoder(table)
        key = table.columns.index(table.key)

        def push(emit: database.Emit) -> None:
            self._source.rows(table, columns, emit, self._refuse, jobs=1)

        # The thread's connection is closed next, and must not be in use then.
        with ahead(push, "rows", size=4) as batches:
            for batch in batches:
                self._progress.advance(rows=len(batch))
                for data in batch:
                    try:
                        values = decoder.decode(data)
                    except InvalidValue as error:
                        self._refuse(Issue(table.name, error.reason, key=decoder.key(data)))
                    yield position, values[key], values

    def _refuse(self, issue: Issue) -> NoReturn:
        raise SnapshotError(issue.sentence(self.name))


class _SnapshotSide:
    def __init__(self, file: InputFile, tables: Sequence[Table], progress: Progress) -> None:
        self.name = file.name
        self.others: dict[str, int] = {}
        self.edited = False
        self._file = file
        self._positions = {table.name: position for position, table in enumerate(tables)}
        self._decoders = [_decoder(table) for table in tables]
        self._keys = [table.columns.index(table.key) for table in tables]
        self._progress = progress

    def in_order(self) -> bool:
        """Read the file once, to its end and proof; whether every row stands where the comparison needs it."""
        self._progress.stage("Checking", size=self._file.size)
        last: tuple[int, Any] = (-1, None)
        ordered = True
        for position, key, _ in self._read(Counter()):
            ordered = ordered and (position > last[0] or (position == last[0] and key > last[1]))
            last = (position, key)
        return ordered

    def rows(self) -> Generator[Keyed, None, None]:
        return self._read(Counter())

    def _read(self, others: Counter[str]) -> Generator[Keyed, None, None]:
        try:
            chunks = self._file.chunks(lambda size: self._progress.advance(size=size))
            reader = formats.read(chunks, None, allow_edited=True)
            for row in reader:
                position = self._positions.get(row.table)
                if position is None:
                    others[row.table] += 1
                else:
                    values = self._decoded(reader, position, row)
                    yield position, values[self._keys[position]], values
        except InvalidSnapshot as error:
            raise type(error)(f"{self.name}: {error}") from None
        self.others.update(others)
        self.edited = reader.edited

    def _decoded(self, reader: Reader, position: int, row: formats.RawRow) -> list[Any]:
        decoder = self._decoders[position]
        decoder.legacy = reader.legacy
        try:
            return decoder.decode(row.data)
        except InvalidValue as error:
            issue = Issue(row.table, error.reason, row.line, decoder.key(row.data))
            raise SnapshotError(issue.sentence(self.name)) from None


class _SortedSide:
    """A snapshot in another order (an older layout, say), sorted in a temporary file."""

    def __init__(self, side: _SnapshotSide, scratch: sqlite3.Connection) -> None:
        self.name = side.name
        self.others = side.others
        self.edited = side.edited
        self._side = side
        self._scratch = scratch

    def rows(self) -> Generator[Keyed, None, None]:
        rows = ((position, key, marshal.dumps(values)) for position, key, values in self._side.rows())
        try:
            self._scratch.execute("CREATE TABLE rows (position INTEGER, key, data BLOB)")
            self._scratch.executemany("INSERT INTO rows VALUES (?, ?, ?)", rows)
            for position, key, data in self._scratch.execute("SELECT * FROM rows ORDER BY position, key"):
                yield position, key, marshal.loads(data)
        except sqlite3.Error as error:
            raise FileFailure(f"cannot sort {self.name} in a temporary file: {error}") from None


@cache
def _defaults(table: Table) -> dict[str, Any]:
    """Of both sides, so that what both lack is the same: a time, say, whose default is now."""
    return defaults_of(table)


def _decoder(table: Table) -> RowDecoder:
    return RowDecoder(table, defaults=_defaults(table))
