"""Rows into PostgreSQL: COPY in one transaction, into the table itself or, where foreign keys watch it, beside it."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

import psycopg2
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from memoria.snapshot.database.postgresql import connection as postgresql
from memoria.snapshot.database.postgresql import encoding as postgresql_encoding
from memoria.snapshot.database.postgresql import notes as postgresql_changes
from memoria.snapshot.database.postgresql import schema
from memoria.snapshot.database.postgresql.connection import quoted
from memoria.snapshot.database.postgresql.copy import CopyText, with_numbers
from memoria.snapshot.database.postgresql.types import INTEGERS
from memoria.snapshot.database.unique_swap import freed
from memoria.snapshot.errors import DatabaseFailure, RowRefused, WriteCancelled
from memoria.snapshot.schema.facts import Column, ColumnFacts, Kind, Reference, Table, TableFacts

_PIECE = 1 << 18
_STAGE_TYPES = {Kind.INTEGER: "bigint", Kind.FLOAT: "double precision", Kind.BOOLEAN: "boolean"}


class PostgreSQLSink:
    vendor = "postgresql"
    indexing_locks_readers = True
    moves_into_place = True
    same = "IS NOT DISTINCT FROM"
    mark = "%s"
    numbers_notes = False

    def __init__(self, connection: BaseDatabaseWrapper, name: str, *, read_only: bool) -> None:
        self._connection = connection
        self._name = name
        self.holds_unicode = True
        self.md5 = "md5(convert_to({}, 'UTF8'))"
        self._is_part = False
        self._forget()

    def __enter__(self) -> Self:
        self._database, self._is_pooled = postgresql.lent(self._connection, self._name)
        # The plan stages keys in temporary tables, each statement by itself; only `transaction` spans statements.
        # Behind a pooler nothing may outlast a transaction, and so one spans all.
        self._be_between()
        self._cursor = self._database.cursor()
        self.holds_unicode = postgresql_encoding.of(self._database) in ("UTF8", postgresql_encoding.NONE)
        if postgresql_encoding.of(self._database) == postgresql_encoding.NONE:
            self.md5 = "md5({})"  # a conversion would refuse what is not UTF-8
        return self

    def __exit__(self, *error: object) -> None:
        postgresql.close(self._database)

    def _be_between(self) -> None:
        """Ready for what comes before, between and after the transactions."""
        if self._is_pooled:
            postgresql.begin(self._database, self._connection, self._name)
        else:
            self._database.autocommit = True

    def allow_writing(self) -> None:
        pass  # the server takes everything until it is told otherwise

    def facts(self) -> dict[str, TableFacts]:
        with postgresql.failures(self._name):
            return schema.facts(self._cursor)

    def elsewhere(self) -> dict[str, str]:
        with postgresql.failures(self._name):
            return schema.elsewhere(self._cursor)

    def count(self, table: str) -> int:
        return int(self.query(f"SELECT count(*) FROM {quoted(table)}")[0][0])

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with postgresql.failures(self._name):
            postgresql.waited_for(self._cursor, self._cursor.execute, sql, parameters or None)
            found: list[tuple[Any, ...]] = self._cursor.fetchall() if self._cursor.description else []
            return found

    def create_stage(self, name: str, columns: dict[str, Kind], collations: Mapping[str, str] | None = None) -> None:
        compared = {column: f" COLLATE {collation}" for column, collation in (collations or {}).items() if collation}
        described = ", ".join(
            f"{quoted(column)} {_STAGE_TYPES.get(kind, 'text')}{compared.get(column, '')}"
            for column, kind in columns.items()
        )
        self.query(f"CREATE TEMP TABLE {quoted(name)} ({described})")

    def analyze(self, name: str) -> None:
        self.query(f"ANALYZE {quoted(name)}")

    def stage(self, name: str, rows: list[tuple[Any, ...]]) -> None:
        with postgresql.failures(self._name):
            self._copy(f"COPY pg_temp.{quoted(name)} FROM STDIN", rows)

    def lock(self, table: str) -> None:
        self.query(f"LOCK TABLE {quoted(table)} IN SHARE ROW EXCLUSIVE MODE")

    @contextmanager
    def around(self) -> Iterator[Any]:
        with self.transaction([]):
            self._is_part = True
            try:
                yield self._database
            finally:
                self._is_part = False

    @contextmanager
    def transaction(self, tables: Sequence[str]) -> Iterator[None]:
        is_part = self._is_part
        if is_part:
            self.query("SAVEPOINT part")
        elif not self._is_pooled:
            self._database.autocommit = False
        try:
            for table in tables:
                self.lock(table)
            self._set_local()
            yield
            if is_part:
                self.query("RELEASE part")
            else:
                self._commit()
                self._be_between()
        except BaseException:
            with contextlib.suppress(psycopg2.Error):  # without a connection the server rolls back by itself
                self._roll_back(is_part=is_part)
            self._forget()
            raise

    @contextmanager
    def rehearsal(self, tables: Sequence[str]) -> Iterator[None]:
        begun = self._database.info.transaction_status != TRANSACTION_STATUS_IDLE
        if not begun:
            self._database.autocommit = False
        self.query("SAVEPOINT rehearsal")
        try:
            for table in tables:
                self.lock(table)
            self._judge_at_once()
            yield
        finally:
            self._forget()
            with contextlib.suppress(psycopg2.Error):
                self._cursor.execute("ROLLBACK TO rehearsal")
                if not begun:
                    self._database.rollback()
                    self._database.autocommit = True

    def _judge_at_once(self) -> None:
        """What would be looked at in the commit, but for references, whose targets may be written later."""
        found = self.query(
            "SELECT DISTINCT conname, connamespace::regnamespace::text FROM pg_constraint"
            " WHERE condeferrable AND contype <> 'f' AND conrelid <> 0 AND pg_table_is_visible(conrelid)"
        )
        if found:
            self.query(f"SET CONSTRAINTS {', '.join(f'{schema}.{quoted(name)}' for name, schema in found)} IMMEDIATE")

    @contextmanager
    def part(self) -> Iterator[None]:
        self.query("SAVEPOINT batch")
        try:
            yield
        except DatabaseFailure:
            self._cursor.execute("ROLLBACK TO batch")
            self._forget()
            raise
        self.query("RELEASE batch")

    def _roll_back(self, *, is_part: bool) -> None:
        if is_part:
            self._cursor.execute("ROLLBACK TO part")
        else:
            self._database.rollback()
            self._be_between()

    def _forget(self) -> None:
        """What a transaction left to be done at its end."""
        self._indexes: list[str] = []
        self._waiting: dict[str, list[str]] = {}
        self._upserts: set[str] = set()
        self._staged: Counter[str] = Counter()
        self._numbered: list[tuple[str, str]] = []

    def _commit(self) -> None:
        if self._is_pooled:
            for (name,) in self.query(
                "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'"
            ):
                self.query(f"DROP TABLE pg_temp.{quoted(name)}")
        with postgresql.failures(self._name):
            try:
                self._database.commit()
            except psycopg2.Error as error:
                if not postgresql.is_lost(error):
                    raise
                raise DatabaseFailure(
                    f"the connection to {self._name} was lost during the commit: whether the rows were imported is"
                    " unknown; it is safe to run the import again"
                ) from error

    def clear(self, table: Table) -> int:
        self.query(f"DELETE FROM {quoted(table.name)}")
        return int(self._cursor.rowcount)

    def orphans(self, table: Table) -> int:
        return 0

    def expression(self, column: Column, fact: ColumnFacts | None) -> str:
        return postgresql_changes.expression(column, fact)

    def stored(self, table: Table, facts: TableFacts, keys: Sequence[Any]) -> dict[Any, list[Any]]:
        try:
            return postgresql_changes.stored(self.query, table, facts, keys)
        except RowRefused as error:  # the server cannot convert what it holds
            raise DatabaseFailure(
                f"{self._name}: a row of {table.name} that is there cannot be compared: {error.reason}; export-data"
                " names it"
            ) from error

    def dimensions(self, namespace: str, tables: Sequence[str]) -> set[int]:
        """Lengths of embeddings in a namespace; of each table some are looked at."""
        found: set[int] = set()
        for table in tables:
            length = "CASE WHEN json_typeof(e) = 'array' THEN json_array_length(e) END"
            sql = (
                f"SELECT DISTINCT {length} FROM (SELECT embedding::json AS e FROM {quoted(table)}"
                " WHERE namespace = %s AND embedding IS NOT NULL LIMIT 100) t"
            )
            found |= {length for (length,) in self.query(sql, (namespace,)) if length}
        return found

    def fingerprint(self, table: str) -> str:
        """Of where each version of a row stands and which transaction wrote it: no row is read."""
        version = "hashtextextended(concat_ws(' ', t.tableoid, t.ctid, t.xmin), 0)::numeric"
        ((count, total),) = self.query(f"SELECT count(*), coalesce(sum({version}), 0)::text FROM {quoted(table)} t")
        return f"{count}:{total}"

    def digest(self, facts: TableFacts) -> str:
        return postgresql_changes.digest(facts)

    def keep(self, number: int, last: int, table: Table, facts: TableFacts, condition: str) -> None:
        postgresql_changes.keep(self.query, number, last, table, facts, condition)

    def restore(self, number: int, table: Table, facts: TableFacts) -> int:
        for fact in facts.columns.values():
            if fact.numbered and fact.name != table.key.name:  # a row in its place gets the number back that it had
                self._number(table.name, fact.name, "BY DEFAULT")
                self._numbered.append((table.name, fact.name))
        found = postgresql_changes.restore(self.query, number, table, facts)
        return int(self._cursor.rowcount) if found else 0

    def _number(self, table: str, column: str, how: str) -> None:
        self.query(f"ALTER TABLE {quoted(table)} ALTER {quoted(column)} SET GENERATED {how}")

    def delete(self, table: Table, condition: str) -> int:
        self.query(f"DELETE FROM {quoted(table.name)} t WHERE {condition}")
        return int(self._cursor.rowcount)

    def insert(self, table: Table, rows: Iterable[list[Any]], *, bulk: bool, beside: bool, upsert: bool = False) -> int:
        """With `bulk` the table's secondary indexes are dropped, and built by `finish` from sorted entries.

        With `beside` the rows wait in a temporary table for `finish` to move them: a row that other tables refer to
        must be changed in place, because deleting it would delete or change those rows too; and a reference can only
        be set to NULL before the foreign key sees it.
        """
        existing = self._existing(table)
        stored = [column.stored_as(existing) for column in table.columns]
        columns = [name for name in stored if name is not None]
        absent = [i for i, name in enumerate(stored) if name is None]
        numbers = [
            i
            for i, c in enumerate(table.columns)
            if c.kind is Kind.BOOLEAN and existing.get(stored[i] or "") in INTEGERS
        ]
        if bulk:
            self._drop_indexes(table)
        if numbers:
            rows = with_numbers(rows, numbers)
        if absent:
            rows = ([v for i, v in enumerate(row) if i not in absent] for row in rows)
        names = ", ".join(map(quoted, columns))
        target = quoted(table.name)
        if upsert:
            self._upserts.add(table.name)
        if beside or upsert:
            target = quoted(_beside(table.name))
            self.query(
                f"CREATE TEMP TABLE IF NOT EXISTS {target} AS SELECT {names} FROM {quoted(table.name)} WHERE false"
            )
            self._waiting[table.name] = columns
        with postgresql.failures(self._name):
            copied = self._copy(f"COPY {target} ({names}) FROM STDIN", rows)
        self._staged[table.name] += copied
        return copied

    def finish(
        self, tables: Sequence[Table], nulls: dict[str, list[Reference]], *, replace: bool
    ) -> Counter[tuple[str, str]]:
        """Move the rows that wait, build the indexes that were dropped, put the sequences past the highest key."""
        nulled: Counter[tuple[str, str]] = Counter()
        for table in tables:
            if table.name in self._waiting:
                for reference in nulls.get(table.name, ()):
                    nulled[table.name, reference.column] += self._null(table, reference, replace)
                self._move(table, self._waiting.pop(table.name), replace)
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
                self._advance_sequence(table)
        return nulled

    def _null(self, table: Table, reference: Reference, replace: bool) -> int:
        """A target may wait itself, and then no other row of its table stays where rows are replaced."""
        column = quoted(reference.column)
        exists = self.query("SELECT to_regclass(%s) IS NOT NULL", (quoted(reference.target),)) == [(True,)]
        waits = reference.target in self._waiting
        places = [reference.target] if exists and not (waits and replace) else []
        places += [_beside(reference.target)] if waits else []
        nowhere = "".join(
            f" AND NOT EXISTS (SELECT 1 FROM {quoted(place)} t WHERE t.{quoted(reference.target_column)} = w.{column})"
            for place in places
        )
        self.query(f"UPDATE {quoted(_beside(table.name))} w SET {column} = NULL WHERE {column} IS NOT NULL{nowhere}")
        return int(self._cursor.rowcount)

    def _move(self, table: Table, columns: list[str], replace: bool) -> None:
        target, waiting, key = quoted(table.name), quoted(_beside(table.name)), quoted(table.key.name)
        names = ", ".join(map(quoted, columns))
        merge = ""
        in_place = not replace or table.key.name in self.facts()[table.name].distinct
        if replace:
            stays = f"EXISTS (SELECT 1 FROM {waiting} w WHERE w.{key} = t.{key})"
            # No other table can refer to rows that no index tells apart.
            self.query(f"DELETE FROM {target} t" + (f" WHERE NOT {stays}" if in_place else ""))
        if (replace and in_place) or table.name in self._upserts:
            self._free_uniques(table, columns)
            new = [f"{quoted(c)} = EXCLUDED.{quoted(c)}" for c in columns if c != table.key.name]
            # In a table that is replaced a row keeps nothing of the old one, also where no snapshot knows the column.
            others = sorted(self._existing(table).items())
            reset = [c for c, type in others if c not in columns and (replace or type == "tsvector")]
            changes = ", ".join(new + [f"{quoted(c)} = DEFAULT" for c in reset])
            merge = f" ON CONFLICT ({key}) DO UPDATE SET {changes}"
        self.query(f"INSERT INTO {target} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {waiting}{merge}")
        moved, staged = int(self._cursor.rowcount), self._staged.pop(table.name)
        if moved != staged:
            verb = "written" if merge else "inserted"
            raise WriteCancelled(table.name, verb, moved, staged, self.facts()[table.name].triggers)
        self.query(f"DROP TABLE {waiting}")

    def _free_uniques(self, table: Table, columns: Sequence[str]) -> None:
        """Rows change one after the other, and until all have, none may hold what another one is to get."""
        target, waiting, key = quoted(table.name), quoted(_beside(table.name)), quoted(table.key.name)
        new = set(columns) - {table.key.name}
        for unique, column, place in freed(self.facts()[table.name], new, "t.ctid::text"):
            changed = " OR ".join(f"w.{quoted(c)} IS DISTINCT FROM t.{quoted(c)}" for c in unique if c in new)
            self.query(
                f"UPDATE {target} t SET {quoted(column)} = {place} FROM {waiting} w"
                f" WHERE w.{key} = t.{key} AND ({changed})"
            )

    def _set_local(self) -> None:
        offered = self.query("SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
        if offered == [(True,)]:
            # Compressing long values is most of the server's work, and lz4 does it in a fraction of the time.
            self.query("SET LOCAL default_toast_compression = 'lz4'")

    def _existing(self, table: Table) -> dict[str, str]:
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

    def _advance_sequence(self, table: Table) -> None:
        ((sequence, highest),) = self.query(
            f"SELECT pg_get_serial_sequence(%s, %s), (SELECT max({quoted(table.key.name)}) FROM {quoted(table.name)})",
            (quoted(table.name), table.key.name),
        )
        if sequence is None or highest is None:
            return
        ((last, called),) = self.query(f"SELECT last_value, is_called FROM {sequence}")
        if last > highest or (last == highest and called):
            return
        if self.query("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = %s::regclass", (sequence,)) == [
            (True,)
        ]:
            # Unlike setval, RESTART is undone by a rollback, and so is nextval after it. Not highest + 1: that may be
            # more than the sequence can count to.
            self.query(f"ALTER SEQUENCE {sequence} RESTART WITH {int(highest)}")
            self.query("SELECT nextval(%s)", (sequence,))
        else:
            # Only its owner may alter it. What a rollback leaves is a gap in the numbers.
            self.query("SELECT setval(%s, %s)", (sequence, int(highest)))

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


def _beside(table: str) -> str:
    return f"memoria_beside_{table}"
