"""What was exported is what comes back: rows that hypothesis makes, there and back, compared byte by byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.conftest import KINDS, MakeDatabase
from tests.models.every import TABLES
from tests.support.properties import examples
from tests.support.samples.databases import EVERY, connected, contents, query
from tests.support.samples.engine import export, import_, without_header
from tests.support.samples.rows import Rows, databases

POSTGRESQL = [kind for kind in KINDS if kind != "sqlite"]


def fill(url: str, rows: Rows) -> None:
    mark = "?" if url.startswith("sqlite") else "%s"
    with connected(url) as connection:
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        for table in reversed(EVERY):
            cursor.execute(f"DELETE FROM {table}")
        for table in EVERY:
            for row in rows[table]:
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join([mark] * len(row))
                cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))
        cursor.execute("COMMIT")


def normalised(value: Any) -> Any:
    """The one thing that may change on the way: line ends between JSON tokens become spaces."""
    return value.replace("\r", " ").replace("\n", " ") if isinstance(value, str) else value


def expected(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {
        table: [
            {name: normalised(value) if name in JSON[table] else value for name, value in row.items()} for row in rows
        ]
        for table, rows in found.items()
    }


JSON = {table: {name for name, types, _ in made.columns if types[1] == "json"} for table, made in TABLES.items()}


def assert_same_again(source: str, target: str, folder: Path, suffix: str) -> None:
    """Export, import elsewhere, export again: the same bytes, the same values."""
    first, second = folder / f"first.{suffix}", folder / f"second.{suffix}"
    export(source, first)
    report = import_(target, first)
    export(target, second)
    assert without_header(second) == without_header(first)
    assert contents(target, EVERY) == expected(contents(source, EVERY))
    assert (report.exit_code, report.issues, report.notes) == (0, [], [])


@pytest.mark.parametrize("suffix", ["json", "ndjson"])
def test_sqlite_keeps_everything(make_database: MakeDatabase, tmp_path: Path, suffix: str) -> None:
    source, target = make_database("sqlite", migrated=True), make_database("sqlite", migrated=True)

    @examples("sqlite", sqlite=6, postgresql=4)
    @given(databases("sqlite", integer_bits=64))
    def run(rows: Rows) -> None:
        fill(source, rows)
        assert_same_again(source, target, tmp_path, suffix)

    run()


@pytest.mark.parametrize("suffix", ["json", "ndjson"])
@pytest.mark.parametrize("kind", POSTGRESQL)
def test_postgresql_keeps_everything(make_database: MakeDatabase, tmp_path: Path, kind: str, suffix: str) -> None:
    source, target = make_database(kind, migrated=True), make_database(kind, migrated=True)

    @examples(kind, sqlite=6, postgresql=4)
    @given(databases("postgresql", nan=True))
    def run(rows: Rows) -> None:
        fill(source, rows)
        assert_same_again(source, target, tmp_path, suffix)

    run()


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_sqlite_to_postgresql_and_back(make_database: MakeDatabase, tmp_path: Path, kind: str) -> None:
    start, between, end = (make_database(k, migrated=True) for k in ("sqlite", kind, "sqlite"))

    @examples(kind, sqlite=6, postgresql=4)
    # What PostgreSQL holds is what both hold, but for -0.0: SQLite stores 0 in its place.
    @given(databases("postgresql"))
    def run(rows: Rows) -> None:
        fill(start, rows)
        for number, (source, target) in enumerate([(start, between), (between, end)]):
            path = tmp_path / f"{number}.json"
            export(source, path)
            import_(target, path)
        original = expected(contents(start, EVERY))
        assert contents(between, EVERY) == original
        assert contents(end, EVERY) == original

    run()


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_postgresql_to_sqlite_and_back(make_database: MakeDatabase, tmp_path: Path, kind: str) -> None:
    start, between, end = (make_database(k, migrated=True) for k in (kind, "sqlite", kind))

    @examples(kind, sqlite=6, postgresql=4)
    @given(databases("sqlite").filter(lambda rows: "\0" not in repr(rows) and "\\x00" not in repr(rows)))
    def run(rows: Rows) -> None:
        fill(start, rows)
        for number, (source, target) in enumerate([(start, between), (between, end)]):
            path = tmp_path / f"{number}.ndjson"
            export(source, path)
            import_(target, path)
        original = expected(contents(start, EVERY))
        assert contents(between, EVERY) == original
        assert contents(end, EVERY) == original

    run()


def test_rows_leave_in_byte_order_of_their_keys(migrated_url: str, tmp_path: Path) -> None:
    keys = ["b", "B", "a", "ä", "", "Z", "a b", "a-b", "ab", "🙂", "\uffff", "10", "9"]
    fill(
        migrated_url,
        {table: [] for table in EVERY} | {"memory_relationships": [{**_EDGE, "relationship_id": key} for key in keys]},
    )
    export(migrated_url, tmp_path / "out.ndjson", tables=["memory_relationships"])
    lines = (tmp_path / "out.ndjson").read_text("utf-8").split("\n")[2:-2]
    ids = [line.partition('"relationship_id":"')[2].partition('"')[0] for line in lines]
    assert ids == ["", "10", "9", "B", "Z", "a", "a b", "a-b", "ab", "b", "ä", "\uffff", "🙂"]
    assert query(migrated_url, "SELECT count(*) FROM memory_relationships") == [(13,)]


_EDGE = {
    "source_memory_id": "m-1",
    "target_memory_id": "m-2",
    "relationship_type": "related_to",
    "strength": 0.5,
    "namespace": "default",
    "created_at": "2025-01-02 03:04:05.123456",
}
