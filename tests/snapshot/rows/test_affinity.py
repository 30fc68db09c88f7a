"""Columns of SQLite with another declared type than the one that belongs there: what they would alter is an issue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memoria.snapshot.errors import DatabaseFailure, InvalidRows
from tests.conftest import MakeDatabase
from tests.support.samples.databases import query, rows_of, script
from tests.support.samples.engine import export, import_, merge, without_header
from tests.support.samples.rows import layout_c, snapshot_row

_STRICT = {"datetime": "TEXT"}
"""What STRICT tables do not know -> what stands in for it."""


@pytest.fixture
def url(make_database: MakeDatabase) -> str:
    return make_database("sqlite", migrated=True)


def declare(url: str, column: str, type: str, *, table: str = "clusters", options: str = "") -> None:
    """Make the table again with another type for a column, as plain as can be."""
    columns = [
        f'"{name}" {type if name == column else _STRICT.get(declared, declared)}{" PRIMARY KEY" if key else ""}'
        for name, declared, key in query(url, f"SELECT name, type, pk FROM pragma_table_info('{table}')")
    ]
    script(url, f"PRAGMA foreign_keys = OFF; DROP TABLE {table}; CREATE TABLE {table} ({', '.join(columns)}) {options}")


def issues(url: str, path: Path) -> list[tuple[str | None, str]]:
    """Those of an import and a merge, dry run or not."""
    found = []
    for run in (import_, merge):
        for dry_run in (True, False):
            with pytest.raises(InvalidRows) as caught:
                run(url, path, dry_run=dry_run)
            found.append([(issue.key, issue.reason) for issue in caught.value.report.issues])
    assert found == [found[0]] * 4
    return found[0]


@pytest.mark.parametrize(
    ("column", "type", "kept", "altered", "reason"),
    [
        ("summary", "STRING", "1e", "1e3", "'1e3', of which the STRING column of the target would make a number"),
        ("summary", "uuid", "0x10", " 007\n", "' 007\\n', of which the uuid column of the target would make a number"),
        ("summary", "tinyint", "1_0", "+.5", "'+.5', of which the tinyint column of the target would make a number"),
        ("summary", "FLOAT", "inf", "1.", "'1.', of which the FLOAT column of the target would make a number"),
        ("weight", "TEXT", None, 0.5, "0.5, of which the TEXT column of the target would make text"),
        ("size", "varchar(9)", None, 5, "5, of which the varchar(9) column of the target would make text"),
        ("size", "REAL", None, 5, "5, of which the REAL column of the target would make a float"),
    ],
)
def test_altered(url: str, column: str, type: str, kept: Any, altered: Any, reason: str, tmp_path: Path) -> None:
    declare(url, column, type)
    path = tmp_path / "in.json"
    rows = [snapshot_row("clusters", id=n, **{column: value}) for n, value in enumerate((kept, altered), 1)]
    path.write_bytes(layout_c(clusters=rows))
    assert issues(url, path) == [("2", f"{column} is {reason}")]
    assert import_(url, path, skip_invalid=True).exit_code == 3
    assert query(url, f"SELECT id, {column} FROM clusters") == [(1, kept)]


@pytest.mark.parametrize(
    ("column", "type", "value"),
    [
        ("summary", "BLOB", "1e3"),
        ("summary", "", "007"),
        ("weight", "INTEGER", 0.5),
        ("weight", "NUMERIC", 3.0),
        ("weight", "BLOB", 1e300),
        ("size", "NUMERIC", 1 << 62),
        ("size", "", -1),
        ("last_updated", "INTEGER", "2025-01-02T03:04:05.123456Z"),
        ("centroid", "REAL", [0.5, 12345678901234567890]),
        ("centroid", "INTEGER", 0.25),
    ],
)
def test_kept(url: str, column: str, type: str, value: Any, tmp_path: Path) -> None:
    declare(url, column, type)
    path, first, second = (tmp_path / name for name in ("in.json", "first.json", "second.json"))
    path.write_bytes(layout_c(clusters=[snapshot_row("clusters", id=1, **{column: value})]))
    import_(url, path)
    export(url, first)
    before = rows_of(url, "clusters")
    import_(url, first)
    export(url, second)
    assert rows_of(url, "clusters") == before
    assert without_header(first) == without_header(second)


def test_a_number_that_reals_round(url: str, tmp_path: Path) -> None:
    """The numeric kinds keep a whole number of 64 bits, that of floats does not."""
    declare(url, "centroid", "DOUBLE")
    path = tmp_path / "in.json"
    path.write_bytes(layout_c(clusters=[snapshot_row("clusters", id=1, centroid=9007199254740993)]))
    reason = "centroid holds the number '9007199254740993', which this SQLite column would round"
    assert issues(url, path) == [("1", reason)]


@pytest.mark.parametrize(
    ("table", "column", "type", "options", "called"),
    [
        ("clusters", "summary", "INTEGER", "STRICT", "text belongs"),
        ("clusters", "summary", "BLOB", "STRICT", "text belongs"),
        ("clusters", "weight", "INT", "STRICT", "floats belong"),
        ("clusters", "size", "TEXT", "STRICT", "whole numbers belong"),
        ("clusters", "centroid", "REAL", "STRICT", "JSON belongs"),
        ("clusters", "last_updated", "INTEGER", "STRICT", "times belong"),
        ("long_term_memory", "memory_id", "INTEGER", "", "text belongs"),
    ],
)
def test_refused_by_name(
    url: str, table: str, column: str, type: str, options: str, called: str, tmp_path: Path
) -> None:
    path = tmp_path / "in.json"
    export(url, path)
    declare(url, column, type, table=table, options=options)
    sentence = f"{table}.{column} has the type {type} where {called}: alter its type"
    for run in (
        lambda: export(url, tmp_path / "out.json"),
        lambda: import_(url, path, dry_run=True),
        lambda: import_(url, path),
        lambda: merge(url, path, dry_run=True),
        lambda: merge(url, path),
    ):
        with pytest.raises(DatabaseFailure) as caught:
            run()
        assert str(caught.value) == sentence


def test_any_of_strict_tables_takes_all(url: str, tmp_path: Path) -> None:
    columns = [name for (name,) in query(url, "SELECT name FROM pragma_table_info('clusters')")]
    listed = ", ".join(f'"{name}" {"INTEGER PRIMARY KEY" if name == "id" else "ANY"}' for name in columns)
    script(url, f"PRAGMA foreign_keys = OFF; DROP TABLE clusters; CREATE TABLE clusters ({listed}) STRICT")
    path = tmp_path / "in.json"
    path.write_bytes(layout_c(clusters=[snapshot_row("clusters", id=1, summary="007", weight=1.0, centroid=1.5)]))
    import_(url, path)
    assert query(url, "SELECT summary, typeof(weight), centroid FROM clusters") == [("007", "real", "1.5")]
    export(url, path)
    assert merge(url, path).tables["clusters"].skipped == 1
