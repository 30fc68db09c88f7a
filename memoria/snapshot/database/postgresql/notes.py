"""Rows of PostgreSQL kept as text and put back, and digests that tell whether a row is still what it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from memoria.snapshot.database.sql import quoted
from memoria.snapshot.database.unique_swap import freed
from memoria.snapshot.schema.facts import Column, ColumnFacts, Kind, Table, TableFacts

Query = Callable[..., list[tuple[Any, ...]]]
_DERIVED = "tsvector"


def expression(column: Column, fact: ColumnFacts | None) -> str:
    """The value of a column of `t` as a decoded row has it."""
    if fact is None:
        return "NULL"
    name = f"t.{quoted(fact.name)}"
    match column.kind:
        case Kind.TIME:
            utc = f"({name} AT TIME ZONE 'UTC')" if fact.type == "timestamp with time zone" else name
            return f"""to_char({utc}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
        case Kind.JSON:
            return f"{name}::text"
        case Kind.FLOAT:
            return f"{name}::float8"
    return name


def stored(query: Query, table: Table, facts: TableFacts, keys: Sequence[Any]) -> dict[Any, list[Any]]:
    key = quoted(table.key.name)
    values = ", ".join(expression(c, facts.columns.get(c.stored_as(facts.columns) or "")) for c in table.columns)
    type = _any_length(facts.columns[table.key.name])
    rows = query(
        f"SELECT t.{key}, {values} FROM {quoted(table.name)} t WHERE t.{key} = ANY(%s::{type}[])", (list(keys),)
    )
    return {row[0]: list(row[1:]) for row in rows}


def digest(facts: TableFacts) -> str:
    """A digest of `t`, whose columns may be of any types."""
    texts = ", ".join(f"t.{quoted(name)}::text" for name in _columns(facts))
    return f"hash_array_extended(ARRAY[{texts}]::text[], 0)::text"


def keep(query: Query, number: int, last: int, table: Table, facts: TableFacts, condition: str) -> None:
    """Note the rows that meet a condition as removed; each column as its text, which is exact for all types."""
    texts = ", ".join(f"t.{quoted(name)}::text AS {quoted(name)}" for name in _columns(facts))
    query(
        "INSERT INTO memoria_import_changes (id, import_id, table_name, key, action, row)"
        f" SELECT {last} + row_number() OVER (), {number}, '{table.name}', t.{quoted(table.key.name)}::text, 'removed',"
        f" (SELECT row_to_json(r)::text FROM (SELECT {texts}) r) FROM {quoted(table.name)} t WHERE {condition}"
    )


def restore(query: Query, number: int, table: Table, facts: TableFacts) -> bool:
    """Put back the rows that an import removed, in their place where a row has their key now. Whether there are any:
    the last query then is the one that puts them back."""
    key, columns = table.key.name, [name for name in _columns(facts) if not facts.columns[name].derived]
    changed = f"c.import_id = {number} AND c.table_name = '{table.name}'"
    kept = f"{changed} AND c.action = 'removed'"
    if not query(f"SELECT 1 FROM memoria_import_changes c WHERE {kept} LIMIT 1"):
        return False
    rows = f"memoria_import_changes c WHERE {changed} AND c.action IN ('removed', 'written')"
    keys = f"SELECT c.key::{_any_length(facts.columns[key])} FROM {rows}"
    for _, column, place in freed(facts, set(columns) - {key}, "t.ctid::text"):
        query(f"UPDATE {quoted(table.name)} t SET {quoted(column)} = {place} WHERE t.{quoted(key)} IN ({keys})")
    names = ", ".join(map(quoted, columns))
    texts = ", ".join(f"{quoted(name)} text" for name in columns)
    values = ", ".join(f"r.{quoted(name)}::{_any_length(facts.columns[name])}" for name in columns)
    changes = ", ".join(f"{quoted(name)} = EXCLUDED.{quoted(name)}" for name in columns if name != key)
    merge = f" ON CONFLICT ({quoted(key)}) DO UPDATE SET {changes}"
    if key not in facts.distinct:
        # No index tells which row is in whose place, and so no foreign key can lead to one.
        merge = ""
        removed = f"SELECT c.key::{_any_length(facts.columns[key])} FROM memoria_import_changes c WHERE {kept}"
        query(f"DELETE FROM {quoted(table.name)} t WHERE t.{quoted(key)} IN ({removed})")
    row = f"json_to_record(c.row::json) AS r({texts})"
    query(
        f"INSERT INTO {quoted(table.name)} ({names}) OVERRIDING SYSTEM VALUE"
        f" SELECT {values} FROM memoria_import_changes c, {row} WHERE {kept}{merge}"
    )
    return True


def _any_length(fact: ColumnFacts) -> str:
    """The type of a column for a cast. Bare, some hold one character or bit, and the cast would cut all others off."""
    base, array = fact.type.removesuffix("[]"), "[]" * fact.type.endswith("[]")
    return {"character": "bpchar", "bit": "bit varying"}.get(base, base) + array


def _columns(facts: TableFacts) -> Iterable[str]:
    return [name for name, fact in facts.columns.items() if fact.type != _DERIVED]
