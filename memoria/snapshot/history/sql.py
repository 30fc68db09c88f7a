"""Spells in SQL what an import noted of the rows that it wrote and removed."""

from __future__ import annotations

from collections.abc import Mapping

from memoria.snapshot.history.references import KNOWN, Referring
from memoria.snapshot.schema.facts import Kind, Table

CHANGES = "memoria_import_changes"
COLUMNS = "columns"
"""The action of the note that says which columns a table had."""
HELD = "held"
"""The action of the note that counts rows which held ids of rows before the import brought these."""


class Changes:
    """The notes of one import, called `c`, on tables called `t`."""

    def __init__(self, number: int) -> None:
        self._number = number

    def deleted(self, table: Table) -> str:
        """The keys of rows that the import wrote where there was none."""
        return f"{self.keys(table, 'written')} EXCEPT {self.keys(table, 'removed')}"

    def keys(self, table: Table, action: str) -> str:
        return f"SELECT {self.key(table)} FROM {self.of(table, action)}"

    def of(self, table: Table, action: str) -> str:
        return f"{CHANGES} c WHERE {self.where('c', table, action)}"

    def where(self, name: str, table: Table, action: str) -> str:
        return (
            f"{name}.import_id = {self._number} AND {name}.table_name = '{table.name}' AND {name}.action = '{action}'"
        )

    def key(self, table: Table) -> str:
        return "CAST(c.key AS bigint)" if table.key.kind is Kind.INTEGER else "c.key"

    def there(self, table: Table) -> str:
        """The row of a note, as a subquery."""
        return f'(SELECT 1 FROM "{table.name}" t WHERE t."{table.key.name}" = {self.key(table)})'

    def referring(self, reference: Referring, changed: Mapping[str, Table]) -> str:
        """How many rows that the import did not write refer to rows that its undo deletes, and one of their values.

        `changed`: the tables that the import changed, by name.
        """
        target, column = changed[reference.target], f't."{reference.column}"'
        gone = self.deleted(target)
        if reference.target_column != target.key.name:
            gone = f'SELECT "{reference.target_column}" FROM "{target.name}" WHERE "{target.key.name}" IN ({gone})'
        condition = f"{column} IN ({gone})"
        for other in (KNOWN[name] for name in reference.others):
            key = f'o."{other.key.name}"'
            stays = f" AND {key} NOT IN ({self.deleted(other)})" if other.name in changed else ""
            condition += f' AND NOT EXISTS (SELECT 1 FROM "{other.name}" o WHERE {key} = {column}{stays})'
        if own := changed.get(reference.table):
            key = f't."{own.key.name}"'
            others = f'SELECT {key} FROM "{own.name}" t WHERE {condition} EXCEPT {self.keys(own, "written")}'
            condition = f"{key} IN ({others})"
        return f'SELECT count(*), min({column}) FROM "{reference.table}" t WHERE {condition}'
