"""Rows into SQLite: one transaction, indexes built once at its end."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace as replaced
from typing import Any, Self

import msgspec

from memoria.snapshot.database.base import stored
from memoria.snapshot.database.sql import quoted
from memoria.snapshot.database.sqlite import connection as sqlite
from memoria.snapshot.database.sqlite import notes
from memoria.snapshot.database.sqlite.search import SearchIndex, unwritable
from memoria.snapshot.database.sqlite.transactions import Transactions
from memoria.snapshot.schema.facts import Column, ColumnFacts, Kind, Reference, Table, TableFacts, stage_name

_ROWS_AT_ONCE = 500


class SQLiteSink(Transactions):
    holds_unicode = True
    md5 = "md5({})"

    def __enter__(self) -> Self:
        self._database = sqlite.connect(self._connection, self._name, read_only=self._read_only)
        with self.failures():
            self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            notes.create_functions(self._database)
        self._forget()
        return self

    def __exit__(self, *error: object) -> None:
        self._database.close()

    def allow_writing(self) -> None:
        self._database.close()
        self._read_only = False
        self.__enter__()

    def _forget(self) -> None:
        self._indexes: list[str] = []
        self._search = SearchIndex(self._database)

    def facts(self) -> dict[str, TableFacts]:
        facts = super().facts()
        with self.failures():
            reasons = unwritable(self._database)
        every = "its file cannot be written" if self._read_only and not sqlite.is_writable(self._connection) else ""
        return {name: replaced(found, unwritable=every or reasons.get(name, "")) for name, found in facts.items()}

    def changed(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        with self.failures():
            return self._database.execute(sql, parameters).rowcount

    def analyze(self, name: str) -> None:
        pass  # its indexes tell it enough

    def stage(self, name: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            with self.failures():
                self._database.execute("SAVEPOINT stage")
                marks = self.dialect.marks(len(rows[0]))
                self._database.executemany(f"INSERT INTO temp.{quoted(name)} VALUES ({marks})", rows)
                self._database.execute("RELEASE stage")

    def orphans(self, table: Table) -> int:
        return int(self.query("SELECT count(*) FROM pragma_foreign_key_check(?)", (table.name,))[0][0])

    def expression(self, column: Column, fact: ColumnFacts | None) -> str:
        return notes.expression(column, fact)

    def stored(self, table: Table, facts: TableFacts, keys: Sequence[Any]) -> dict[Any, list[Any]]:
        with self.failures():
            return notes.stored(self._database, table, facts, keys)

    def fingerprint(self, table: str) -> str:
        """Of the rows themselves: SQLite does not mark their versions."""
        digest, condition = hashlib.blake2b(digest_size=16), ""
        encode_into, buffer = msgspec.msgpack.Encoder().encode_into, bytearray()
        while rows := self.query(
            f"SELECT rowid, * FROM {quoted(table)} {condition} ORDER BY rowid LIMIT {_ROWS_AT_ONCE}"
        ):
            encode_into(rows, buffer)
            digest.update(buffer)
            condition = f"WHERE rowid > {rows[-1][0]}"
        return digest.hexdigest()

    def digest(self, facts: TableFacts) -> str:
        return notes.digest(facts)

    def keep(self, number: int, last: int, table: Table, facts: TableFacts, condition: str) -> None:
        with self.failures():
            notes.keep(self._database, number, last, table, facts, condition)

    def restore(self, number: int, table: Table, facts: TableFacts) -> int:
        self._suspend_search(table)
        with self.failures():
            return notes.restore(self._database, number, table, facts)

    def delete(self, table: Table, condition: str = "") -> int:
        self._suspend_search(table)
        return super().delete(table, condition)

    def _suspend_search(self, table: Table) -> None:
        with self.failures():
            self._search.suspend(table.name)

    def insert(self, table: Table, rows: Iterable[list[Any]], *, bulk: bool, beside: bool, upsert: bool = False) -> int:
        """With `bulk` the table's secondary indexes are dropped, and built by `finish` from sorted entries."""
        columns = stored(
            table, [name for (name,) in self.query("SELECT name FROM pragma_table_info(?)", (table.name,))]
        )
        names = list(map(quoted, columns.names))
        if bulk:
            self._drop_indexes(table.name)
        sql = f"INSERT INTO {quoted(table.name)} ({', '.join(names)}) VALUES ({self.dialect.marks(len(names))})"
        if upsert:
            changes = ", ".join(f"{name} = excluded.{name}" for name in names)
            sql += f" ON CONFLICT ({quoted(table.key.name)}) DO UPDATE SET {changes}"
            self._suspend_search(table)
        with self.failures():
            return self._database.executemany(sql, columns.of(_with_times(table, rows))).rowcount

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
        with self.failures():
            self._search.restore()
        return nulled

    def _null(self, reference: Reference, key: str) -> int:
        table, column, key = map(quoted, (reference.table, reference.column, key))
        target, target_column = map(quoted, (reference.target, reference.target_column))
        exists = self.query(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE", (reference.target,)
        )
        there = f"EXISTS (SELECT 1 FROM {target} t WHERE t.{target_column} = {table}.{column})" if exists else "false"
        return self.changed(
            f"UPDATE {table} SET {column} = NULL WHERE {column} IS NOT NULL AND NOT {there}"
            f" AND {key} IN (SELECT key FROM temp.{quoted(stage_name(reference.table))})"
        )

    def _drop_indexes(self, table: str) -> None:
        found = self.query(
            "SELECT i.name, m.sql FROM pragma_index_list(?) i JOIN sqlite_master m ON m.name = i.name"
            " WHERE m.type = 'index' AND m.sql IS NOT NULL AND NOT i.\"unique\"",
            (table,),
        )
        for name, sql in found:
            self.query(f"DROP INDEX {quoted(name)}")
            self._indexes.append(sql)


def _with_times(table: Table, rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """Times as SQLAlchemy and Django store them: as text with a space and without an offset."""
    times = [i for i, column in enumerate(table.columns) if column.kind is Kind.TIME]
    for row in rows:
        for position in times:
            time = row[position]
            if time is not None:
                row[position] = f"{time[:10]} {time[11:26]}"
        yield row
