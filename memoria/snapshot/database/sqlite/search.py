"""The full-text index that existing SQLite databases keep of both memory tables, by triggers.

The triggers add entries but never remove one: the index keeps words and no values, so that a DELETE by id finds nothing
in it. When rows are replaced the triggers must not fire, and the index is built anew afterwards.
"""

from __future__ import annotations

import re
import sqlite3

from memoria.snapshot.database.sql import quoted
from memoria.snapshot.database.sqlite.schema import SEARCH_INDEX as INDEX
from memoria.snapshot.schema.relations import MEMORIES

_TABLES = {table: table.removesuffix("_memory") for table in MEMORIES}
"""Indexed table -> what the index calls its kind of memory."""


def unwritable(database: sqlite3.Connection) -> dict[str, str]:
    """Table -> why no row of it can be written: its triggers use an index that this SQLite library cannot open."""
    triggers = _triggers(database)
    if not triggers:
        return {}
    try:
        database.execute(f"SELECT 1 FROM {quoted(INDEX)} LIMIT 0")
    except sqlite3.OperationalError as error:
        reason = (
            f"its full-text index {INDEX} needs a newer SQLite library than {sqlite3.sqlite_version} ({error}):"
            " use a Python whose SQLite is newer"
        )
        return dict.fromkeys((table for table, _, _ in triggers), reason)
    return {}


class SearchIndex:
    """Suspends the triggers of replaced tables within a transaction, then rebuilds the index and restores them."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._suspended: list[str] = []

    def suspend(self, table: str) -> None:
        for owner, name, sql in _triggers(self._database):
            if owner == table:
                self._database.execute(f"DROP TRIGGER {quoted(name)}")
                self._suspended.append(sql)

    def restore(self) -> None:
        """Without doing anything where no trigger was suspended."""
        if not self._suspended:
            return
        ((definition,),) = self._database.execute("SELECT sql FROM sqlite_master WHERE name = ?", (INDEX,))
        keeps_values = re.search(r"content\s*=\s*(''|\"\")", definition) is None
        name = quoted(INDEX)
        self._database.execute(
            f"DELETE FROM {name}" if keeps_values else f"INSERT INTO {name} ({name}) VALUES ('delete-all')"
        )
        columns = [column for (column,) in self._database.execute("SELECT name FROM pragma_table_info(?)", (INDEX,))]
        for table, kind in _TABLES.items():
            selected = ", ".join(f"'{kind}'" if column == "memory_type" else quoted(column) for column in columns)
            self._database.execute(
                f"INSERT INTO {name} ({', '.join(map(quoted, columns))}) SELECT {selected} FROM {quoted(table)}"
            )
        for sql in self._suspended:
            self._database.execute(sql)
        self._suspended = []


def _triggers(database: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """(table, trigger, its SQL) of those that write to the index, where there is one."""
    return database.execute(
        "SELECT lower(tbl_name), name, sql FROM sqlite_master WHERE type = 'trigger' AND instr(sql, :index)"
        " AND EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :index) ORDER BY name",
        {"index": INDEX},
    ).fetchall()
