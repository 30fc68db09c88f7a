"""Rows out of SQLite: one read transaction, JSON columns embedded as the text they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from memoria.snapshot.database.sql import quoted
from memoria.snapshot.database.sqlite import connection as sqlite
from memoria.snapshot.database.sqlite.adapter import SQLiteAdapter
from memoria.snapshot.database.sqlite.encoder import SQLiteEncoder
from memoria.snapshot.errors import InvalidValue
from memoria.snapshot.report import TWICE, Issue
from memoria.snapshot.schema.facts import ALL, Column, Kind, Table
from memoria.snapshot.times import canonical_time
from memoria.text import is_unicode

if TYPE_CHECKING:
    from memoria.snapshot.database import Emit, Refuse

_BATCH = 1 << 20
"""Bytes handed on at once."""


class SQLiteSource(SQLiteAdapter):
    def __enter__(self) -> Self:
        self._database = sqlite.connect(self._connection, self._name, read_only=True)
        with self.failures():
            self._database.create_function("canonical_time", 1, _time, deterministic=True)
            ((self._encoding,),) = self._database.execute("PRAGMA encoding")
            self._database.create_function("utf8_bytes", 1, self._utf8_bytes, deterministic=True)
            self._database.execute("BEGIN")
            self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the moment is now
        return self

    def __exit__(self, *error: object) -> None:
        self._database.close()

    def namespaces(self, table: str, *, where: str = ALL) -> dict[str, int]:
        """One that is not UTF-8 has its bytes escaped, and its rows are refused as they are read."""
        sql = (
            f"SELECT CAST(namespace AS BLOB), count(*) FROM {quoted(table)}"
            f" WHERE typeof(namespace) = 'text' AND ({where}) GROUP BY namespace COLLATE BINARY"
        )
        errors = "surrogateescape" if self._encoding == "UTF-8" else "replace"
        return {namespace.decode(self._encoding, errors): count for namespace, count in self.query(sql)}

    def at_or_after(self, column: str, moment: str) -> str:
        return f"canonical_time({column}) >= '{moment}'"

    def literal(self, text: str) -> str:
        if not is_unicode(text):
            return f"CAST(x'{text.encode('utf-8', 'surrogateescape').hex()}' AS TEXT)"
        return "'" + text.replace("'", "''") + "'"

    def elements(self, column: str) -> str:
        return f"json_each(CASE WHEN json_valid({column}) AND json_type({column}) = 'array' THEN {column} END) e"

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
        encoder = SQLiteEncoder(list(columns.values()))
        key_at = list(columns).index(table.key.name)
        last: Any = None
        batch: list[bytes] = []
        size = 0
        with self.failures():
            for row in self._tuples(table, list(columns), where):
                try:
                    if row[key_at] == last and last is not None:
                        raise InvalidValue(TWICE)
                    line = encoder.encode(row)
                except InvalidValue as error:
                    refuse(Issue(table.name, error.reason, key=_name(row[key_at])))
                    continue
                last = row[key_at]
                batch.append(line)
                size += len(line)
                if size >= _BATCH:
                    emit(batch)
                    batch, size = [], 0
        emit(batch)

    def _tuples(self, table: Table, columns: Sequence[str], where: str) -> Iterator[tuple[Any, ...]]:
        """Rows in key order. Text that is not UTF-8 ends a query; from there on it is read with its bytes escaped."""
        select = (
            f"SELECT {', '.join(map(quoted, columns))} FROM {quoted(table.name)} WHERE ({where})"
            f" ORDER BY {self._key_order(table)}"
        )
        read = 0
        try:
            for row in self._database.execute(select):
                read += 1
                yield row
            return
        except sqlite3.OperationalError as error:
            if "decode" not in str(error):
                raise
        self._database.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        # Whatever the keys are, and however often one stands there, the same query gives the same order.
        yield from self._database.execute(f"{select} LIMIT -1 OFFSET {read}")

    def _key_order(self, table: Table) -> str:
        """An expression that sorts by the key's bytes in UTF-8, whatever its collation and the database's encoding."""
        key = quoted(table.key.name)
        if table.key.kind is Kind.INTEGER:
            return key
        if self._encoding == "UTF-8":
            return f"{key} COLLATE BINARY"
        return f"CASE typeof({key}) WHEN 'text' THEN utf8_bytes(CAST({key} AS BLOB)) ELSE {key} END"

    def _utf8_bytes(self, data: bytes) -> bytes:
        """Text in the database's encoding, which may hold half a surrogate pair, as UTF-8 would have it."""
        try:
            return data.decode(self._encoding, "surrogatepass").encode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return data


def _name(key: Any) -> str | None:
    """A key for a message, whatever is in its column."""
    if isinstance(key, bytes):
        return key.decode("utf-8", "backslashreplace")
    return None if key is None else str(key)


def _time(value: Any) -> Any:
    """A stored time in the spelling that can be compared; what is none comes after all times, so that it is found."""
    try:
        return canonical_time(value)
    except (InvalidValue, TypeError):
        return None if value is None else "~"
