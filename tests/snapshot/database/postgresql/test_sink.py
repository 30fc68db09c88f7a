from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from memoria.snapshot import database
from memoria.snapshot.database import Sink
from memoria.snapshot.errors import DatabaseFailure
from memoria.snapshot.schema.facts import Kind, Reference, Table
from memoria.snapshot.schema.registry import chosen
from tests.conftest import KINDS, MakeDatabase
from tests.support.samples.databases import contents, insert, query, rows_of, script
from tests.support.samples.engine import opened
from tests.support.samples.rows import row

CLUSTERS, MEMBERS = chosen(["clusters", "cluster_members"])


@pytest.fixture(params=[kind for kind in KINDS if kind != "sqlite"])
def url(request: pytest.FixtureRequest, make_database: MakeDatabase) -> str:
    return make_database(request.param, migrated=True)


@pytest.fixture
def sink(url: str) -> Iterator[Sink]:
    with opened(url) as connection, database.sink(connection, "here", read_only=False) as opened_sink:
        yield opened_sink


def values(table: Table, **given: Any) -> list[Any]:
    found = row(table.name, **given)
    return [found.get(column.name) for column in table.columns]


def cluster(id: int, **given: Any) -> list[Any]:
    return values(CLUSTERS, id=id, **given)


def test_every_character_arrives(url: str, sink: Sink) -> None:
    texts = ["\\N", "\\.", "a\tb", "a\nb\r\nc", "\\", "\\n", "", "\x01\x02\b\f\v\x7f", "🙂\ufeff\u2028", "'\"$$"]
    with sink.transaction([CLUSTERS.name]):
        rows = [cluster(n, summary=text) for n, text in enumerate(texts)]
        assert sink.insert(CLUSTERS, iter(rows), bulk=False, beside=False) == len(texts)
        sink.finish([CLUSTERS], {}, replace=True)
    assert [found["summary"] for found in rows_of(url, "clusters")] == texts


def test_values_of_every_kind(url: str, sink: Sink) -> None:
    moments = ["0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", None]
    floats = [-0.0, 1e-320, float("nan"), float("-inf"), 0.1 + 0.2]
    rows = [
        cluster(n, last_updated=m, weight=f, centroid="[1.10, null]")
        for n, (m, f) in enumerate(zip(moments, floats, strict=False))
    ]
    rows += [cluster(n, weight=f) for n, f in enumerate(floats[3:], 3)]
    with sink.transaction([CLUSTERS.name]):
        sink.insert(CLUSTERS, iter(rows), bulk=False, beside=False)
    assert query(url, "SELECT last_updated::text, weight::text, centroid::text FROM clusters ORDER BY id") == [
        ("0001-01-01 00:00:00", "-0", "[1.10, null]"),
        ("9999-12-31 23:59:59.999999", "1e-320", "[1.10, null]"),
        (None, "NaN", "[1.10, null]"),
        (None, "-Infinity", None),
        (None, "0.30000000000000004", None),
    ]


@pytest.mark.parametrize("beside", [True, False])
def test_an_error_rolls_back_and_passes_through(url: str, sink: Sink, beside: bool) -> None:
    insert(url, "clusters", [row("clusters", id=9)])
    before = contents(url)
    indexes = query(url, "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'clusters' ORDER BY 1")

    def rows() -> Iterator[list[Any]]:
        yield cluster(1)
        raise RuntimeError("half way")

    def run() -> None:
        with sink.transaction([CLUSTERS.name]):
            sink.delete(CLUSTERS)
            sink.insert(CLUSTERS, rows(), bulk=True, beside=beside)

    with pytest.raises(RuntimeError, match="half way"):
        run()
    assert contents(url) == before
    assert query(url, "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'clusters' ORDER BY 1") == indexes


def test_a_check_constraint_is_a_failure(url: str, sink: Sink) -> None:
    with pytest.raises(DatabaseFailure, match="here: new row for relation"), sink.transaction([CLUSTERS.name]):
        sink.insert(CLUSTERS, iter([cluster(1, y_centroid=99.0)]), bulk=False, beside=False)
    assert rows_of(url, "clusters") == []


def test_beside_changes_rows_in_place(url: str, sink: Sink) -> None:
    """Rows of a table that is not imported refer to them with ON DELETE CASCADE."""
    script(
        url,
        "CREATE TABLE watchers (cluster_id integer REFERENCES clusters (id) ON DELETE CASCADE)",
    )
    insert(url, "clusters", [row("clusters", id=n) for n in (1, 2, 3)])
    insert(url, "watchers", [{"cluster_id": 1}, {"cluster_id": 3}])
    with sink.transaction([CLUSTERS.name]):
        rows = [cluster(3, summary="new"), cluster(1), cluster(7)]
        assert sink.insert(CLUSTERS, iter(rows), bulk=False, beside=True) == 3
        sink.finish([CLUSTERS], {}, replace=True)
    assert [(c["id"], c["summary"]) for c in rows_of(url, "clusters")] == [(1, "cluster"), (3, "new"), (7, "cluster")]
    assert query(url, "SELECT cluster_id FROM watchers ORDER BY 1") == [(1,), (3,)]


def test_references_become_null_before_the_foreign_key_sees_them(url: str, sink: Sink) -> None:
    insert(url, "teams", [row("teams", team_id="t")])
    [table] = chosen(["long_term_memory"])
    rows = [values(table, memory_id=key, team_id=team) for key, team in [("a", "t"), ("b", "gone"), ("c", None)]]
    for memory in rows:
        for position, column in enumerate(table.columns):
            if column.kind is Kind.TIME and memory[position]:
                memory[position] = "2025-01-02T03:04:05.000000Z"
    reference = Reference("long_term_memory", "team_id", "teams", "team_id", null=True)
    with sink.transaction([table.name]):
        sink.insert(table, iter(rows), bulk=False, beside=True)
        sink.finish([table], {"long_term_memory": [reference]}, replace=False)
    assert query(url, "SELECT memory_id, team_id FROM long_term_memory ORDER BY 1") == [
        ("a", "t"),
        ("b", None),
        ("c", None),
    ]


def test_bulk_builds_the_indexes_again(url: str, sink: Sink) -> None:
    script(
        url,
        'CREATE UNIQUE INDEX mine ON clusters (summary, id); CREATE INDEX "Odd name" ON clusters (lower(summary) DESC)'
        " INCLUDE (size) WHERE size > 1",
    )
    sql = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
    before = query(url, sql)
    with sink.transaction([CLUSTERS.name, MEMBERS.name]):
        sink.insert(CLUSTERS, iter([cluster(1), cluster(2)]), bulk=True, beside=False)
        sink.insert(MEMBERS, iter([values(MEMBERS)]), bulk=True, beside=False)
        sink.finish([CLUSTERS, MEMBERS], {}, replace=True)
    assert query(url, sql) == before


def test_stages_leave_nothing_behind(url: str, sink: Sink) -> None:
    sink.create_stage("memoria_stage_clusters", {"number": Kind.INTEGER, "key": Kind.TEXT})
    sink.stage("memoria_stage_clusters", [(1, "a\tb"), (2, "\\N"), (2**62, "")])
    sink.stage("memoria_stage_clusters", [])
    found = sink.query("SELECT number, key FROM memoria_stage_clusters ORDER BY number")
    assert found == [(1, "a\tb"), (2, "\\N"), (2**62, "")]
    assert (
        query(url, "SELECT relname FROM pg_class WHERE relname LIKE 'memoria_stage%' AND relpersistence <> 't'") == []
    )
