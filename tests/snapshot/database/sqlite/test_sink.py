from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from memoria.snapshot import database
from memoria.snapshot.database import Sink
from memoria.snapshot.errors import DatabaseFailure
from memoria.snapshot.schema.facts import Kind
from memoria.snapshot.schema.registry import chosen
from tests.conftest import MakeDatabase
from tests.support.samples.databases import contents, insert, query, rows_of, script
from tests.support.samples.engine import opened
from tests.support.samples.rows import row

[CLUSTERS] = chosen(["clusters"])


@pytest.fixture
def url(make_database: MakeDatabase) -> str:
    return make_database("sqlite", migrated=True)


@pytest.fixture
def sink(url: str) -> Iterator[Sink]:
    with opened(url) as connection, database.sink(connection, "here", read_only=False) as opened_sink:
        yield opened_sink


def cluster(id: int, **values: Any) -> list[Any]:
    found = {"id": id, "summary": "cluster"} | values
    return [found.get(column.name) for column in CLUSTERS.columns]


def test_values_are_stored_as_others_store_them(url: str, sink: Sink) -> None:
    time = "2025-01-02T03:04:05.000001Z"
    rows = [cluster(1, centroid="[1.10]", polarity=1e-320, weight=float("-inf"), last_updated=time), cluster(2)]
    with sink.transaction([CLUSTERS.name]):
        assert sink.insert(CLUSTERS, iter(rows), bulk=False, beside=False) == 2
        sink.finish([CLUSTERS], {}, replace=True)
    found = query(
        url, "SELECT centroid, polarity, weight, last_updated, typeof(last_updated) FROM clusters ORDER BY id"
    )
    assert found == [
        ("[1.10]", 1e-320, float("-inf"), "2025-01-02 03:04:05.000001", "text"),
        (None, None, None, None, "null"),
    ]


def test_an_error_rolls_back(url: str, sink: Sink) -> None:
    insert(url, "clusters", [row("clusters", id=9)])
    before = contents(url)

    def rows() -> Iterator[list[Any]]:
        yield cluster(1)
        raise RuntimeError("half way")

    schema = query(url, "SELECT name, sql FROM sqlite_master ORDER BY name")

    def run() -> None:
        with sink.transaction([CLUSTERS.name]):
            sink.delete(CLUSTERS)
            sink.insert(CLUSTERS, rows(), bulk=True, beside=False)

    with pytest.raises(RuntimeError, match="half way"):
        run()
    assert contents(url) == before
    assert query(url, "SELECT name, sql FROM sqlite_master ORDER BY name") == schema


def test_a_check_constraint_is_a_failure(url: str, sink: Sink) -> None:
    with pytest.raises(DatabaseFailure, match="here: CHECK constraint failed"), sink.transaction([CLUSTERS.name]):
        sink.insert(CLUSTERS, iter([cluster(1, y_centroid=99.0)]), bulk=False, beside=False)
    assert rows_of(url, "clusters") == []


def test_bulk_builds_the_indexes_again(url: str, sink: Sink) -> None:
    script(
        url, "CREATE UNIQUE INDEX mine ON clusters (summary, id); CREATE INDEX part ON clusters (size) WHERE size > 1"
    )
    schema = query(url, "SELECT name, sql FROM sqlite_master ORDER BY name")
    with sink.transaction([CLUSTERS.name]):
        sink.insert(CLUSTERS, iter([cluster(1), cluster(2)]), bulk=True, beside=False)
        sink.finish([CLUSTERS], {}, replace=True)
    assert query(url, "SELECT name, sql FROM sqlite_master ORDER BY name") == schema
    assert query(url, "PRAGMA integrity_check") == [("ok",)]


def test_clearing_does_not_fire_foreign_keys(url: str, sink: Sink) -> None:
    insert(url, "clusters", [row("clusters")])
    insert(url, "cluster_members", [row("cluster_members")])
    with sink.transaction([CLUSTERS.name]):
        sink.delete(CLUSTERS)
    assert [member["cluster_id"] for member in rows_of(url, "cluster_members")] == [1]


def test_stages_leave_nothing_behind(url: str, sink: Sink) -> None:
    sink.create_stage("memoria_stage_clusters", {"number": Kind.INTEGER, "key": Kind.TEXT})
    sink.stage("memoria_stage_clusters", [(1, "a"), (2, "b")])
    sink.stage("memoria_stage_clusters", [])
    assert sink.query("SELECT number, key FROM memoria_stage_clusters ORDER BY number") == [(1, "a"), (2, "b")]
    assert query(url, "SELECT name FROM sqlite_master WHERE name LIKE 'memoria_stage%'") == []


def test_read_only(url: str) -> None:
    with opened(url) as connection, database.sink(connection, "here", read_only=True) as sink:
        sink.create_stage("memoria_stage_clusters", {"key": Kind.TEXT})
        with pytest.raises(DatabaseFailure, match="here is read-only"):
            sink.query("DELETE FROM clusters")
