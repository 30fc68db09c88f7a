"""Columns whose type holds nothing of what belongs there are refused by name, before a query meets them.

It would fail in the words of the server, or change what it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from memoria.snapshot.errors import DatabaseFailure
from memoria.snapshot.schema.facts import Column, ColumnFacts, Kind, Table, TableFacts
from memoria.snapshot.schema.registry import TABLES, columns_in
from memoria.snapshot.schema.relations import RELATIONS

_CALLED = {
    Kind.TEXT: "text belongs",
    Kind.INTEGER: "whole numbers belong",
    Kind.FLOAT: "floats belong",
    Kind.BOOLEAN: "booleans belong",
    Kind.TIME: "times belong",
    Kind.JSON: "JSON belongs",
}
_BY_NAME = {table.name: table for table in TABLES}
_CONNECTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    name: {**found.references, **({_BY_NAME[name].key.name: found.belongs_to} if found.belongs_to else {})}
    for name, found in RELATIONS.items()
}
"""Table -> column -> the tables whose keys it is compared with."""


def require_fitting(tables: Iterable[Table], facts: Mapping[str, TableFacts]) -> None:
    """Raises DatabaseFailure for the first column of the tables that cannot hold what belongs there."""
    for table in tables:
        if table.name in facts:
            for name, column in columns_in(table, facts[table.name]).items():
                _require(table, column, facts[table.name].columns[name])


def require_writable(tables: Iterable[Table], facts: Mapping[str, TableFacts]) -> None:
    """As `require_fitting`; also of columns in other tables that are compared with keys of these, or the other way."""
    tables = list(tables)
    require_fitting(tables, facts)
    written = {table.name for table in tables}
    for name, columns in _CONNECTIONS.items():
        for column, targets in columns.items():
            if name in facts and written & {name, *targets}:
                compared = [(name, column), *((target, _BY_NAME[target].key.name) for target in targets)]
                for table, held in compared:
                    if table in facts and held in facts[table].columns:
                        _require(_BY_NAME[table], _BY_NAME[table].by_name[held], facts[table].columns[held])


def _require(table: Table, column: Column, fact: ColumnFacts) -> None:
    if column.kind not in fact.kinds:
        raise DatabaseFailure(
            f"{table.name}.{fact.name} has the type {fact.type} where {_CALLED[column.kind]}: alter its type"
        )
