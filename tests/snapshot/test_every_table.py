"""A whole database there and back: every table, compared value by value through the drivers alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import KINDS, MakeDatabase, RunMemoria
from tests.support.samples.databases import EVERY, contents, create_existing, query
from tests.support.samples.hostile import fill

POSTGRESQL = [kind for kind in KINDS if kind != "sqlite"]


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
    source, target = make_database(source_kind, migrated=True), make_database(kind, filled=create_existing)
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
