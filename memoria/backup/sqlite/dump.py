"""SQLite databases as SQL text that the stock shell restores, and as the digests of what they hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.backup.sqlite.text import insert_lines, literal
from memoria.backup.store.digests import Contents, Counted, of_names
from memoria.snapshot.database.sql import quoted
from memoria.snapshot.database.sqlite.connection import connect, failures
from memoria.snapshot.files.digest import BackgroundSha256

Emit = Callable[[bytes], None]

_OBJECTS = ("index", "trigger", "view", "virtual table")
_ROWID_NAMES = ("rowid", "_rowid_", "oid")


@contextmanager
def moment(connection: BaseDatabaseWrapper, name: str, folder: Path) -> Iterator[sqlite3.Connection]:
    """The database as it is now, for as long as the block lasts.

    In WAL mode that is a read transaction, for which nobody waits. In other modes writers would wait, so the
    database is copied into `folder` first, which takes a fraction of the time.
    """
    with closing(connect(connection, name, read_only=True)) as database, failures(name):
        database.execute("BEGIN")
        (mode,) = database.execute("PRAGMA journal_mode").fetchone()
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the moment is now
        if mode == "wal":
            yield database
            return
        path = folder / "copy.sqlite3"
        copied = sqlite3.connect(path, isolation_level=None, cached_statements=0)
        with closing(copied), failures(f"a copy of {name} in {folder.parent}"):
            copied.execute("PRAGMA synchronous = OFF")
            database.backup(copied)
            database.close()
            yield copied


def dump(database: sqlite3.Connection, emit: Emit) -> Contents:
    """Emit the whole database as SQL; returns what it holds."""
    return _Dump(database, emit).run()


def contents(database: sqlite3.Connection) -> Contents:
    """What a database holds: the same figures as those of the dump that it was restored from."""
    return _Dump(database, lambda data: None).run()


def numbers(database: sqlite3.Connection) -> Contents:
    """How many rows its tables have; virtual ones have theirs in other tables, and cannot be read everywhere."""
    names = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " AND sql NOT LIKE 'CREATE VIRTUAL TABLE%'"
    )
    tables = {
        name: Counted(database.execute(f"SELECT count(*) FROM {quoted(name)} NOT INDEXED").fetchone()[0])
        for (name,) in names.fetchall()
    }
    return Contents(tables, {})


@dataclass(frozen=True)
class _Object:
    type: str
    name: str
    sql: str

    @property
    def is_virtual(self) -> bool:
        return self.type == "table" and self.sql.upper().startswith("CREATE VIRTUAL TABLE")

    @property
    def kind(self) -> str:
        return "virtual table" if self.is_virtual else self.type


def _statement(sql: str) -> str:
    """The definition as SQLite keeps it, which may end in a comment."""
    return next((text for text in (f"{sql};", f"{sql}\n;") if sqlite3.complete_statement(text)), f"{sql}*/;")


class _Dump:
    def __init__(self, database: sqlite3.Connection, emit: Emit) -> None:
        self._database = database
        self._emit = emit
        database.text_factory = str
        (encoding,) = database.execute("PRAGMA encoding").fetchone()
        self._encoding: str = encoding
        self._utf16 = "" if encoding == "UTF-8" else encoding.lower()
        self._objects = [
            _Object(*row)
            for row in database.execute("SELECT type, name, sql FROM sqlite_master WHERE sql NOT NULL ORDER BY rowid")
        ]
        self._without_rowid = {
            name for (name,) in database.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND wr")
        }

    def run(self) -> Contents:
        tables = {}
        self._say(*self._head())
        for table in self._objects:
            if table.type == "table" and not table.is_virtual and not table.name.startswith("sqlite_"):
                self._say(_statement(table.sql))
                tables[table.name] = self._rows(table.name)
        for table in self._objects:
            if self._is_kept_system_table(table):
                self._say(
                    "ANALYZE sqlite_master;" if table.name == "sqlite_stat1" else "", f"DELETE FROM {table.name};"
                )
                tables[table.name] = self._rows(table.name)
        for item in self._objects:
            if item.type != "table":
                self._say(_statement(item.sql))
        self._virtual_tables()
        self._say(*self._versions(), "COMMIT;")
        return Contents(tables, self._other())

    def _is_kept_system_table(self, table: _Object) -> bool:
        if table.name == "sqlite_sequence":  # it stays behind when the last table that needs it is dropped
            return any("AUTOINCREMENT" in other.sql.upper() for other in self._objects)
        return table.name == "sqlite_stat1"

    def _virtual_tables(self) -> None:
        """Only their definitions: their rows are in tables of their own, which are dumped like any other."""
        virtual = [table for table in self._objects if table.is_virtual]
        self._say("PRAGMA writable_schema=ON;" if virtual else "")
        for table in virtual:
            name, sql = (literal(bytearray(text.encode())).decode() for text in (table.name, table.sql))
            self._say(
                f"INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql) VALUES('table',{name},{name},0,{sql});"
            )
        self._say("PRAGMA writable_schema=OFF;" if virtual else "")

    def _say(self, *lines: str) -> None:
        self._emit("".join(f"{line}\n" for line in lines if line).encode())

    def _head(self) -> list[str]:
        (vacuum,) = self._database.execute("PRAGMA auto_vacuum").fetchone()
        return [
            "PRAGMA foreign_keys=OFF;",
            f"PRAGMA encoding='{self._encoding}';",
            f"PRAGMA auto_vacuum={vacuum};" if vacuum else "",
            "BEGIN TRANSACTION;",
        ]

    def _versions(self) -> list[str]:
        numbers = [
            (name, self._database.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("user_version", "application_id")
        ]
        return [f"PRAGMA {name}={number};" for name, number in numbers if number]

    def _rows(self, table: str) -> Counted:
        columns, select = self._select(table)
        head = f"INSERT INTO {quoted(table)}{columns} VALUES("
        digest, rows = BackgroundSha256(), 0

        def counted() -> Iterator[tuple[object, ...]]:
            nonlocal rows
            for row in self._database.execute(select):
                rows += 1
                yield row

        self._database.text_factory = bytearray
        try:
            for batch in insert_lines(head.encode(), counted(), self._utf16):
                digest.update(batch)
                self._emit(batch)
            return Counted(rows, digest.whole())
        finally:
            self._database.text_factory = str
            digest.close()

    def _select(self, table: str) -> tuple[str, str]:
        """The columns that an INSERT has to name, if any, and the query for the rows, in the order of their keys."""
        found = self._database.execute("SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)", (table,)).fetchall()
        names = [quoted(name) for name, _, _, hidden in found if not hidden]
        key = sorted((pk, name, type) for name, type, pk, _ in found if pk)
        taken = {name.lower() for name, *_ in found}
        rowid = next((name for name in _ROWID_NAMES if name not in taken), "")
        if table in self._without_rowid:
            rowid, order = "", ", ".join(quoted(name) for _, name, _ in key)
        else:
            order = rowid
        is_key = [type.upper() for _, _, type in key] == ["INTEGER"]
        keeps = bool(rowid) and not is_key and not self._rowids_follow(table, rowid)
        selected = [rowid, *names] if keeps else names
        listed = f"({','.join(selected)})" if keeps or len(names) < len(found) else ""
        ordered = f" ORDER BY {order}" if order else ""
        return listed, f"SELECT {', '.join(selected)} FROM {quoted(table)}{ordered}"

    def _rowids_follow(self, table: str, rowid: str) -> bool:
        """Whether inserting the rows one after the other gives them the row ids that they have."""
        # One at a time: together they would not be looked up.
        count, first, last = (
            self._database.execute(f"SELECT {figure} FROM {quoted(table)} NOT INDEXED").fetchone()[0]
            for figure in ("count(*)", f"min({rowid})", f"max({rowid})")
        )
        return count == 0 or (first == 1 and last == count)

    def _other(self) -> dict[str, Counted]:
        objects = [*self._objects]
        kinds: dict[str, list[str]] = {"table": [], **{kind: [] for kind in _OBJECTS}}
        for item in objects:
            if not item.name.startswith("sqlite_"):
                kinds[item.kind].append(f"{item.name} {_statement(item.sql)[:-1].rstrip()}")
        kinds["setting"] = [self._encoding, *self._versions()]
        return {kind: of_names(found) for kind, found in kinds.items() if found}
