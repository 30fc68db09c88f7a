"""Columns of PostgreSQL with another type than the one that belongs there: carried whole, or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from memoria.snapshot.errors import DatabaseFailure, InvalidRows
from tests.conftest import KINDS, MakeDatabase
from tests.samples.databases import insert, query, script
from tests.samples.engine import export, import_, merge
from tests.samples.rows import layout_c, row, snapshot_row

POSTGRESQL = [kind for kind in KINDS if kind != "sqlite"]


@pytest.fixture(params=POSTGRESQL)
def url(request: pytest.FixtureRequest, make_database: MakeDatabase) -> str:
    return make_database(request.param, migrated=True)


def alter(url: str, column: str, type: str, using: str = "") -> None:
    script(
        url,
        f"ALTER TABLE long_term_memory ALTER {column} DROP DEFAULT,"
        f" ALTER {column} TYPE {type} USING {using or column}::{type}",
    )


def hold(url: str, column: str, *values: Any) -> None:
    insert(url, "long_term_memory", [row("long_term_memory", memory_id=str(n)) for n in range(len(values))])
    for number, value in enumerate(values):
        query(url, f"UPDATE long_term_memory SET {column} = %s WHERE memory_id = %s", (value, str(number)))


def stored(url: str, column: str) -> list[str]:
    found = query(url, f"SELECT {column}::text FROM long_term_memory ORDER BY memory_id")
    return [value for (value,) in found]


def exported(path: Path, column: str) -> list[str]:
    """The texts of the values in the file."""
    rows = [line.rstrip(",") for line in path.read_text().splitlines() if line.startswith('{"memory_id"')]
    found = [json.loads(line, parse_float=str, parse_int=str)[column] for line in rows]
    return [value if isinstance(value, str) else json.dumps(value) for value in found]


def goes_round(url: str, path: Path, column: str) -> list[str]:
    before = stored(url, column)
    export(url, path)
    import_(url, path)
    assert stored(url, column) == before
    merge(url, path)
    assert stored(url, column) == before
    return exported(path, column)


@pytest.mark.parametrize("type", ["text", "character varying(100)"])
def test_json_in_text(url: str, type: str, tmp_path: Path) -> None:
    alter(url, "processed_data", type)
    texts = ['{"b": 1.10, "a": [12345678901234567890]}', '"text"', "[]", "null", " null ", '{"a":1,\n"b":"\\u0000"}']
    hold(url, "processed_data", *texts)
    found = [text.replace("\n", " ") for text in texts]
    export(url, tmp_path / "out.json")
    lines = (tmp_path / "out.json").read_text().splitlines()
    assert f'"processed_data":{texts[0]}' in next(line for line in lines if '"memory_id":"0"' in line)
    assert '"$json_null":["processed_data"]' in next(line for line in lines if '"memory_id":"3"' in line)
    import_(url, tmp_path / "out.json")
    assert stored(url, "processed_data") == [*found[:4], "null", found[5]]


def test_text_that_is_no_json(url: str, tmp_path: Path) -> None:
    alter(url, "embedding", "text")
    hold(url, "embedding", "[1]", "[1", None, "")
    with pytest.raises(InvalidRows) as caught:
        export(url, tmp_path / "out.json")
    assert [(i.key, i.reason) for i in caught.value.report.issues] == [
        ("1", "embedding is [1, which is not JSON"),
        ("3", "embedding is , which is not JSON"),
    ]
    report = export(url, tmp_path / "out.json", skip_invalid=True)
    assert (report.tables["long_term_memory"].rows, report.tables["long_term_memory"].skipped) == (2, 2)


def test_numeric_in_a_float_column(url: str, tmp_path: Path) -> None:
    alter(url, "importance_score", "numeric")
    hold(url, "importance_score", "0.1", "0.30000000000000004", "5", "0")
    export(url, tmp_path / "out.json")
    assert exported(tmp_path / "out.json", "importance_score") == ["0.1", "0.30000000000000004", "5", "0"]
    import_(url, tmp_path / "out.json")
    assert stored(url, "importance_score") == ["0.1", "0.30000000000000004", "5.0", "0.0"]


@pytest.mark.parametrize(
    ("column", "type", "value", "reason"),
    [
        ("x_coord", "numeric", "0.12345678901234567890", "which an 8-byte float does not hold"),
        ("x_coord", "numeric", "9007199254740993", "which an 8-byte float does not hold"),
        ("x_coord", "bigint", "9007199254740993", "which an 8-byte float does not hold"),
        ("x_coord", "numeric", "1" + "0" * 310, "which an 8-byte float does not hold"),
        ("access_count", "numeric", "1.5", "not a whole number of 64 bits"),
        ("access_count", "numeric", "9223372036854775808", "not a whole number of 64 bits"),
        ("is_preference", "integer", "2", "where 0 or 1 belongs"),
    ],
)
def test_a_value_that_would_be_lost(url: str, column: str, type: str, value: str, reason: str, tmp_path: Path) -> None:
    alter(url, column, type, f"{column}::int" if column == "is_preference" else "")
    hold(url, column, "1", value)
    with pytest.raises(InvalidRows) as caught:
        export(url, tmp_path / "out.json")
    assert [(i.key, i.reason) for i in caught.value.report.issues] == [("1", f"{column} is {value[:200]}, {reason}")]


@pytest.mark.parametrize("type", ["integer", "smallint"])
def test_numbers_for_booleans(url: str, type: str, tmp_path: Path) -> None:
    alter(url, "is_preference", type, "is_preference::int")
    hold(url, "is_preference", 1, 0, None)
    assert goes_round(url, tmp_path / "out.json", "is_preference") == ["true", "false", "null"]


def test_numeric_for_whole_numbers(url: str, tmp_path: Path) -> None:
    alter(url, "access_count", "numeric")
    hold(url, "access_count", "5.0", "-9223372036854775807", "0")
    export(url, tmp_path / "out.json")
    assert exported(tmp_path / "out.json", "access_count") == ["5", "-9223372036854775807", "0"]
    import_(url, tmp_path / "out.json")


@pytest.mark.parametrize(
    ("column", "type", "fits", "does_not"),
    [
        ("x_coord", "numeric(9,2)", ["0.25", "100.0", "-0.5", "3"], "0.125"),
        ("x_coord", "numeric(12,0)", ["1e3", "-7"], "0.5"),
        ("last_accessed", "timestamp(3)", ['"2026-11-22T10:00:00.123000Z"'], '"2026-11-22T10:00:00.123400Z"'),
        ("last_accessed", "timestamp(0) with time zone", ['"2026-11-22T10:00:00Z"'], '"2026-11-22T10:00:00.5Z"'),
        ("last_accessed", "date", ['"2026-11-22T00:00:00Z"'], '"2026-11-22T00:00:01Z"'),
        ("last_accessed", "whole_second", ['"2026-11-22T10:00:00Z"'], '"2026-11-22T10:00:00.000001Z"'),
    ],
)
def test_a_column_that_rounds(url: str, column: str, type: str, fits: list[str], does_not: str, tmp_path: Path) -> None:
    """It takes what it holds whole, and no other value."""
    script(url, "CREATE DOMAIN whole_second AS timestamp(0)")
    path = tmp_path / "s.json"
    rows = [snapshot_row("long_term_memory", memory_id=str(n)) for n in range(len(fits) + 1)]
    for n, text in enumerate([*fits, does_not]):
        rows[n][column] = json.loads(text)
    alter(url, column, type)
    path.write_bytes(layout_c(long_term_memories=rows[:-1]))
    import_(url, path)
    assert len(stored(url, column)) == len(fits)
    merge(url, path)
    path.write_bytes(layout_c(long_term_memories=rows))
    for run in (import_, merge):
        with pytest.raises(InvalidRows) as caught:
            run(url, path)
        ((key, reason),) = [(i.key, i.reason) for i in caught.value.report.issues]
        assert key == str(len(fits))
        assert reason.startswith(f"{column} is ")
        assert reason.endswith("of the target would round")
    import_(url, path, skip_invalid=True)
    assert len(stored(url, column)) == len(fits)


def test_a_domain_is_what_it_is_made_of(url: str, tmp_path: Path) -> None:
    script(url, "CREATE DOMAIN moment AS timestamp with time zone; CREATE DOMAIN score AS numeric")
    alter(url, "created_at", "moment")
    alter(url, "importance_score", "score")
    hold(url, "importance_score", "0.25")
    assert goes_round(url, tmp_path / "out.json", "importance_score") == ["0.25"]
    assert exported(tmp_path / "out.json", "created_at")[0].endswith("Z")


@pytest.mark.parametrize(
    ("column", "type", "using", "called"),
    [
        ("processed_data", "bytea", "convert_to(processed_data::text, 'UTF8')", "JSON"),
        ("importance_score", "text", "", "floats"),
        ("is_preference", "text", "", "booleans"),
        ("created_at", "text", "", "times"),
        ("access_count", "double precision", "", "whole numbers"),
        ("summary", "text[]", "ARRAY[summary]", "text"),
        ("summary", "json", "to_json(summary)", "text"),
    ],
)
def test_a_type_that_does_not_belong(url: str, column: str, type: str, using: str, called: str, tmp_path: Path) -> None:
    alter(url, column, type, using)
    with pytest.raises(DatabaseFailure) as caught:
        export(url, tmp_path / "out.json")
    assert str(caught.value) == (f"long_term_memory.{column} has the type {type} where {called} belong: alter its type")
    assert list(tmp_path.iterdir()) == []
