"""Gives the source and the sink of a PostgreSQL database what they share."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from memoria.snapshot.database.base import Adapter
from memoria.snapshot.database.postgresql import connection, schema
from memoria.snapshot.database.sql import Dialect
from memoria.snapshot.schema.facts import Kind, TableFacts


class PostgreSQLAdapter(Adapter):
    dialect = Dialect(
        vendor="postgresql",
        mark="%s",
        same="IS NOT DISTINCT FROM",
        stage_types={Kind.INTEGER: "bigint", Kind.FLOAT: "double precision", Kind.BOOLEAN: "boolean"},
        embedding="embedding::json",
        array_length="CASE WHEN json_typeof(e) = 'array' THEN json_array_length(e) END",
        indexing_locks_readers=True,
        moves_into_place=True,
        numbers_notes=False,
    )
    _database: Any
    _cursor: Any

    def failures(self) -> AbstractContextManager[None]:
        return connection.failures(self._name)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.failures():
            return self._fetched(sql, parameters)

    def _fetched(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        connection.waited_for(self._cursor, self._cursor.execute, sql, parameters or None)
        found: list[tuple[Any, ...]] = self._cursor.fetchall() if self._cursor.description else []
        return found

    def facts(self) -> dict[str, TableFacts]:
        with self.failures():
            return schema.facts(self._cursor)

    def elsewhere(self) -> dict[str, str]:
        with self.failures():
            return schema.elsewhere(self._cursor)
