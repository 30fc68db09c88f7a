"""Does what the adapters of all databases do alike, over the few things that each does for itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.snapshot.database.sql import Dialect, quoted
from memoria.snapshot.schema.facts import ALL, Kind, Table, TableFacts


class Adapter(ABC):
    """One database; `name` is what messages call it."""

    dialect: ClassVar[Dialect]

    def __init__(self, connection: BaseDatabaseWrapper, name: str) -> None:
        self._connection = connection
        self._name = name

    @abstractmethod
    def failures(self) -> AbstractContextManager[None]:
        """Turns the driver's errors into the engine's."""

    @abstractmethod
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...

    @abstractmethod
    def facts(self) -> dict[str, TableFacts]: ...

    @abstractmethod
    def elsewhere(self) -> dict[str, str]: ...

    def count(self, table: str, column: str | None = None, *, where: str = ALL) -> int:
        what = "*" if column is None else quoted(column)
        return int(self.query(f"SELECT count({what}) FROM {quoted(table)} WHERE {where}")[0][0])


Guard = Callable[["Writer"], AbstractContextManager[object]]
"""Is entered within each transaction, behind its locks, and left before the commit."""


class Writer(Adapter):
    def __init__(
        self, connection: BaseDatabaseWrapper, name: str, *, read_only: bool, guard: Guard = nullcontext
    ) -> None:
        super().__init__(connection, name)
        self._read_only = read_only
        self._guard = guard

    @abstractmethod
    def lock(self, table: str) -> None:
        """Within a transaction, as if it had been begun with this table as well."""

    @abstractmethod
    def changed(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Rows that a statement changed."""

    def create_stage(self, name: str, columns: dict[str, Kind], collations: Mapping[str, str] | None = None) -> None:
        compared = {column: f" COLLATE {collation}" for column, collation in (collations or {}).items() if collation}
        described = ", ".join(
            f"{quoted(column)} {self.dialect.stage_types.get(kind, 'text')}{compared.get(column, '')}"
            for column, kind in columns.items()
        )
        self.query(f"CREATE TEMP TABLE {quoted(name)} ({described})")

    def dimensions(self, namespace: str, tables: Sequence[str]) -> set[int]:
        """Lengths of embeddings in a namespace; of each table some are looked at."""
        found: set[int] = set()
        for table in tables:
            sql = (
                f"SELECT DISTINCT {self.dialect.array_length} FROM (SELECT {self.dialect.embedding} AS e"
                f" FROM {quoted(table)} WHERE namespace = {self.dialect.mark} AND embedding IS NOT NULL LIMIT 100) t"
            )
            found |= {length for (length,) in self.query(sql, (namespace,)) if length}
        return found

    def delete(self, table: Table, condition: str = "") -> int:
        """Delete the rows of the table `t` that meet a condition, or all. Returns how many went."""
        where = f" WHERE {condition}" if condition else ""  # SQLite empties a table at once if none is asked for
        return self.changed(f"DELETE FROM {quoted(table.name)} AS t{where}")


class Stored(NamedTuple):
    """How the values of decoded rows are stored in a table that may lack some of their columns."""

    names: list[str]
    """Of the columns that are there."""
    absent: list[int]
    """Places of those that are not."""

    def of(self, rows: Iterable[list[Any]]) -> Iterable[list[Any]]:
        if not self.absent:
            return rows
        return ([value for i, value in enumerate(row) if i not in self.absent] for row in rows)


def stored(table: Table, existing: Container[str]) -> Stored:
    """`existing`: columns of the table in the database."""
    names = [column.stored_as(existing) for column in table.columns]
    return Stored([name for name in names if name is not None], [i for i, name in enumerate(names) if name is None])
