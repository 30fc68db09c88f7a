"""Gives the source and the sink of a SQLite database what they share."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from memoria.snapshot.database.base import Adapter
from memoria.snapshot.database.sql import Dialect
from memoria.snapshot.database.sqlite import connection, schema
from memoria.snapshot.schema.facts import Kind, TableFacts


class SQLiteAdapter(Adapter):
    dialect = Dialect(
        vendor="sqlite",
        mark="?",
        same="IS",
        stage_types={Kind.INTEGER: "INTEGER", Kind.FLOAT: "REAL", Kind.BOOLEAN: "INTEGER"},
        embedding="embedding",
        array_length="CASE WHEN json_valid(e) AND json_type(e) = 'array' THEN json_array_length(e) END",
        indexing_locks_readers=False,
        moves_into_place=False,
        numbers_notes=True,
    )
    _database: sqlite3.Connection

    def failures(self) -> AbstractContextManager[None]:
        return connection.failures(self._name)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.failures():
            return self._database.execute(sql, parameters).fetchall()

    def facts(self) -> dict[str, TableFacts]:
        with self.failures():
            return schema.facts(self._database)

    def elsewhere(self) -> dict[str, str]:
        with self.failures():
            return schema.elsewhere(self._database)
