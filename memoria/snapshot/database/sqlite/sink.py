"""Rows into SQLite: one transaction, indexes built once at its end."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self

import msgspec
from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.snapshot.database.sqlite import connection as sqlite
from memoria.snapshot.database.sqlite import notes as sqlite_changes
from memoria.snapshot.database.sqlite.search import SearchIndex, unwritable
from memoria.snapshot.errors import DatabaseFailure
from memoria.snapshot.schema.facts import Column, ColumnFacts, Kind, Reference, Table, TableFacts, stage_name

_ROWS_AT_ONCE = 500
_WHOLE = ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
_PART = ("SAVEPOINT part", "RELEASE part", "ROLLBACK TO part")
_STAGE_TYPES = {Kind.INTEGER: "INTEGER", Kind.FLOAT: "REAL", Kind.BOOLEAN: "INTEGER"}


class SQLiteSink:
    vendor = "sqlite"
    indexing_locks_readers = False
    moves_into_place = False
    holds_unicode = True
    md5 = "md5({})"
    same = "IS"
    mark = "?"
    numbers_notes = True

    def __init__(self, connection: BaseDatabaseWrapper, name: str, *, read_only: bool) -> None:
        self._connection = connection
        self._name = name
        self._read_only = read_only
        self._steps = _WHOLE

    def __enter__(self) -> Self:
        self._database = sqlite.connect(self._connection, self._name, read_only=self._read_only)
        with sqlite.failures(self._name):
            self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            sqlite_changes.create_functions(self._database)
        self._forget()
        return self

    def __exit__(self, *error: object) -> None:
        self._database.close()

    def allow_writing(self) -> None:
        self._database.close()
        self._read_only = False
        self.__enter__()

    def facts(self) -> dict[str, TableFacts]:
        with sqlite.failures(self._name):
            facts = sqlite.facts(self._database)
            reasons = unwritable(self._database)
        every = "its file cannot be written" if self._read_only and not sqlite.is_writable(self._connection) else ""
        return {name: replace(found, unwritable=every or reasons.get(name, "")) for name, found in facts.items()}

    def elsewhere(self) -> dict[str, str]:
        with sqlite.failures(self._name):
            return sqlite.elsewhere(self._database)

    def count(self, table: str) -> int:
        return int(self.query(f"SELECT count(*) FROM {sqlite.quoted(table)}")[0][0])

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with sqlite.failures(self._name):
            return self._database.execute(sql, parameters).fetchall()

    def create_stage(self, name: str, columns: dict[str, Kind], collations: Mapping[str, str] | None = None) -> None:
        compared = {column: f" COLLATE {collation}" for column, collation in (collations or {}).items() if collation}
        described = ", ".join(
            f"{sqlite.quoted(column)} {_STAGE_TYPES.get(kind, 'TEXT')}{compared.get(column, '')}"
            for column, kind in columns.items()
        )
        self.query(f"CREATE TEMP TABLE {sqlite.quoted(name)} ({described})")

    def analyze(self, name: str) -> None:
        pass  # its indexes tell it enough

    def stage(self, name: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            with sqlite.failures(self._name):
                self._database.execute("SAVEPOINT stage")
                marks = ", ".join("?" * len(rows[0]))
                self._database.executemany(f"INSERT INTO temp.{sqlite.quoted(name)} VALUES ({marks})", rows)
                self._database.execute("RELEASE stage")

    def lock(self, table: str) -> None:
        pass  # a transaction has the whole database

    @contextmanager
    def around(self) -> Iterator[sqlite3.Connection]:
        with self.transaction([]):
            self._steps = _PART
            try:
                yield self._database
            finally:
                self._steps = _WHOLE

    @contextmanager
    def transaction(self, tables: Sequence[str]) -> Iterator[None]:
        begin, commit, roll_back = self._steps
        with sqlite.failures(self._name):
            self._database.execute(begin)
        try:
            yield
            with sqlite.failures(self._name):
                self._database.execute(commit)
        except BaseException:
            if self._database.in_transaction:
                self._database.execute(roll_back)
            self._forget()
            raise

    @contextmanager
    def rehearsal(self, tables: Sequence[str]) -> Iterator[None]:
        begun = self._database.in_transaction
        if not begun:
            self.query("BEGIN IMMEDIATE")
        self.query("SAVEPOINT rehearsal")
        try:
            yield
        finally:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK TO rehearsal" if begun else "ROLLBACK")
            self._forget()

    @contextmanager
    def part(self) -> Iterator[None]:
        self.query("SAVEPOINT batch")
        try:
            yield
        except DatabaseFailure:
            self.query("ROLLBACK TO batch")
            raise
        self.query("RELEASE batch")

    def _forget(self) -> None:
        """What a transaction left to be done at its end."""
        self._indexes: list[str] = []
        self._search = SearchIndex(self._database)

    def clear(self, table: Table) -> int:
        with sqlite.failures(self._name):
            self._search.suspend(table.name)
            return self._database.execute(f"DELETE FROM {sqlite.quoted(table.name)}").rowcount

    def orphans(self, table: Table) -> int:
        return int(self.query("SELECT count(*) FROM pragma_foreign_key_check(?)", (table.name,))[0][0])

    def expression(self, column: Column, fact: ColumnFacts | None) -> str:
        return sqlite_changes.expression(column, fact)

    def stored(self, table: Table, facts: TableFacts, keys: Sequence[Any]) -> dict[Any, list[Any]]:
        with sqlite.failures(self._name):
            return sqlite_changes.stored(self._database, table, facts, keys)

    def dimensions(self, namespace: str, tables: Sequence[str]) -> set[int]:
        """Lengths of embeddings in a namespace; of each table some are looked at."""
        found: set[int] = set()
        for table in tables:
            length = "CASE WHEN json_valid(e) AND json_type(e) = 'array' THEN json_array_length(e) END"
            sql = (
                f"SELECT DISTINCT {length} FROM (SELECT embedding AS e FROM {sqlite.quoted(table)}"
                " WHERE namespace = ? AND embedding IS NOT NULL LIMIT 100)"
            )
            found |= {length for (length,) in self.query(sql, (namespace,)) if length}
        return found

    def fingerprint(self, table: str) -> str:
        """Of the rows themselves: SQLite does not mark their versions."""
        digest, condition = hashlib.blake2b(digest_size=16), ""
        encode_into, buffer = msgspec.msgpack.Encoder().encode_into, bytearray()
        while rows := self.query(
            f"SELECT rowid, * FROM {sqlite.quoted(table)} {condition} ORDER BY rowid LIMIT {_ROWS_AT_ONCE}"
        ):
            encode_into(rows, buffer)
            digest.update(buffer)
            condition = f"WHERE rowid > {rows[-1][0]}"
        return digest.hexdigest()

    def digest(self, facts: TableFacts) -> str:
        return sqlite_changes.digest(facts)

    def keep(self, number: int, last: int, table: Table, facts: TableFacts, condition: str) -> None:
        with sqlite.failures(self._name):
            sqlite_changes.keep(self._database, number, last, table, facts, condition)

    def restore(self, number: int, table: Table, facts: TableFacts) -> int:
        with sqlite.failures(self._name):
            self._search.suspend(table.name)
            return sqlite_changes.restore(self._database, number, table, facts)

    def delete(self, table: Table, condition: str) -> int:
        with sqlite.failures(self._name):
            self._search.suspend(table.name)
            return self._database.execute(f"DELETE FROM {sqlite.quoted(table.name)} AS t WHERE {condition}").rowcount

    def insert(self, table: Table, rows: Iterable[list[Any]], *, bulk: bool, beside: bool, upsert: bool = False) -> int:
        """With `bulk` the table's secondary indexes are dropped, and built by `finish` from sorted entries."""
        existing = [name for (name,) in self.query("SELECT name FROM pragma_table_info(?)", (table.name,))]
        stored = [column.stored_as(existing) for column in table.columns]
        names = [name for name in stored if name is not None]
        if bulk:
            self._drop_indexes(table.name)
        sql = (
            f"INSERT INTO {sqlite.quoted(table.name)} ({', '.join(map(sqlite.quoted, names))})"
            f" VALUES ({', '.join('?' * len(names))})"
        )
        if upsert:
            changes = ", ".join(f"{sqlite.quoted(name)} = excluded.{sqlite.quoted(name)}" for name in names)
            sql += f" ON CONFLICT ({sqlite.quoted(table.key.name)}) DO UPDATE SET {changes}"
            with sqlite.failures(self._name):
                self._search.suspend(table.name)
        with sqlite.failures(self._name):
            return self._database.executemany(
                sql, _stored(table, [i for i, name in enumerate(stored) if name is None], rows)
            ).rowcount

    def finish(
        self, tables: Sequence[Table], nulls: dict[str, list[Reference]], *, replace: bool
    ) -> Counter[tuple[str, str]]:
        """Set to NULL the new rows' references that lead nowhere, and build the indexes that are not up to date."""
        nulled: Counter[tuple[str, str]] = Counter()
        keys = {table.name: table.key.name for table in tables}
        for reference in (reference for found in nulls.values() for reference in found):
            nulled[reference.table, reference.column] += self._null(reference, keys[reference.table])
        for sql in self._indexes:
            self.query(sql)
        self._indexes = []
        with sqlite.failures(self._name):
            self._search.restore()
        return nulled

    def _null(self, reference: Reference, key: str) -> int:
        table, column, key = map(sqlite.quoted, (reference.table, reference.column, key))
        target, target_column = map(sqlite.quoted, (reference.target, reference.target_column))
        exists = self.query(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE", (reference.target,)
        )
        there = f"EXISTS (SELECT 1 FROM {target} t WHERE t.{target_column} = {table}.{column})" if exists else "false"
        with sqlite.failures(self._name):
            return self._database.execute(
                f"UPDATE {table} SET {column} = NULL WHERE {column} IS NOT NULL AND NOT {there}"
                f" AND {key} IN (SELECT key FROM temp.{sqlite.quoted(stage_name(reference.table))})"
            ).rowcount

    def _drop_indexes(self, table: str) -> None:
        found = self.query(
            "SELECT i.name, m.sql FROM pragma_index_list(?) i JOIN sqlite_master m ON m.name = i.name"
            " WHERE m.type = 'index' AND m.sql IS NOT NULL AND NOT i.\"unique\"",
            (table,),
        )
        for name, sql in found:
            self.query(f"DROP INDEX {sqlite.quoted(name)}")
            self._indexes.append(sql)


def _stored(table: Table, absent: list[int], rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """Values as SQLAlchemy and Django store them: times as text with a space and without an offset."""
    times = [i for i, column in enumerate(table.columns) if column.kind is Kind.TIME]
    for row in rows:
        for position in times:
            time = row[position]
            if time is not None:
                row[position] = f"{time[:10]} {time[11:26]}"
        for position in reversed(absent):
            del row[position]
        yield row
