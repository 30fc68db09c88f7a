"""Asks a SQLite database what its tables are, and what they ask of a row."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

from memoria.snapshot.remedy import Remedy
from memoria.snapshot.schema.facts import ColumnFacts, Kind, Reference, TableFacts

SEARCH_INDEX = "memory_search_fts"
"""The full-text index of existing databases, kept by triggers."""
_CHECK = re.compile(r'(?:\bCONSTRAINT\s+(?:"([^"]+)"|(\w+))\s+)?\bCHECK\s*\(', re.IGNORECASE)
_AFFINITIES = (("INT", "INTEGER"), ("CHAR|CLOB|TEXT", "TEXT"), ("BLOB|^$", ""), ("REAL|FLOA|DOUB", "REAL"))
"""What a declared type holds -> its affinity; the first counts, and any other type is numeric."""
_STRICT = {
    "INT": {Kind.INTEGER, Kind.BOOLEAN},
    "INTEGER": {Kind.INTEGER, Kind.BOOLEAN},
    "REAL": {Kind.FLOAT},
    "TEXT": {Kind.TEXT, Kind.TIME, Kind.JSON},
    "BLOB": set[Kind](),
}
"""The types of STRICT tables, which refuse what is not of their type; ANY takes everything as it is."""


def facts(database: sqlite3.Connection) -> dict[str, TableFacts]:
    """All tables of the database but SQLite's own and the shadow tables of virtual ones.

    Names are in lower case: whatever a table was called when it was made, SQLite finds it so.
    """
    listed = database.execute("SELECT name, type, strict FROM pragma_table_list WHERE schema = 'main'").fetchall()
    triggers = _triggers(database)
    return {
        name: TableFacts(
            name,
            _columns(database, name, strict=bool(strict)),
            _references(database, name),
            uniques=_uniques(database, name),
            distinct=_distinct(database, name),
            triggers=tuple(triggers.get(name, ())),
            rules=_rules(database, name),
        )
        for name, kind, strict in sorted((_lower(name), kind, strict) for name, kind, strict in listed)
        if kind == "table" and not name.startswith("sqlite_")
    }


def _rules(database: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """What the columns do not tell of themselves; a CHECK without a name is called after its table."""
    made = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE"
    ((sql,),) = database.execute(made, (table,))
    found = [quoted or plain or f"a check of {table}" for quoted, plain in _CHECK.findall(sql)]
    indexes = database.execute(
        "SELECT DISTINCT i.name FROM pragma_index_list(?) i JOIN pragma_index_xinfo(i.name) c"
        " WHERE i.\"unique\" AND c.key AND (i.partial OR c.name IS NULL OR c.coll <> 'BINARY')",
        (table,),
    )
    generated = database.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden IN (2, 3)", (table,))
    return tuple(sorted([*found, *(name for (name,) in (*indexes, *generated))]))


def elsewhere(database: sqlite3.Connection) -> dict[str, str]:
    """Name in lower case -> why what is called so is none of the tables of `facts`, and the way out."""
    rows = database.execute("SELECT name, type FROM pragma_table_list WHERE schema = 'main'")
    kinds = {
        "view": "is a view, whose rows are those of other tables",
        "virtual": "is a virtual table, whose rows are kept elsewhere",
    }
    return {
        _lower(name): f"{kinds[kind]}: leave it out by naming the others with {Remedy.NAME_TABLES}"
        for name, kind in rows
        if kind in kinds
    }


def _lower(name: str) -> str:
    """SQLite takes ASCII letters alone for the same in both cases."""
    return "".join(c.lower() if c.isascii() else c for c in name)


def _triggers(database: sqlite3.Connection) -> dict[str, list[str]]:
    """Table -> its triggers, but those that keep the full-text index."""
    found: dict[str, list[str]] = {}
    for table, name in database.execute(
        "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' AND NOT instr(sql, ?) ORDER BY name",
        (SEARCH_INDEX,),
    ):
        found.setdefault(_lower(table), []).append(name)
    return found


def _columns(database: sqlite3.Connection, table: str, *, strict: bool) -> dict[str, ColumnFacts]:
    columns = database.execute(
        """SELECT name, type, "notnull", pk AND upper(type) = 'INTEGER' AND sum(pk > 0) OVER () = 1, dflt_value"""
        " FROM pragma_table_info(?)",
        (table,),
    )
    collations = _collations(database, table)
    return {
        name: ColumnFacts(
            name,
            type,
            null=not notnull,
            holds_nan=False,
            holds_negative_zero=False,
            affinity="" if strict and type.upper() == "ANY" else _affinity(type),
            kinds=frozenset(_kinds(type, strict=strict, rowid=bool(rowid))),
            collation=collations.get(name, ""),
            required=bool(notnull) and default is None and not rowid,
        )
        for name, type, notnull, rowid, default in columns
    }


def _collations(database: sqlite3.Connection, table: str) -> dict[str, str]:
    """Column of the key -> what compares its values, if not their bytes."""
    return dict(
        database.execute(
            "SELECT c.name, c.coll FROM pragma_index_list(?) i JOIN pragma_index_xinfo(i.name) c"
            " WHERE i.origin = 'pk' AND c.key AND c.coll <> 'BINARY'",
            (table,),
        )
    )


def _affinity(type: str) -> str:
    return next((found for pattern, found in _AFFINITIES if re.search(pattern, type, re.IGNORECASE)), "NUMERIC")


def _kinds(type: str, *, strict: bool, rowid: bool) -> Iterable[Kind]:
    """What a column can hold at all; a `rowid` is a key that stands for the number of the row."""
    if rowid:
        return _STRICT["INTEGER"]
    return _STRICT.get(type.upper(), Kind) if strict else Kind


def _references(database: sqlite3.Connection, table: str) -> tuple[Reference, ...]:
    rows = database.execute(
        'SELECT f."from", f."table", coalesce(f."to", k.name), c."notnull"'
        " FROM pragma_foreign_key_list(:table) f"
        ' JOIN pragma_table_info(:table) c ON c.name = f."from"'
        ' LEFT JOIN pragma_table_info(f."table") k ON k.pk = 1'
        ' ORDER BY f."from"',
        {"table": table},
    )
    found = {Reference(table, column, _lower(target), to, null=not notnull) for column, target, to, notnull in rows}
    return tuple(sorted(found, key=lambda reference: (reference.column, reference.target)))


def _distinct(database: sqlite3.Connection, table: str) -> frozenset[str]:
    """A key that is the number of the row has no index."""
    keys = [name for (name,) in database.execute("SELECT name FROM pragma_table_info(?) WHERE pk > 0", (table,))]
    indexes = database.execute(
        "SELECT max(c.name) FROM pragma_index_list(?) i JOIN pragma_index_xinfo(i.name) c"
        ' WHERE i."unique" AND NOT i.partial AND c.key GROUP BY i.name HAVING count(*) = 1',
        (table,),
    )
    return frozenset([*(keys if len(keys) == 1 else ()), *(name for (name,) in indexes if name is not None)])


def _uniques(database: sqlite3.Connection, table: str) -> tuple[tuple[str, ...], ...]:
    """Those of plain columns that are compared byte by byte."""
    rows = database.execute(
        "SELECT i.name, c.name, c.coll FROM pragma_index_list(?) i JOIN pragma_index_xinfo(i.name) c"
        """ WHERE i."unique" AND i.origin <> 'pk' AND NOT i.partial AND c.key ORDER BY i.name, c.seqno""",
        (table,),
    ).fetchall()
    indexes: dict[str, list[tuple[str | None, str]]] = {}
    for index, column, collation in rows:
        indexes.setdefault(index, []).append((column, collation))
    plain = (columns for columns in indexes.values() if all(name and coll == "BINARY" for name, coll in columns))
    return tuple(sorted({tuple(str(name) for name, _ in columns) for columns in plain}))
