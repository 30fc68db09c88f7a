"""Moves rows that wait beside their table into it, in the place of those that have their keys.

A row that others refer to must be changed in place, because deleting it would delete or change those rows too; and a
reference can only be set to NULL before a foreign key sees it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from memoria.snapshot.database.sql import quoted
from memoria.snapshot.database.unique_swap import freed
from memoria.snapshot.errors import WriteCancelled
from memoria.snapshot.schema.facts import ColumnFacts, Reference, Table, TableFacts

if TYPE_CHECKING:
    from memoria.snapshot.database.base import Writer


class Beside:
    """The rows of one transaction that wait in temporary tables."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._columns: dict[str, list[str]] = {}
        self._upserts: set[str] = set()
        self._rows: dict[str, int] = {}

    def place(self, table: str, columns: list[str], *, upsert: bool) -> str:
        """The name, quoted, of the table in which rows of these columns are to wait."""
        place, names = quoted(_beside(table)), ", ".join(map(quoted, columns))
        self._writer.query(
            f"CREATE TEMP TABLE IF NOT EXISTS {place} AS SELECT {names} FROM {quoted(table)} WHERE false"
        )
        self._columns[table] = columns
        if upsert:
            self._upserts.add(table)
        return place

    def wait(self, table: str, rows: int) -> None:
        """So many more rows were put there."""
        self._rows[table] = self._rows.get(table, 0) + rows

    def __contains__(self, table: str) -> bool:
        return table in self._columns

    def null(self, table: str, reference: Reference, *, replace: bool) -> int:
        """Set references that lead nowhere to NULL. Returns how many there were.

        A target may wait itself, and then no other row of its table stays where rows are replaced.
        """
        column = quoted(reference.column)
        exists = self._writer.query("SELECT to_regclass(%s) IS NOT NULL", (quoted(reference.target),)) == [(True,)]
        waits = reference.target in self
        places = [reference.target] if exists and not (waits and replace) else []
        places += [_beside(reference.target)] if waits else []
        nowhere = "".join(
            f" AND NOT EXISTS (SELECT 1 FROM {quoted(place)} t WHERE t.{quoted(reference.target_column)} = w.{column})"
            for place in places
        )
        return self._writer.changed(
            f"UPDATE {quoted(_beside(table))} w SET {column} = NULL WHERE {column} IS NOT NULL{nowhere}"
        )

    def move(self, table: Table, facts: TableFacts, *, replace: bool) -> None:
        """Raises WriteCancelled if not all of them went in."""
        columns, target, key = self._columns.pop(table.name), quoted(table.name), quoted(table.key.name)
        waiting, names = quoted(_beside(table.name)), ", ".join(map(quoted, columns))
        merge = ""
        in_place = not replace or table.key.name in facts.distinct
        if replace:
            stays = f"EXISTS (SELECT 1 FROM {waiting} w WHERE w.{key} = t.{key})"
            # No other table can refer to rows that no index tells apart.
            self._writer.query(f"DELETE FROM {target} t" + (f" WHERE NOT {stays}" if in_place else ""))
        if (replace and in_place) or table.name in self._upserts:
            self._free_uniques(table, facts, columns)
            merge = f" ON CONFLICT ({key}) DO UPDATE SET {_changes(table, facts.columns, columns, replace=replace)}"
        moved = self._writer.changed(
            f"INSERT INTO {target} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {waiting}{merge}"
        )
        wanted = self._rows.pop(table.name)
        if moved != wanted:
            raise WriteCancelled(table.name, "written" if merge else "inserted", moved, wanted, facts.triggers)
        self._writer.query(f"DROP TABLE {waiting}")

    def _free_uniques(self, table: Table, facts: TableFacts, columns: Sequence[str]) -> None:
        target, waiting, key = quoted(table.name), quoted(_beside(table.name)), quoted(table.key.name)
        new = set(columns) - {table.key.name}
        for unique, column, place in freed(facts, new, "t.ctid::text"):
            changed = " OR ".join(f"w.{quoted(c)} IS DISTINCT FROM t.{quoted(c)}" for c in unique if c in new)
            self._writer.query(
                f"UPDATE {target} t SET {quoted(column)} = {place} FROM {waiting} w"
                f" WHERE w.{key} = t.{key} AND ({changed})"
            )


def _changes(table: Table, facts: Mapping[str, ColumnFacts], columns: Collection[str], *, replace: bool) -> str:
    """In a table that is replaced a row keeps nothing of the old one, also where no snapshot knows the column."""
    new = [f"{quoted(c)} = EXCLUDED.{quoted(c)}" for c in columns if c != table.key.name]
    others = sorted(facts.items())
    reset = [c for c, fact in others if c not in columns and (replace or fact.type == "tsvector")]
    return ", ".join(new + [f"{quoted(c)} = DEFAULT" for c in reset])


def _beside(table: str) -> str:
    return f"memoria_beside_{table}"
