"""The fast way out of each database, and the fast way in."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from memoria.snapshot.database.base import Guard
from memoria.snapshot.database.sql import Dialect
from memoria.snapshot.errors import DatabaseFailure
from memoria.snapshot.report import Issue
from memoria.snapshot.schema.facts import ALL, Column, ColumnFacts, Kind, Reference, Table, TableFacts

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

_MISSING = re.compile(r'database "(.+)" does not exist$')
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

Emit = Callable[[list[bytes]], None]
"""Takes the next rows of a table, each as the text of its JSON object."""
Refuse = Callable[[Issue], None]
"""Takes a row that cannot be exported; the row is left out."""


class Source(Protocol):
    """Rows out of one moment of a database. A context manager: the moment lasts as long as the block."""

    dialect: Dialect

    def __enter__(self) -> Source: ...
    def __exit__(self, *error: object) -> None: ...
    def facts(self) -> dict[str, TableFacts]: ...
    def elsewhere(self) -> dict[str, str]:
        """Name -> why what is called so is none of the tables of `facts`, and the way out."""
        ...

    def count(self, table: str, column: str | None = None, *, where: str = ALL) -> int:
        """Rows that meet a condition, or those of them that hold something in `column`."""
        ...

    def namespaces(self, table: str, *, where: str = ALL) -> dict[str, int]: ...
    def at_or_after(self, column: str, moment: str) -> str:
        """A condition on a column of times; `moment` as snapshots spell it."""
        ...

    def literal(self, text: str) -> str:
        """A text in SQL, also one whose bytes are escaped because they are not UTF-8."""
        ...

    def elements(self, column: str) -> str:
        """The elements of JSON arrays, for a FROM clause, where they are `e.value`."""
        ...

    def rows(
        self,
        table: Table,
        columns: Mapping[str, Column],
        emit: Emit,
        refuse: Refuse,
        *,
        jobs: int,
        where: str = ALL,
    ) -> None:
        """Rows that meet a condition in the order of their keys, byte by byte.

        `columns`: name in the database -> column. The condition names columns with their table.
        """
        ...


class Sink(Protocol):
    """Rows into a database: a plan that only looks, then one transaction. A context manager."""

    dialect: Dialect
    holds_unicode: bool
    """Whether its encoding has every character."""
    md5: str
    """The MD5 of a text as hexadecimal digits; the braces stand for the text."""

    def __enter__(self) -> Sink: ...
    def __exit__(self, *error: object) -> None: ...
    def facts(self) -> dict[str, TableFacts]: ...
    def elsewhere(self) -> dict[str, str]:
        """As a source has it."""
        ...

    def count(self, table: str) -> int: ...
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...
    def create_stage(self, name: str, columns: dict[str, Kind], collations: Mapping[str, str] | None = None) -> None:
        """`collations`: column -> what compares its values, where not their bytes do."""
        ...

    def analyze(self, name: str) -> None:
        """Let the database know what a stage holds, if it would plan its queries otherwise."""
        ...

    def stage(self, name: str, rows: list[tuple[Any, ...]]) -> None: ...
    def transaction(self, tables: Sequence[str]) -> AbstractContextManager[None]:
        """Locks the tables against other writers; commits at the end of the block, rolls back on any error."""
        ...

    def around(self) -> AbstractContextManager[Any]:
        """One transaction around those of `transaction`, which are parts of it then. Gives the driver's connection."""
        ...

    def allow_writing(self) -> None:
        """Of a sink that only reads, before anything is staged: a rehearsal will follow."""
        ...

    def rehearsal(self, tables: Sequence[str]) -> AbstractContextManager[None]:
        """As `transaction`, or a part of the one at hand; it is rolled back in the end."""
        ...

    def part(self) -> AbstractContextManager[None]:
        """A part of a rehearsal, rolled back by itself if the database refuses what is done in it."""
        ...

    def lock(self, table: str) -> None:
        """Within a transaction, as if it had been begun with this table as well."""
        ...

    def orphans(self, table: Table) -> int:
        """Rows whose references lead nowhere, in a database that does not refuse them by itself."""
        ...

    def insert(self, table: Table, rows: Iterable[list[Any]], *, bulk: bool, beside: bool, upsert: bool = False) -> int:
        """With `upsert` a row whose key is there replaces it in its place. Returns how many went in, or wait to."""
        ...

    def finish(
        self, tables: Sequence[Table], nulls: dict[str, list[Reference]], *, replace: bool
    ) -> Counter[tuple[str, str]]:
        """Leave everything in order. (table, column) -> references that were set to NULL."""
        ...

    def expression(self, column: Column, fact: ColumnFacts | None) -> str:
        """The value of a column of the table `t` as a decoded row has it; NULL where the table lacks it."""
        ...

    def stored(self, table: Table, facts: TableFacts, keys: Sequence[Any]) -> dict[Any, list[Any]]:
        """Key -> values as decoded rows have them, of those of the keys that are there."""
        ...

    def fingerprint(self, table: str) -> str:
        """A text that becomes another one with any change of the table's rows."""
        ...

    def dimensions(self, namespace: str, tables: Sequence[str]) -> set[int]:
        """Lengths of the embeddings in a namespace of these tables; of each some are looked at."""
        ...

    def digest(self, facts: TableFacts) -> str:
        """An expression: text by which a row of the table `t` is known to be what it was."""
        ...

    def keep(self, number: int, last: int, table: Table, facts: TableFacts, condition: str) -> None:
        """Note rows of the table `t` as removed by the import of this number, behind the note of number `last`."""
        ...

    def restore(self, number: int, table: Table, facts: TableFacts) -> int:
        """Put back the rows that an import removed, in their place where a row has their key now. Returns how many."""
        ...

    def delete(self, table: Table, condition: str = "") -> int:
        """Delete the rows of the table `t` that meet a condition, or all. Returns how many went."""
        ...


def is_file(connection: BaseDatabaseWrapper) -> bool:
    """Whether a database is a file that we open, or the memory of this process, and not a server's."""
    return connection.vendor == "sqlite"


def path_of(connection: BaseDatabaseWrapper) -> Path | None:
    """Where the file of a database is; None where it has none that a path names."""
    name = str(connection.settings_dict["NAME"])
    return None if not is_file(connection) or name == ":memory:" or name.startswith("file:") else Path(name)


def with_way_out(refusal: str) -> str:
    """A server's refusal to let somebody in, and what helps where that is known."""
    missing = _MISSING.search(refusal)
    return f"{refusal}: create it first, with createdb {shlex.quote(missing[1])}" if missing else refusal


def source(connection: BaseDatabaseWrapper, name: str) -> Source:
    """`name` is what messages call the database."""
    found: Source = _class(connection, "source")(connection, name)
    return found


def sink(connection: BaseDatabaseWrapper, name: str, *, read_only: bool, guard: Guard = nullcontext) -> Sink:
    found: Sink = _class(connection, "sink")(connection, name, read_only=read_only, guard=guard)
    return found


def _class(connection: BaseDatabaseWrapper, end: str) -> Any:
    """As Django does with its backends, only that of the database at hand is loaded, with its driver."""
    if connection.vendor not in _NAMES:
        raise DatabaseFailure(f"{connection.vendor} is not supported: use SQLite or PostgreSQL")
    module = import_module(f"{__name__}.{connection.vendor}.{end}")
    return getattr(module, f"{_NAMES[connection.vendor]}{end.capitalize()}")
