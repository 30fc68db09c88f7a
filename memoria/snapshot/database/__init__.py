"""The fast way out of each database, and the fast way in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.snapshot.database.postgresql_sink import PostgreSQLSink
from memoria.snapshot.database.postgresql_source import PostgreSQLSource
from memoria.snapshot.database.sqlite_sink import SQLiteSink
from memoria.snapshot.database.sqlite_source import SQLiteSource
from memoria.snapshot.errors import DatabaseFailure
from memoria.snapshot.report import Issue
from memoria.snapshot.tables import Column, Kind, Reference, Table, TableFacts

Emit = Callable[[list[bytes]], None]
"""Takes the next rows of a table, each as the text of its JSON object."""
Refuse = Callable[[Issue], None]
"""Takes a row that cannot be exported; the row is left out."""


class Source(Protocol):
    """Rows out of one moment of a database. A context manager: the moment lasts as long as the block."""

    vendor: str

    def __enter__(self) -> Source: ...
    def __exit__(self, *error: object) -> None: ...
    def facts(self) -> dict[str, TableFacts]: ...
    def count(self, table: str, column: str | None = None) -> int:
        """Rows, or those that hold something in `column`."""
        ...

    def namespaces(self, table: str) -> dict[str, int]: ...
    def rows(self, table: Table, columns: Mapping[str, Column], emit: Emit, refuse: Refuse, *, jobs: int) -> None:
        """All rows in the order of their keys, byte by byte. `columns`: name in the database -> column."""
        ...


class Sink(Protocol):
    """Rows into a database: a plan that only looks, then one transaction. A context manager."""

    vendor: str
    indexing_locks_readers: bool
    """Whether those who read a table must wait while its indexes are built."""
    moves_into_place: bool
    """Whether rows inserted `beside` replace those of the table when `finish` moves them."""

    def __enter__(self) -> Sink: ...
    def __exit__(self, *error: object) -> None: ...
    def facts(self) -> dict[str, TableFacts]: ...
    def count(self, table: str) -> int: ...
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...
    def create_stage(self, name: str, columns: dict[str, Kind]) -> None: ...
    def stage(self, name: str, rows: list[tuple[Any, ...]]) -> None: ...
    def transaction(self, tables: Sequence[str]) -> AbstractContextManager[None]:
        """Locks the tables against other writers; commits at the end of the block, rolls back on any error."""
        ...

    def clear(self, table: Table) -> None: ...
    def orphans(self, table: Table) -> int:
        """Rows whose references lead nowhere, in a database that does not refuse them by itself."""
        ...

    def insert(self, table: Table, rows: Iterable[list[Any]], *, bulk: bool, beside: bool) -> int: ...
    def finish(self, tables: Sequence[Table], nulls: dict[str, list[Reference]], *, replace: bool) -> None: ...


def source(connection: BaseDatabaseWrapper, name: str) -> Source:
    """`name` is what messages call the database."""
    return _for(connection, SQLiteSource, PostgreSQLSource)(connection, name)


def sink(connection: BaseDatabaseWrapper, name: str, *, read_only: bool) -> Sink:
    return _for(connection, SQLiteSink, PostgreSQLSink)(connection, name, read_only=read_only)


def _for(connection: BaseDatabaseWrapper, sqlite: Any, postgresql: Any) -> Any:
    kinds = {"sqlite": sqlite, "postgresql": postgresql}
    if connection.vendor not in kinds:
        raise DatabaseFailure(f"{connection.vendor} is not supported: use SQLite or PostgreSQL")
    return kinds[connection.vendor]
