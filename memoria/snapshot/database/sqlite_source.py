"""Rows out of SQLite: one read transaction, JSON columns embedded as the text they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import msgspec
from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.snapshot.database import sqlite
from memoria.snapshot.errors import DatabaseFailure, InvalidValue
from memoria.snapshot.report import Issue
from memoria.snapshot.rows import RowEncoder
from memoria.snapshot.tables import Column, Kind, Table, TableFacts
from memoria.snapshot.values import MAX_ROW, canonical_time, check_json, one_line, shown

if TYPE_CHECKING:
    from memoria.snapshot.database import Emit, Refuse

_BATCH = 1 << 20
_INFINITY = float("inf")
_PYTHON_TYPES: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.INTEGER: (int,),
    Kind.FLOAT: (float, int),
    Kind.BOOLEAN: (int,),
    Kind.TIME: (str,),
    # A column declared JSON has NUMERIC affinity: SQLite has made numbers of the JSON texts that look like one.
    Kind.JSON: (str, int, float),
}
_BELONGS = {
    Kind.TEXT: "text",
    Kind.INTEGER: "a whole number",
    Kind.FLOAT: "a number",
    Kind.BOOLEAN: "0 or 1",
    Kind.TIME: "a time",
    Kind.JSON: "JSON",
}


class SQLiteSource:
    vendor = "sqlite"

    def __init__(self, connection: BaseDatabaseWrapper, name: str) -> None:
        self._connection = connection
        self._name = name

    def __enter__(self) -> Self:
        self._database = sqlite.connect(self._connection, self._name, read_only=True)
        with sqlite.failures(self._name):
            self._database.execute("BEGIN")
            self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the moment is now
        return self

    def __exit__(self, *error: object) -> None:
        self._database.close()

    def facts(self) -> dict[str, TableFacts]:
        with sqlite.failures(self._name):
            return sqlite.facts(self._database)

    def count(self, table: str, column: str | None = None) -> int:
        what = "*" if column is None else sqlite.quoted(column)
        with sqlite.failures(self._name):
            return int(self._database.execute(f"SELECT count({what}) FROM {sqlite.quoted(table)}").fetchone()[0])

    def namespaces(self, table: str) -> dict[str, int]:
        sql = f"SELECT namespace, count(*) FROM {sqlite.quoted(table)} GROUP BY namespace ORDER BY namespace"
        with sqlite.failures(self._name):
            try:
                return {namespace: count for namespace, count in self._database.execute(sql) if type(namespace) is str}
            except sqlite3.OperationalError as error:
                if "decode" in str(error):
                    return {}  # a namespace that is not UTF-8: the row itself is refused with its key
                raise

    def rows(self, table: Table, columns: Mapping[str, Column], emit: Emit, refuse: Refuse, *, jobs: int) -> None:
        encoder = _TableEncoder(table, list(columns.values()))
        batch: list[bytes] = []
        size = 0
        with sqlite.failures(self._name):
            for row in self._tuples(table, list(columns)):
                try:
                    line = encoder.encode(row)
                except InvalidValue as error:
                    key = row[encoder.key]
                    refuse(Issue(table.name, error.reason, key=None if key is None else str(key)))
                    continue
                batch.append(line)
                size += len(line)
                if size >= _BATCH:
                    emit(batch)
                    batch, size = [], 0
        emit(batch)

    def _tuples(self, table: Table, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Rows in key order. Text that is not UTF-8 ends a query; from there on it is read with its bytes escaped."""
        key = sqlite.quoted(table.key.name)
        position = columns.index(table.key.name)
        select = f"SELECT {', '.join(map(sqlite.quoted, columns))} FROM {sqlite.quoted(table.name)}"
        last: Any = None
        try:
            for row in self._database.execute(f"{select} ORDER BY {key}"):
                last = row[position]
                yield row
            return
        except sqlite3.OperationalError as error:
            if "decode" not in str(error):
                raise
        self._database.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        if last is None:
            yield from self._database.execute(f"{select} ORDER BY {key}")
        else:
            yield from self._database.execute(f"{select} WHERE {key} > ? ORDER BY {key}", (last,))


class _TableEncoder:
    """Checks that SQLite, which checks nothing, holds in each column what belongs there; then encodes the row."""

    def __init__(self, table: Table, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._encoder = RowEncoder(columns)
        self.key = [column.name for column in columns].index(table.key.name)
        self._good: set[tuple[type, ...]] = set()
        fits: dict[Kind, Callable[[Any], Any]] = {
            Kind.BOOLEAN: _boolean,
            Kind.TIME: canonical_time,
            Kind.FLOAT: _float,
        }
        self._fits = [(i, fits[c.kind]) for i, c in enumerate(columns) if c.kind in fits]
        self._fits += [(i, _within(c.minimum, c.maximum)) for i, c in enumerate(columns) if c.minimum is not None]
        self._jsons = [i for i, c in enumerate(columns) if c.kind is Kind.JSON]

    def encode(self, row: tuple[Any, ...]) -> bytes:
        types = tuple(map(type, row))
        if types not in self._good:
            self._check_types(row)
            self._good.add(types)
        values = list(row)
        position = 0
        try:
            for position, fit in self._fits:
                if values[position] is not None:
                    values[position] = fit(values[position])
            json_null = []
            for position in self._jsons:
                if values[position] is not None:
                    values[position] = _json(values[position])
                    if values[position] is None:
                        json_null.append(self._columns[position].name)
            line = self._encoder.encode(values, json_null)
        except InvalidValue as error:
            raise InvalidValue(f"{self._columns[position].name} {error.reason}") from None
        except UnicodeEncodeError:
            raise self._not_utf8(row) from None
        if len(line) > MAX_ROW:
            raise InvalidValue(f"the row is larger than {MAX_ROW >> 20} MiB")
        return line

    def _check_types(self, row: tuple[Any, ...]) -> None:
        for column, value in zip(self._columns, row, strict=True):
            if value is None:
                if not column.null:
                    raise InvalidValue(f"{column.name} is NULL, and may not be")
            elif type(value) not in _PYTHON_TYPES[column.kind]:
                raise InvalidValue(f"{column.name} is {shown(value)} where {_BELONGS[column.kind]} belongs")

    def _not_utf8(self, row: tuple[Any, ...]) -> InvalidValue:
        for column, value in zip(self._columns, row, strict=True):
            if isinstance(value, str):
                data = value.encode("utf-8", "surrogateescape")
                try:
                    data.decode()
                except UnicodeDecodeError:
                    return InvalidValue(f"{column.name} is not UTF-8: {shown(data)}")
        raise DatabaseFailure("a text could not be encoded")  # only surrogateescape makes such text


def _boolean(value: int) -> bool:
    if value not in (0, 1):
        raise InvalidValue(f"is {value} where 0 or 1 belongs")
    return value == 1


def _float(value: float) -> float | str:
    if -_INFINITY < value < _INFINITY:
        return value
    return "Infinity" if value > 0 else "-Infinity"


def _within(minimum: float | None, maximum: float | None) -> Callable[[Any], Any]:
    assert minimum is not None
    assert maximum is not None

    def fit(value: float | str) -> float:
        if isinstance(value, str) or not minimum <= value <= maximum:
            raise InvalidValue(f"is {value}, outside {minimum} to {maximum}")
        return value

    return fit


def _json(value: str | int | float) -> msgspec.Raw | None:
    """Raw JSON text; None for the JSON value null."""
    if type(value) is not str:
        if value in (_INFINITY, -_INFINITY):
            raise InvalidValue(f"is not JSON: {value}")
        return msgspec.Raw(repr(value).encode())
    text = one_line(value).encode()
    check_json(text)
    return None if text.strip() == b"null" else msgspec.Raw(text)
