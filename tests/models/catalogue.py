"""What a database says of its own tables, without Django."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import psycopg2


class Catalogue:
    """What a database says of its own tables; rows are fetched without Django."""

    def __init__(self, url: str) -> None:
        self.vendor = "sqlite" if url.startswith("sqlite:") else "postgresql"
        self._connection: Any = (
            sqlite3.connect(url.removeprefix("sqlite:///")) if self.vendor == "sqlite" else psycopg2.connect(url)
        )

    def close(self) -> None:
        self._connection.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        cursor = self._connection.cursor()
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]

    def columns(self, table: str) -> list[tuple[str, str, bool]]:
        if self.vendor == "sqlite":
            # In lower case: newer SQLite says TEXT for a column declared text.
            return [
                (name, kind.lower(), not required)
                for _, name, kind, required, _, _ in self.rows(f"PRAGMA table_info({table})")
            ]
        return self.rows(f"""
            SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull FROM pg_attribute
            WHERE attrelid = '{table}'::regclass AND attnum > 0 ORDER BY attnum""")

    def defaults(self, table: str) -> dict[str, str]:
        if self.vendor == "sqlite":
            return {row[1]: row[4] for row in self.rows(f"PRAGMA table_info({table})") if row[4] is not None}
        return dict(
            self.rows(f"""
            SELECT attname, pg_get_expr(adbin, adrelid) FROM pg_attrdef
            JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
            WHERE adrelid = '{table}'::regclass""")
        )

    def key(self, table: str) -> list[str]:
        if self.vendor == "sqlite":
            return [row[1] for row in self.rows(f"PRAGMA table_info({table})") if row[5]]
        return [row[0] for row in self._indexes(table, "indisprimary")]

    def indexes(self, table: str, *, unique: bool) -> dict[str, list[str]]:
        """All but those of the primary key and of constraints."""
        if self.vendor == "sqlite":
            return {
                name: [row[2] for row in self.rows(f"PRAGMA index_info({name})")]
                for _, name, is_unique, origin, _ in self.rows(f"PRAGMA index_list({table})")
                if origin == "c" and is_unique == unique
            }
        found: dict[str, list[str]] = {}
        constrained = "EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))"
        for column, name in self._indexes(table, f"NOT {constrained} AND indisunique = {unique}"):
            found.setdefault(name, []).append(column)
        return found

    def unique(self, table: str) -> dict[str, list[str]]:
        """Constraints."""
        if self.vendor == "sqlite":
            constraints = re.findall(r'CONSTRAINT "(\w+)" UNIQUE \((.*?)\)', self._sql(table))
            return {name: re.findall(r"\w+", columns) for name, columns in constraints}
        found: dict[str, list[str]] = {}
        constrained = "EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype = 'u')"
        for column, name in self._indexes(table, constrained):
            found.setdefault(name, []).append(column)
        return found

    def _indexes(self, table: str, condition: str) -> list[tuple[Any, ...]]:
        return self.rows(f"""
            SELECT attname, indexrelid::regclass::text
            FROM pg_index, unnest(indkey) WITH ORDINALITY AS k (number, place), pg_attribute
            WHERE indrelid = '{table}'::regclass AND attrelid = indrelid AND attnum = k.number AND {condition}
            ORDER BY indexrelid, place""")

    def checks(self, table: str) -> list[tuple[str, str]]:
        """Name and expression."""
        if self.vendor == "sqlite":
            return [
                (name, expression)
                for name, expression in re.findall(
                    r'CONSTRAINT "(\w+)" CHECK \((.*?)\)(?=, CONSTRAINT|\)$)', self._sql(table)
                )
            ]
        found = self.rows(f"""
            SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conrelid = '{table}'::regclass AND contype = 'c' ORDER BY conname""")
        return [(name, sql.removeprefix("CHECK (").removesuffix(")")) for name, sql in found]

    def _sql(self, table: str) -> str:
        [(sql,)] = self.rows(f"SELECT sql FROM sqlite_master WHERE name = '{table}'")
        return str(sql)

    def foreign_keys(self, table: str) -> list[tuple[str, str, str, str]]:
        """Column, the other table and its column, what a deletion does; in the order of their names."""
        if self.vendor == "sqlite":
            found = [(row[3], row[2], row[4], row[6]) for row in self.rows(f"PRAGMA foreign_key_list({table})")]
        else:
            found = self.rows(f"""
                SELECT attname, confrelid::regclass::text,
                       (SELECT attname FROM pg_attribute WHERE attrelid = confrelid AND attnum = confkey[1]),
                       CASE confdeltype WHEN 'n' THEN 'SET NULL' WHEN 'c' THEN 'CASCADE' ELSE confdeltype::text END
                FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
                WHERE conrelid = '{table}'::regclass AND contype = 'f' AND condeferred""")
        return sorted(found)
