from __future__ import annotations

import json
from pathlib import Path

import pytest

from memoria.snapshot import database
from memoria.snapshot.errors import InvalidRows
from memoria.snapshot.report import Issue
from memoria.snapshot.schema.facts import ColumnFacts, Kind, Reference
from memoria.snapshot.schema.registry import chosen
from tests.conftest import KINDS, MakeDatabase
from tests.support.samples.databases import connected, insert, load_postgresql_sample, query
from tests.support.samples.engine import export, import_, opened
from tests.support.samples.rows import row

[CLUSTERS] = chosen(["clusters"])


@pytest.fixture(params=[kind for kind in KINDS if kind != "sqlite"])
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def url(kind: str, make_database: MakeDatabase) -> str:
    return make_database(kind, migrated=True)


def test_facts_of_an_existing_database(kind: str, make_database: MakeDatabase) -> None:
    url = make_database(kind, filled=load_postgresql_sample)
    with opened(url) as connection, database.source(connection, "here") as source:
        facts = source.facts()
    assert facts["cluster_members"].references == (
        Reference("cluster_members", "cluster_id", "clusters", "id", null=False),
    )
    assert [(r.column, r.target) for r in facts["long_term_memory"].references] == [
        ("team_id", "teams"),
        ("workspace_id", "workspaces"),
    ]
    columns = facts["memory_relationships"].columns | facts["clusters"].columns | facts["short_term_memory"].columns
    assert columns["strength"] == ColumnFacts(
        "strength", "real", False, single_precision=True, holds_nul=False, kinds=frozenset({Kind.FLOAT})
    )
    assert columns["size"] == ColumnFacts(
        "size",
        "integer",
        True,
        integer_bits=32,
        holds_nul=False,
        kinds=frozenset({Kind.INTEGER, Kind.FLOAT, Kind.BOOLEAN}),
    )
    assert columns["chat_id"] == ColumnFacts(
        "chat_id",
        "character varying",
        True,
        max_length=255,
        holds_nul=False,
        kinds=frozenset({Kind.TEXT, Kind.JSON}),
    )
    assert columns["centroid"].type == "json"
    assert columns["search_vector"].type == "tsvector"


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_moment(url: str, jobs: int) -> None:
    """Whoever writes meanwhile, and on every connection."""
    insert(url, "clusters", [row("clusters", id=n) for n in range(1, 1202)])
    taken: list[bytes] = []
    columns = {column.name: column for column in CLUSTERS.columns[:2]}
    with opened(url) as connection, database.source(connection, "here") as source:
        with connected(url) as writer:
            writer.cursor().execute("DELETE FROM clusters WHERE id > 5; UPDATE clusters SET summary = 'changed'")
        assert source.count("clusters") == 1201
        source.rows(CLUSTERS, columns, taken.extend, lambda issue: pytest.fail(issue.reason), jobs=jobs)
    assert taken == [b'{"id":%d,"summary":"cluster"}' % n for n in range(1, 1202)]


def test_json_is_passed_through(url: str, tmp_path: Path) -> None:
    text = '{"b" : 1.10,\r\n\n "a":[1e400, 123456789012345678901], "a": "\\ud800\\u0000"}'
    insert(url, "clusters", [row("clusters", centroid=text), row("clusters", id=2, centroid=" null ")])
    export(url, tmp_path / "out.ndjson")
    lines = (tmp_path / "out.ndjson").read_bytes().split(b"\n")
    assert b'"centroid":' + text.replace("\r", " ").replace("\n", " ").encode() + b"," in lines[2]
    assert lines[3].endswith(b'"$json_null":["centroid"]}}')


def test_a_json_null_as_long_as_a_book(url: str, tmp_path: Path) -> None:
    insert(url, "clusters", [row("clusters", centroid=" " * 100_000 + "null")])
    export(url, tmp_path / "out.ndjson")
    assert (tmp_path / "out.ndjson").read_bytes().split(b"\n")[2].endswith(b'"$json_null":["centroid"]}}')


def test_the_depth_of_a_value(url: str, tmp_path: Path) -> None:
    """What an import takes an export gives, and nothing deeper."""
    deepest, deeper = "[" * 512 + "]" * 512, "[" * 513 + "]" * 513
    insert(url, "clusters", [row("clusters", id=1, centroid=deepest), row("clusters", id=2, centroid=deeper)])
    with pytest.raises(InvalidRows) as caught:
        export(url, tmp_path / "out.json")
    reason = "centroid nests arrays and objects more than 512 deep"
    assert caught.value.report.issues == [Issue("clusters", reason, key="2")]
    report = export(url, tmp_path / "out.json", skip_invalid=True)
    assert (report.tables["clusters"].rows, report.tables["clusters"].skipped) == (1, 1)
    import_(url, tmp_path / "out.json")
    assert query(url, "SELECT id, centroid::text FROM clusters") == [(1, deepest)]


def test_control_characters_in_text(url: str, tmp_path: Path) -> None:
    text = "".join(map(chr, range(1, 33))) + '\x7f\x85\u2028\\"'
    insert(url, "clusters", [row("clusters", summary=text)])
    export(url, tmp_path / "out.ndjson")
    lines = (tmp_path / "out.ndjson").read_bytes().split(b"\n")
    assert (len(lines), json.loads(lines[2])["data"]["summary"]) == (5, text)


def test_floats_to_the_last_bit(url: str, tmp_path: Path) -> None:
    values = ["0.30000000000000004", "1e-320", "-0", "NaN", "Infinity", "-Infinity", "1.7976931348623157e+308", "100"]
    insert(url, "clusters", [row("clusters", id=n, weight=value) for n, value in enumerate(values)])
    export(url, tmp_path / "out.ndjson")
    data = [json.loads(line)["data"]["weight"] for line in (tmp_path / "out.ndjson").read_text().splitlines()[2:-1]]
    assert data == [0.1 + 0.2, 1e-320, 0, "NaN", "Infinity", "-Infinity", 1.7976931348623157e308, 100]
    import_(url, tmp_path / "out.ndjson")
    assert [weight for (weight,) in query(url, "SELECT weight::text FROM clusters ORDER BY id")] == values
