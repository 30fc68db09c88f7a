"""A whole database there and back: every table, compared value by value through the drivers alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import KINDS, MakeDatabase, RunMemoria
from tests.models.every import TABLES
from tests.samples.databases import EVERY, contents, create_existing, insert, query
from tests.samples.rows import FOREIGN_KEYS, row

POSTGRESQL = [kind for kind in KINDS if kind != "sqlite"]
JSON_TEXT = '{"b": 1.10, "a": [1e400, 12345678901234567890123, "\\ud83d\\ude42", "ü", null, {"": "\\u0000"}], "b": 2}'
TEXT = "🙂 naïve 'quotes\" \\N \\. a\tb\r\nc\n\x01\x7f\x85\u2028\ufeff"
TYPES = {
    "character varying(255)": [TEXT, "", "null"],
    "character varying(50)": [TEXT[:50], "", "null"],
    "character varying(20)": [TEXT[:20], "", "null"],
    "text": [TEXT * 3, "", "NaN"],
    "json": [JSON_TEXT, "null", "[-0.0, 1E+02]"],
    "double precision": [0.1 + 0.2, 5e-324, -1.7976931348623157e308],
    "timestamp without time zone": [
        "2024-02-29 23:59:59.000001",
        "0001-01-01 00:00:00.000000",
        "9999-12-31 23:59:59.999999",
    ],
    "integer": [2**31 - 1, -(2**31), 0],
    "boolean": [True, False, False],
}
FOUR_BYTES = {("memory_relationships", "strength"), ("memory_entities", "relevance_score")}
ONE_OF_A_KIND = {"slug", "user_id", "name"}


def hostile_rows(table: str, *, existing: bool) -> list[dict[str, Any]]:
    """Three rows with the values above, and a fourth that is NULL wherever it may be."""
    expected = TABLES[table]
    rows = []
    for number in range(3):
        made = {
            name: None if null and name.startswith("x_") else TYPES[types[1]][number]
            for name, types, null in expected.columns
        }
        for name in ("y_coord", "z_coord", "y_centroid", "z_centroid", "y", "z"):
            if name in made:
                made[name] = [15.0, -15.0, 1e-320][number]
        for name in ONE_OF_A_KIND & made.keys():
            made[name] = f"{number} {TEXT}"
        for name, _, _ in expected.columns:
            if (table, name) in FOUR_BYTES and existing:
                made[name] = [0.5, -0.25, 1048576.0][number]
        if table == "spatial_metadata":
            made["namespace"] = f"{number}"
        for column, target in FOREIGN_KEYS[table].items():
            made[column] = key_of(target, number)
        rows.append(made | {expected.key: key_of(table, number)})
    fewest = row(table) | {name: None for name, _, null in expected.columns if null}
    fewest |= {name: f"3 {fewest[name]}" for name in ONE_OF_A_KIND & fewest.keys()}
    fewest |= {column: key_of(target, 0) for column, target in FOREIGN_KEYS[table].items() if fewest.get(column)}
    if table == "cluster_members":
        fewest["cluster_id"] = key_of("clusters", 1)
    return [*rows, fewest | {expected.key: key_of(table, 3)}]


def key_of(table: str, number: int) -> Any:
    if TABLES[table].key == "id":
        return [2**31 - 1, -(2**31), 0, 7][number]
    return ["🙂 key", "'; --", "", "key\n"][number]


def fill(url: str, *, existing: bool = False) -> None:
    for table in EVERY:
        insert(url, table, hostile_rows(table, existing=existing))


def held(url: str) -> dict[str, list[dict[str, Any]]]:
    """All that the tables hold, but for the column that a trigger fills."""
    found = contents(url, EVERY)
    for rows in found.values():
        for values in rows:
            values.pop("search_vector", None)
    return found


def move(run_memoria: RunMemoria, source: str, target: str, path: Path) -> None:
    """By the commands, as a user does it; the comparison is one of them."""
    for arguments in (
        ["export-data", path, "--database-url", source],
        ["import-data", path, "--database-url", target, "--no-input"],
        ["compare-data", source, target],
    ):
        done = run_memoria(*arguments)
        assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
    assert [done.stdout.decode().count(f"{table} ") >= 1 for table in EVERY] == [True] * 20


@pytest.mark.parametrize(("first", "suffix"), [("sqlite", "json"), ("postgresql", "ndjson")])
@pytest.mark.parametrize("through", POSTGRESQL)
def test_there_and_back(
    run_memoria: RunMemoria, make_database: MakeDatabase, tmp_path: Path, first: str, through: str, suffix: str
) -> None:
    kinds = ["sqlite", through, "sqlite"] if first == "sqlite" else [through, "sqlite", through]
    start, between, end = (make_database(kind, migrated=True) for kind in kinds)
    fill(start)
    before = held(start)
    assert {table: len(rows) for table, rows in before.items()} == dict.fromkeys(EVERY, 4)
    move(run_memoria, start, between, tmp_path / f"first.{suffix}")
    assert held(between) == before
    move(run_memoria, between, end, tmp_path / f"second.{suffix}")
    assert held(end) == before
    assert held(start) == before


@pytest.mark.parametrize(
    ("source_kind", "kind"),
    [
        ("sqlite", "sqlite"),
        (POSTGRESQL[0], POSTGRESQL[-1]),
        *((kind, "sqlite") for kind in POSTGRESQL),
        *(("sqlite", kind) for kind in POSTGRESQL),
    ],
)
def test_into_a_database_that_the_existing_memoria_created(
    run_memoria: RunMemoria, make_database: MakeDatabase, tmp_path: Path, source_kind: str, kind: str
) -> None:
    source, target = make_database(source_kind, migrated=True), make_database(kind)
    create_existing(target)
    fill(source, existing=True)
    before = held(source)
    move(run_memoria, source, target, tmp_path / "first.json")
    assert held(target) == before
    if kind != "sqlite":
        vectors = "SELECT count(*) FROM short_term_memory WHERE search_vector IS NOT NULL"
        assert query(target, vectors) == [(4,)]
    back = make_database(source_kind, migrated=True)
    move(run_memoria, target, back, tmp_path / "second.json")
    assert held(back) == before
    # Again, over the rows that are there: no rule of a foreign key acts on what was just written.
    move(run_memoria, source, target, tmp_path / "third.json")
    assert held(target) == before
