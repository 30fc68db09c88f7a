"""Rows out of PostgreSQL: COPY of row_to_json in one REPEATABLE READ transaction, on one connection or several."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import IO, TYPE_CHECKING, Any, Self

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import errors

from memoria.snapshot.database.postgresql import connection as postgresql
from memoria.snapshot.database.postgresql import encoding as postgresql_encoding
from memoria.snapshot.database.postgresql import pooler as postgresql_pooler
from memoria.snapshot.database.postgresql import schema
from memoria.snapshot.database.postgresql.adapter import PostgreSQLAdapter
from memoria.snapshot.database.postgresql.encoder import BinaryRows, Checked
from memoria.snapshot.database.postgresql.types import expression, faults, is_json_null
from memoria.snapshot.database.sql import quoted
from memoria.snapshot.report import Issue
from memoria.snapshot.rows.parser_types import JSON_NULL
from memoria.snapshot.schema.facts import ALL, Column, ColumnFacts, Kind, Table, TableFacts

if TYPE_CHECKING:
    from memoria.snapshot.database import Emit, Refuse

_PART_ROWS = 500
_PART_MEMORY = 8 << 20
_SHORT_JSON = 2000
"""Stored bytes below which a JSON value may be the word null; a longer one is not fetched to be looked at."""


class PostgreSQLSource(PostgreSQLAdapter):
    def __init__(self, connection: BaseDatabaseWrapper, name: str) -> None:
        super().__init__(connection, name)
        self._others: list[Any] = []

    def __enter__(self) -> Self:
        self._database = self._connected()
        with self.failures():
            self._cursor = self._database.cursor()
            self._facts = schema.facts(self._cursor)  # the moment is now
        self._encoding = postgresql_encoding.of(self._database)
        return self

    def _connected(self, snapshot: str | None = None) -> Any:
        """A connection in a transaction that sees a snapshot, or is the first to see its own."""
        database, is_pooled = postgresql.lent(self._connection, self._name)
        database.set_session(isolation_level="REPEATABLE READ", readonly=True)
        if is_pooled:
            postgresql_pooler.require_transactions(database, self._name)
        if snapshot is not None:
            with database.cursor() as cursor:
                cursor.execute("SET TRANSACTION SNAPSHOT %s", (snapshot,))
        if is_pooled:
            postgresql.begin(database, self._connection, self._name)
        return database

    def __exit__(self, *error: object) -> None:
        for database in (*self._others, self._database):
            postgresql.close(database)

    def facts(self) -> dict[str, TableFacts]:
        return self._facts

    def namespaces(self, table: str, *, where: str = ALL) -> dict[str, int]:
        return dict(
            self.query(
                f"SELECT namespace, count(*) FROM {quoted(table)} WHERE namespace IS NOT NULL AND ({where})"
                ' GROUP BY namespace ORDER BY namespace COLLATE "C"'
            )
        )

    def at_or_after(self, column: str, moment: str) -> str:
        return f"{column} >= '{moment.removesuffix('Z')}'"  # of both kinds: the session's time zone is UTC

    def literal(self, text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    def elements(self, column: str) -> str:
        array = f"CASE WHEN json_typeof({column}::json) = 'array' THEN {column}::json END"
        return f"json_array_elements_text({array}) e(value)"

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
        fit = f"({where}) AND NOT ({self._unfit(table, columns, refuse, where)})"
        distinct = table.key.name in self._facts[table.name].distinct
        may_be_bytes = self._encoding == postgresql_encoding.NONE
        checked = Checked(table, emit, refuse, distinct=distinct, may_be_bytes=may_be_bytes)
        select = self._select(table, columns)
        jobs = jobs if where == ALL and self.count(table.name) > _PART_ROWS else 1
        with self.failures(), postgresql.quiet_driver():
            if self._encoding in postgresql_encoding.WHOLE:
                self._read(table, select, fit, jobs, checked.take)
            else:
                self._read_converted(table, columns, select, fit, jobs, checked, refuse)
        checked.flush()

    def _read(self, table: Table, select: str, fit: str, jobs: int, take: Callable[[bytes], None]) -> None:
        order = self._key_order(table)
        from_where = f"FROM {quoted(table.name)} WHERE {fit}"
        if jobs == 1:
            self._copy(self._cursor, select.format(f"{from_where} ORDER BY {order}"), take)
            return
        ranges = self._ranges(table, jobs)
        queries = (select.format(f"{from_where} AND {part} ORDER BY {order}") for part in ranges)
        for part in self._copied_by_many(queries, jobs):
            for line in part:
                take(line[:-1])

    def _read_converted(
        self,
        table: Table,
        columns: Mapping[str, Column],
        select: str,
        fit: str,
        jobs: int,
        checked: Checked,
        refuse: Refuse,
    ) -> None:
        """As `_read`, where a text may hold what UTF-8 lacks: the server then ends the query at its row."""
        if jobs > 1 and not self._others:
            self._connect_others(jobs)  # no savepoint can be shared
        self._cursor.execute("SAVEPOINT reading")
        try:
            self._read(table, select, fit, jobs, checked.take)
        except (errors.UntranslatableCharacter, errors.CharacterNotInRepertoire):
            self._cursor.execute("ROLLBACK TO SAVEPOINT reading")
            for database in self._others:
                database.close()
            self._others = []
            found = postgresql_encoding.unconverted(self._database, table, list(columns), fit)
            for row in found:
                refuse(Issue(table.name, row.reason, key=row.key))
            places = ", ".join(f"'{row.place}'" for row in found)
            before = iter(range(checked.taken))  # these came already: what is left out stands behind them
            self._read(
                table,
                select,
                f"{fit} AND tableoid || ' ' || ctid::text NOT IN ({places})",
                1,
                lambda row: checked.take(row) if next(before, None) is None else None,
            )
        self._cursor.execute("RELEASE SAVEPOINT reading")

    def _copy(self, cursor: Any, select: str, take: Callable[[bytes], None]) -> None:
        # In the binary format the server hands over a row's text as it is; in the others it looks at every byte.
        cursor.copy_expert(f"COPY ({select}) TO STDOUT (FORMAT binary)", BinaryRows(take))

    def _select(self, table: Table, columns: Mapping[str, Column]) -> str:
        """A query with a place for its FROM clause; it makes one JSON object of each row, after sorting."""
        types = self._facts[table.name].columns
        expressions = ", ".join(f"{_expression(c, types[name])} AS {quoted(c.name)}" for name, c in columns.items())
        rows = f"(SELECT {', '.join(map(quoted, columns))} {{}} OFFSET 0) t"
        is_null = {c.name: _is_json_null(types[name]) for name, c in columns.items() if c.kind is Kind.JSON}
        some_null = " OR ".join(is_null.values()) or "false"
        if self.query(f"SELECT EXISTS (SELECT 1 FROM {quoted(table.name)} t WHERE {some_null})") == [(False,)]:
            return f"SELECT row_to_json(j) FROM (SELECT {expressions} FROM {rows}) j"
        named = ", ".join(f"CASE WHEN {condition} THEN '{name}' END" for name, condition in is_null.items())
        marker = f"array_remove(ARRAY[{named}], NULL) AS {quoted(JSON_NULL)}"
        return (
            f"SELECT CASE WHEN {some_null} THEN (SELECT row_to_json(j) FROM (SELECT {expressions}, {marker}) j)"
            f" ELSE (SELECT row_to_json(j) FROM (SELECT {expressions}) j) END FROM {rows}"
        )

    def _unfit(self, table: Table, columns: Mapping[str, Column], refuse: Refuse, where: str) -> str:
        """A condition for the rows that no snapshot can hold; each of them is refused here, by its key."""
        types = self._facts[table.name].columns
        version = self._database.server_version
        unfit = [f for name, c in columns.items() for f in faults(c, types[name], quoted(name), version)]
        any_fault = " OR ".join(fault.condition for fault in unfit) or "false"
        if self.query(f"SELECT EXISTS (SELECT 1 FROM {quoted(table.name)} WHERE {any_fault})") == [(False,)]:
            return "false"
        for number, fault in enumerate(unfit):
            # A row with two faults is one row.
            refused = "".join(f" AND NOT {other.condition}" for other in unfit[:number])
            found = self.query(
                f"SELECT {quoted(table.key.name)}::text, left({quoted(fault.column)}::text, 200)"
                f" FROM {quoted(table.name)} WHERE ({where}) AND {fault.condition}{refused}"
                f" ORDER BY {self._key_order(table)}"
            )
            for key, value in found:
                what = "NULL" if value is None else value
                refuse(Issue(table.name, f"{fault.column} is {what}, {fault.reason}", key=key))
        return any_fault

    def _key_order(self, table: Table) -> str:
        """An expression that sorts by the key's bytes; where that is its order, the bare key, which has an index."""
        key = quoted(table.key.name)
        if table.key.kind is not Kind.INTEGER and self._encoding not in postgresql_encoding.WHOLE:
            return f"convert_to({key}, 'UTF8')"
        in_byte_order = table.key.kind is Kind.INTEGER or self.query(
            "SELECT c.collname IN ('C', 'POSIX') OR (c.collname = 'default' AND d.datcollate IN ('C', 'POSIX')"
            " AND coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c')"
            " FROM pg_database d, pg_attribute a JOIN pg_collation c ON c.oid = a.attcollation"
            " WHERE d.datname = current_database() AND a.attrelid = to_regclass(%s) AND a.attname = %s",
            (quoted(table.name), table.key.name),
        ) == [(True,)]
        return key if in_byte_order else f'{key} COLLATE "C"'

    def _ranges(self, table: Table, jobs: int) -> list[str]:
        """Conditions on the key that cut the table into consecutive parts.

        Where the key's index has the order of bytes, many small parts; elsewhere each part costs a scan, so one a job.
        """
        key = quoted(table.key.name)
        order = self._key_order(table)
        bound = order if order.startswith("convert_to") else key
        indexed = order == key
        step = _PART_ROWS if indexed else -(-self.count(table.name) // jobs)
        bounds = self._fetched(
            f"SELECT quote_literal({bound}) FROM (SELECT {key}, row_number() OVER (ORDER BY {order}) AS n"
            f" FROM {quoted(table.name)} WHERE {key} IS NOT NULL) numbered"
            f" WHERE n > 1 AND n % {step} = 1 ORDER BY {order}"
        )
        edges = [None, *(bound for (bound,) in bounds), None]
        return [
            " AND ".join([f"{order} >= {low}" if low else "true", f"{order} < {high}" if high else "true"])
            for low, high in pairwise(edges)
        ]

    def _connect_others(self, jobs: int) -> None:
        ((snapshot,),) = self.query("SELECT pg_export_snapshot()")
        for _ in range(jobs):
            self._others.append(self._connected(snapshot))

    def _copied_by_many(self, queries: Iterable[str], jobs: int) -> Iterator[IO[bytes]]:
        """The results of the queries in order, each copied by one of `jobs` connections that share this moment."""
        if not self._others:
            self._connect_others(jobs)
        free = [database.cursor() for database in self._others]

        def copied(query: str) -> IO[bytes]:
            part: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_PART_MEMORY, prefix="memoria-")  # noqa: SIM115
            cursor = free.pop()
            self._copy(cursor, query, lambda row: part.writelines((row, b"\n")))
            free.append(cursor)
            part.seek(0)
            return part

        with ThreadPoolExecutor(jobs) as pool:
            waiting: list[Future[IO[bytes]]] = []
            for query in queries:
                waiting.append(pool.submit(copied, query))
                if len(waiting) > jobs:
                    with waiting.pop(0).result() as part:
                        yield part
            for future in waiting:
                with future.result() as part:
                    yield part


def _expression(column: Column, fact: ColumnFacts) -> str:
    return expression(column, fact, f"t.{quoted(fact.name)}")


def _is_json_null(fact: ColumnFacts) -> str:
    name = f"t.{quoted(fact.name)}"
    return f"(pg_column_size({name}) < {_SHORT_JSON} AND {is_json_null(fact, name)})"
