"""Rows into PostgreSQL: COPY in one transaction, into the table itself or, where foreign keys watch it, beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Self

from memoria.snapshot.database.base import stored
from memoria.snapshot.database.postgresql import connection as postgresql
from memoria.snapshot.database.postgresql import encoding, notes, schema
from memoria.snapshot.database.postgresql.beside import Beside
from memoria.snapshot.database.postgresql.copy import CopyText, with_numbers
from memoria.snapshot.database.postgresql.sequences import advance
from memoria.snapshot.database.postgresql.transactions import Transactions
from memoria.snapshot.database.postgresql.types import INTEGERS
from memoria.snapshot.database.sql import quoted
from memoria.snapshot.errors import DatabaseFailure, RowRefused
from memoria.snapshot.schema.facts import Column, ColumnFacts, Kind, Reference, Table, TableFacts

_PIECE = 1 << 18


class PostgreSQLSink(Transactions):
    holds_unicode = True
    md5 = "md5(convert_to({}, 'UTF8'))"

    def __enter__(self) -> Self:
        self._database, self._is_pooled = postgresql.lent(self._connection, self._name)
        self._be_between()
        self._cursor = self._database.cursor()
        self._forget()
        self.holds_unicode = encoding.of(self._database) in ("UTF8", encoding.NONE)
        if encoding.of(self._database) == encoding.NONE:
            self.md5 = "md5({})"  # a conversion would refuse what is not UTF-8
        return self

    def __exit__(self, *error: object) -> None:
        postgresql.close(self._database)

    def allow_writing(self) -> None:
        pass  # the server takes everything until it is told otherwise

    def _forget(self) -> None:
        self._indexes: list[str] = []
        self._beside = Beside(self)
        self._numbered: list[tuple[str, str]] = []

    def changed(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        self.query(sql, parameters)
        return int(self._cursor.rowcount)

    def analyze(self, name: str) -> None:
        self.query(f"ANALYZE {quoted(name)}")

    def stage(self, name: str, rows: list[tuple[Any, ...]]) -> None:
        with self.failures():
            self._copy(f"COPY pg_temp.{quoted(name)} FROM STDIN", rows)

    def orphans(self, table: Table) -> int:
        return 0

    def expression(self, column: Column, fact: ColumnFacts | None) -> str:
        return notes.expression(column, fact)

    def stored(self, table: Table, facts: TableFacts, keys: Sequence[Any]) -> dict[Any, list[Any]]:
        try:
            return notes.stored(self.query, table, facts, keys)
        except RowRefused as error:  # the server cannot convert what it holds
            raise DatabaseFailure(
                f"{self._name}: a row of {table.name} that is there cannot be compared: {error.reason}; export-data"
                " names it"
            ) from error

    def fingerprint(self, table: str) -> str:
        """Of where each version of a row stands and which transaction wrote it: no row is read."""
        version = "hashtextextended(concat_ws(' ', t.tableoid, t.ctid, t.xmin), 0)::numeric"
        ((count, total),) = self.query(f"SELECT count(*), coalesce(sum({version}), 0)::text FROM {quoted(table)} t")
        return f"{count}:{total}"

    def digest(self, facts: TableFacts) -> str:
        return notes.digest(facts)

    def keep(self, number: int, last: int, table: Table, facts: TableFacts, condition: str) -> None:
        notes.keep(self.query, number, last, table, facts, condition)

    def restore(self, number: int, table: Table, facts: TableFacts) -> int:
        for fact in facts.columns.values():
            if fact.numbered and fact.name != table.key.name:  # a row in its place gets the number back that it had
                self._number(table.name, fact.name, "BY DEFAULT")
                self._numbered.append((table.name, fact.name))
        found = notes.restore(self.query, number, table, facts)
        return int(self._cursor.rowcount) if found else 0

    def _number(self, table: str, column: str, how: str) -> None:
        self.query(f"ALTER TABLE {quoted(table)} ALTER {quoted(column)} SET GENERATED {how}")

    def insert(self, table: Table, rows: Iterable[list[Any]], *, bulk: bool, beside: bool, upsert: bool = False) -> int:
        """With `bulk` the table's secondary indexes are dropped, and built by `finish` from sorted entries.

        With `beside` the rows wait in a temporary table for `finish` to move them.
        """
        types = self._types(table)
        columns = stored(table, types)
        if bulk:
            self._drop_indexes(table)
        numbers = [
            i
            for i, c in enumerate(table.columns)
            if c.kind is Kind.BOOLEAN and types.get(c.stored_as(types) or "") in INTEGERS
        ]
        if numbers:
            rows = with_numbers(rows, numbers)
        waits = beside or upsert
        target = self._beside.place(table.name, columns.names, upsert=upsert) if waits else quoted(table.name)
        with self.failures():
            copied = self._copy(f"COPY {target} ({', '.join(map(quoted, columns.names))}) FROM STDIN", columns.of(rows))
        if waits:
            self._beside.wait(table.name, copied)
        return copied

    def finish(
        self, tables: Sequence[Table], nulls: dict[str, list[Reference]], *, replace: bool
    ) -> Counter[tuple[str, str]]:
        """Move the rows that wait, build the indexes that were dropped, put the sequences past the highest key."""
        nulled: Counter[tuple[str, str]] = Counter()
        waiting = [table for table in tables if table.name in self._beside]
        facts = self.facts() if waiting else {}
        for table in waiting:
            for reference in nulls.get(table.name, ()):
                nulled[table.name, reference.column] += self._beside.null(table.name, reference, replace=replace)
            self._beside.move(table, facts[table.name], replace=replace)
        if self._indexes or self._numbered:
            # Django's foreign keys wait for the commit, and no index can be built while a check of its table waits.
            self.query("SET CONSTRAINTS ALL IMMEDIATE")
        for sql in self._indexes:
            self.query(sql)
        self._indexes = []
        for name, column in self._numbered:
            self._number(name, column, "ALWAYS")
        self._numbered = []
        for table in tables:
            if table.key.kind is Kind.INTEGER:
                advance(self.query, table)
        return nulled

    def _types(self, table: Table) -> dict[str, str]:
        """Column -> type"""
        rows = self.query(
            f"{schema.BASE_TYPES} SELECT attname, format_type(coalesce(b.type, atttypid), NULL)"
            " FROM pg_attribute LEFT JOIN bases b ON b.domain = atttypid"
            " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
            (quoted(table.name),),
        )
        return dict(rows)

    def _drop_indexes(self, table: Table) -> None:
        found = self.query(
            "SELECT c.oid::regclass::text, pg_get_indexdef(c.oid)"
            " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE i.indrelid = to_regclass(%s) AND NOT i.indisunique AND c.reltablespace = 0 AND NOT i.indisclustered"
            " AND c.relkind = 'i' AND pg_has_role(c.relowner, 'USAGE')"
            " AND obj_description(c.oid) IS NULL ORDER BY c.relname",
            (quoted(table.name),),
        )
        for name, sql in found:
            self.query(f"DROP INDEX {name}")
            self._indexes.append(sql)

    def _copy(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Rows copied. An error raised by `rows` is raised as it is."""
        source = CopyText(rows)
        try:
            with postgresql.quiet_driver():
                postgresql.waited_for(self._cursor, self._cursor.copy_expert, sql, source, _PIECE)
        except Exception:
            if source.error is not None:
                raise source.error from None
            raise
        return int(self._cursor.rowcount)
