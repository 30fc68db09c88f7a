"""Existing databases for the tests, and a look into any database through its driver alone, not through our code."""

from __future__ import annotations

import contextlib
import gzip
import re
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import new_type, register_type

from tests.models.every import TABLES as EXPECTED

FOLDER = Path(__file__).resolve().parent
EVERY = (
    "teams",
    "workspaces",
    "workspace_members",
    "agents",
    "chat_history",
    "long_term_memory",
    "short_term_memory",
    "clusters",
    "cluster_members",
    "memory_relationships",
    "memory_entities",
    "spatial_metadata",
    "memory_access_events",
    "thread_events",
    "thread_message_links",
    "link_memory_threads",
    "rules_memory",
    "policy_artifacts",
    "retention_policy_audits",
    "service_metadata",
)
"""All tables, in the order in which they stand in a snapshot."""
CORE = ("long_term_memory", "short_term_memory", "clusters", "cluster_members", "memory_relationships")

_COPY = re.compile(r"^COPY (?P<target>.+) FROM stdin;\n(?P<rows>(?:.*\n)*?)\\\.\n", re.MULTILINE)
# Comments, psql's own commands, and a setting that PostgreSQL 16 does not know.
_FOREIGN = re.compile(
    r"^(?:--.*|\\(?:un)?restrict .*|SET transaction_timeout = 0;|ALTER .* OWNER TO .*;)?\n", re.MULTILINE
)
_JSON_AS_TEXT = new_type((114, 3802), "JSON_AS_TEXT", lambda value, cursor: value)


def sample(name: str) -> Path:
    return FOLDER / name


def sqlite_sample(name: str, folder: Path) -> str:
    """The URL of a copy of a SQLite sample."""
    path = folder / f"{name}.db"
    path.write_bytes(gzip.decompress(sample(f"{name}.db.gz").read_bytes()))
    return f"sqlite:///{path}"


def create_existing(url: str) -> None:
    """Every table as the SDK creates it, without rows, in an empty database."""
    kind = "sqlite" if url.startswith("sqlite") else "postgresql"
    script(url, sample(f"existing_{kind}.sql").read_text())


def load_postgresql_sample(url: str) -> None:
    """Restore postgresql_tiny.pg_dump.sql, of PostgreSQL 18, into an empty database of any version."""
    script = _FOREIGN.sub("", sample("postgresql_tiny.pg_dump.sql").read_text())
    with connected(url) as connection, connection.cursor() as cursor:
        position = 0
        for copy in _COPY.finditer(script):
            if position < copy.start():
                cursor.execute(script[position : copy.start()])
            cursor.copy_expert(f"COPY {copy['target']} FROM STDIN", _Text(copy["rows"]))
            position = copy.end()
        cursor.execute(script[position:])


class _Text:
    def __init__(self, text: str) -> None:
        self._data = text.encode()

    def read(self, size: int = -1) -> bytes:
        data, self._data = self._data[:size], self._data[size:]
        return data


@contextlib.contextmanager
def connected(url: str) -> Iterator[Any]:
    """A driver's connection in autocommit."""
    if url.startswith("sqlite:///"):
        connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    else:
        connection = psycopg2.connect(url)
        connection.autocommit = True
        register_type(_JSON_AS_TEXT, connection)
    with contextlib.closing(connection):
        yield connection


def query(url: str, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connected(url) as connection:
        cursor = connection.cursor()
        cursor.execute(sql, parameters) if parameters else cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def script(url: str, sql: str) -> None:
    """Several statements."""
    with connected(url) as connection:
        connection.executescript(sql) if url.startswith("sqlite") else connection.cursor().execute(sql)


def insert(url: str, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Each row with its own columns."""
    mark = "?" if url.startswith("sqlite") else "%s"
    with connected(url) as connection:
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        for row in rows:
            names = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join([mark] * len(row))
            cursor.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(row.values()))
        cursor.execute("COMMIT")


def rows_of(url: str, table: str) -> list[dict[str, Any]]:
    return contents(url, [table])[table]


def contents(url: str, tables: Sequence[str] = CORE) -> dict[str, list[dict[str, Any]]]:
    """Table -> its rows in byte order of their keys; a value equals another only if it is the same to the last bit."""
    with connected(url) as connection:
        cursor = connection.cursor()
        return {table: _rows(cursor, table) for table in tables}


def _rows(cursor: Any, table: str) -> list[dict[str, Any]]:
    cursor.execute(f'SELECT * FROM "{table}"')
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, map(exact, row), strict=True)) for row in cursor.fetchall()]
    key = EXPECTED[table].key if table in EXPECTED else names[0]
    return sorted(rows, key=lambda row: row[key].encode() if isinstance(row[key], str) else row[key])


def exact(value: Any) -> Any:
    """The form in which values are compared: floats by their bits, times and booleans as SQLite has them."""
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "microseconds")
    return value
