"""Rows of SQLite kept as JSON and put back, and digests that tell whether a row is still what it was."""

from __future__ import annotations

import hashlib
import json
import marshal
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from memoria.json_bytes import encoded
from memoria.snapshot.database.sql import quoted
from memoria.snapshot.database.unique_swap import freed
from memoria.snapshot.errors import InvalidValue
from memoria.snapshot.schema.facts import Column, ColumnFacts, Kind, Table, TableFacts
from memoria.snapshot.times import canonical_time

_BLOB = "$blob"
_TIME_SIZE = len("2026-11-22 10:00:00.000000")
_MARSHAL = 2
"""A version of this encoding that depends on nothing but the values."""


def create_functions(database: sqlite3.Connection) -> None:
    database.create_function("memoria_digest", -1, _digest, deterministic=True)
    database.create_function("memoria_time", 1, _time, deterministic=True)
    database.create_function("md5", 1, _md5, deterministic=True)


def expression(column: Column, fact: ColumnFacts | None) -> str:
    """The value of a column of `t` as a decoded row has it, but for booleans, which are 0 and 1."""
    if fact is None:
        return "NULL"
    name = f"t.{quoted(fact.name)}"
    return f"memoria_time({name})" if column.kind is Kind.TIME else name


def stored(database: sqlite3.Connection, table: Table, facts: TableFacts, keys: Sequence[Any]) -> dict[Any, list[Any]]:
    names = [column.stored_as(facts.columns) for column in table.columns]
    values = ", ".join("NULL" if name is None else f"t.{quoted(name)}" for name in names)
    key = quoted(table.key.name)
    marks = ", ".join("?" * len(keys))
    sql = f"SELECT t.{key}, {values} FROM {quoted(table.name)} t WHERE t.{key} IN ({marks})"
    try:
        rows = database.execute(sql, keys).fetchall()
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
        rows = list(_exact(database, sql, keys))
    booleans = [i for i, column in enumerate(table.columns) if column.kind is Kind.BOOLEAN]
    times = [i for i, column in enumerate(table.columns) if column.kind is Kind.TIME]
    return {row[0]: _decoded(list(row[1:]), booleans, times) for row in rows}


def _decoded(values: list[Any], booleans: Sequence[int], times: Sequence[int]) -> list[Any]:
    for position in booleans:
        if values[position] in (0, 1):
            values[position] = values[position] == 1
    for position in times:
        text = values[position]
        if type(text) is str and len(text) == _TIME_SIZE and text[10] == " ":
            values[position] = f"{text[:10]}T{text[11:]}Z"
        else:
            values[position] = _time(text)
    return values


def digest(facts: TableFacts) -> str:
    """A digest of `t`."""
    return f"memoria_digest({', '.join(f't.{quoted(name)}' for name in facts.columns)})"


def keep(database: sqlite3.Connection, number: int, last: int, table: Table, facts: TableFacts, condition: str) -> None:
    """Note the rows that meet a condition as removed; every value stays what it is, also one that belongs nowhere."""
    names = [table.key.name, *facts.columns]
    selected = ", ".join(f"t.{quoted(name)}" for name in names)
    sql = f"SELECT {selected} FROM {quoted(table.name)} t WHERE {condition}"
    note = (
        "INSERT INTO memoria_import_changes (id, import_id, table_name, key, action, row)"
        " VALUES (?, ?, ?, ?, 'removed', ?)"
    )

    def notes(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        for own, row in enumerate(rows, last + 1):
            yield own, number, table.name, _key(row[0]), _as_json(names[1:], row[1:])

    try:
        database.executemany(note, notes(database.execute(sql)))
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
        database.execute("DELETE FROM memoria_import_changes WHERE id > ?", (last,))
        database.executemany(note, notes(_exact(database, sql)))


def restore(database: sqlite3.Connection, number: int, table: Table, facts: TableFacts) -> int:
    """Put back the rows that an import removed, in their place where a row has their key now. How many there are."""
    names = list(facts.columns)
    _free_uniques(database, number, table, facts)
    changes = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in names)
    into = f"INSERT INTO {quoted(table.name)} ({', '.join(map(quoted, names))}) VALUES "
    merge = f" ON CONFLICT ({quoted(table.key.name)}) DO UPDATE SET {changes}"
    if table.key.name not in facts.distinct:
        merge = ""  # no index tells which row is in whose place
        _delete_in_place(database, number, table)
    odd: list[list[Any]] = []
    kept = database.execute(
        "SELECT row FROM memoria_import_changes WHERE import_id = ? AND table_name = ? AND action = 'removed'",
        (number, table.name),
    )
    usual = _usual((_from_json(names, text) for (text,) in kept), odd)
    done = database.executemany(f"{into}({', '.join('?' * len(names))}){merge}", usual).rowcount
    for row in odd:
        marks = ", ".join("CAST(? AS TEXT)" if isinstance(value, bytearray) else "?" for value in row)
        done += database.execute(f"{into}({marks}){merge}", row).rowcount
    return done


def _delete_in_place(database: sqlite3.Connection, number: int, table: Table) -> None:
    kind = "bigint" if table.key.kind is Kind.INTEGER else "text"
    database.execute(
        f"DELETE FROM {quoted(table.name)} WHERE {quoted(table.key.name)} IN (SELECT CAST(key AS {kind})"
        " FROM memoria_import_changes WHERE import_id = ? AND table_name = ? AND action = 'removed')",
        (number, table.name),
    )


def _free_uniques(database: sqlite3.Connection, number: int, table: Table, facts: TableFacts) -> None:
    """Of the rows that an import removed or wrote, before those that it removed are put back."""
    key = f"t.{quoted(table.key.name)}"
    kind = "bigint" if table.key.kind is Kind.INTEGER else "text"
    rows = "c.import_id = ? AND c.table_name = ? AND c.action IN ('removed', 'written')"
    keys = f"SELECT CAST(c.key AS {kind}) FROM memoria_import_changes c WHERE {rows}"
    columns = set(facts.columns) - {table.key.name}
    for _, column, place in freed(facts, columns, f"CAST({key} AS text)"):
        database.execute(
            f"UPDATE {quoted(table.name)} AS t SET {quoted(column)} = {place} WHERE {key} IN ({keys})",
            (number, table.name),
        )


def _usual(rows: Iterator[list[Any]], odd: list[list[Any]]) -> Iterator[list[Any]]:
    """Rows without text that is not UTF-8; the few others are put into `odd`."""
    for row in rows:
        if any(isinstance(value, bytearray) for value in row):
            odd.append(row)
        else:
            yield row


def _exact(database: sqlite3.Connection, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
    """Rows whose text keeps its bytes, also where they are not UTF-8."""
    cursor = database.cursor()
    factory, database.text_factory = database.text_factory, _text
    try:
        cursor.execute(sql, parameters)
        yield from cursor
    finally:
        database.text_factory = factory


def _key(value: Any) -> str:
    return str(value).encode("utf-8", "backslashreplace").decode()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _as_json(names: Sequence[str], values: Sequence[Any]) -> str:
    """The fast encoder knows neither bytes that are not UTF-8 nor infinity; blobs are rare."""
    row = dict(zip(names, values, strict=True))
    if not any(type(v) is bytes or (type(v) is float and v - v != 0) for v in values):
        try:
            return encoded(row).decode()
        except UnicodeEncodeError:
            pass
    return json.dumps({name: {_BLOB: v.hex()} if isinstance(v, bytes) else v for name, v in row.items()})


def _from_json(names: Sequence[str], text: str) -> list[Any]:
    row = json.loads(text)
    values = [row.get(name) for name in names]
    return [_from_text(value) if isinstance(value, (str, dict)) else value for value in values]


def _from_text(value: str | dict[str, str]) -> Any:
    """Text that is not UTF-8 as a bytearray."""
    if isinstance(value, dict):
        return bytes.fromhex(value[_BLOB])
    if value.isascii():
        return value
    data = value.encode("utf-8", "surrogateescape")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return bytearray(data)


def _digest(*values: Any) -> str:
    """To tell a change, not a forgery: of all digests at hand this costs least."""
    data = marshal.dumps(values, _MARSHAL)
    return f"{zlib.crc32(data):08x}{len(data):x}"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _time(value: Any) -> Any:
    try:
        return value if value is None else canonical_time(value)
    except (InvalidValue, TypeError):
        return value
