from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from memoria.snapshot import database
from memoria.snapshot.database.sqlite import connection as sqlite
from memoria.snapshot.errors import DatabaseFailure, InvalidRows
from memoria.snapshot.report import Issue
from memoria.snapshot.schema.facts import ColumnFacts, Reference
from memoria.snapshot.schema.registry import chosen
from tests.conftest import MakeDatabase
from tests.support.samples.databases import connected, insert, query, script, sqlite_sample
from tests.support.samples.engine import export, opened
from tests.support.samples.rows import row


@pytest.fixture
def url(make_database: MakeDatabase) -> str:
    return make_database("sqlite", migrated=True)


def refused(url: str, path: Path) -> list[tuple[str | None, str]]:
    with pytest.raises(InvalidRows) as caught:
        export(url, path)
    return [(issue.key, issue.reason) for issue in caught.value.report.issues]


def test_facts_of_an_existing_database(tmp_path: Path) -> None:
    with opened(sqlite_sample("sqlite_tiny", tmp_path)) as connection, database.source(connection, "here") as source:
        facts = source.facts()
    assert facts["cluster_members"].references == (
        Reference("cluster_members", "cluster_id", "clusters", "id", null=False),
    )
    assert [(r.column, r.target) for r in facts["short_term_memory"].references] == [
        ("chat_id", "chat_history"),
        ("team_id", "teams"),
        ("workspace_id", "workspaces"),
    ]
    assert facts["clusters"].columns["centroid"] == ColumnFacts(
        "centroid", "JSON", null=True, holds_nan=False, holds_negative_zero=False, affinity="NUMERIC"
    )
    assert facts["clusters"].columns["summary"] == ColumnFacts(
        "summary", "TEXT", null=False, holds_nan=False, holds_negative_zero=False, affinity="TEXT", required=True
    )


def test_virtual_tables_and_their_shadows_are_no_tables(url: str, tmp_path: Path) -> None:
    script(url, "CREATE VIRTUAL TABLE memory_search_fts USING fts5(content); CREATE VIEW v AS SELECT 1")
    assert export(url, tmp_path / "out.json").left_out == {}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"summary": b"bytes"}, "summary is 'bytes' where text belongs"),
        ({"access_count": "x"}, "access_count is 'x' where a whole number belongs"),
        ({"access_count": 1.5}, "access_count is 1.5 where a whole number belongs"),
        ({"is_preference": 2}, "is_preference is 2 where 0 or 1 belongs"),
        ({"created_at": "yesterday"}, "created_at is not a time: 'yesterday'"),
        ({"created_at": 1700000000}, "created_at is 1700000000 where a time belongs"),
        ({"processed_data": "{broken"}, "processed_data is not JSON"),
        ({"processed_data": ""}, "processed_data is not JSON"),
        ({"processed_data": "[1] [2]"}, "processed_data is not JSON"),
        ({"processed_data": "NaN"}, "processed_data is not JSON"),
        ({"embedding": "[" * 513 + "]" * 513}, "embedding nests arrays and objects more than 512 deep"),
    ],
)
def test_what_does_not_belong(url: str, tmp_path: Path, values: dict[str, Any], reason: str) -> None:
    insert(url, "long_term_memory", [row("long_term_memory", memory_id="good"), row("long_term_memory", **values)])
    ((key, found),) = refused(url, tmp_path / "out.json")
    assert key == "m-1"
    assert found == reason or (reason.endswith("is not JSON") and found.startswith(f"{reason} ("))
    report = export(url, tmp_path / "out.ndjson", skip_invalid=True)
    assert (report.exit_code, report.tables["long_term_memory"].rows) == (3, 1)


def test_null_where_it_may_not_be(tmp_path: Path) -> None:
    """A database may lack the constraint."""
    path = tmp_path / "loose.db"
    query(f"sqlite:///{path}", "CREATE TABLE clusters (id INTEGER PRIMARY KEY, summary TEXT)")
    insert(f"sqlite:///{path}", "clusters", [{"id": 5, "summary": None}])
    assert refused(f"sqlite:///{path}", tmp_path / "out.json") == [("5", "summary is NULL, and may not be")]


def test_rows_after_one_that_is_not_utf8(url: str, tmp_path: Path) -> None:
    insert(url, "clusters", [row("clusters", id=n, summary=f"grün {n}") for n in range(1, 6)])
    query(url, "UPDATE clusters SET summary = CAST(x'61ff62' AS TEXT) WHERE id IN (1, 3)")
    report = export(url, tmp_path / "out.ndjson", skip_invalid=True)
    assert report.issues == [
        Issue("clusters", r"summary is not UTF-8: 'a\\xffb'", key="1"),
        Issue("clusters", r"summary is not UTF-8: 'a\\xffb'", key="3"),
    ]
    lines = (tmp_path / "out.ndjson").read_text("utf-8").splitlines()[2:-1]
    assert [json.loads(line)["data"]["summary"] for line in lines] == ["grün 2", "grün 4", "grün 5"]


def test_one_moment(url: str) -> None:
    """Whoever writes meanwhile; the journal must let them."""
    query(url, "PRAGMA journal_mode = WAL")
    insert(url, "clusters", [row("clusters")])
    taken: list[bytes] = []
    [clusters] = chosen(["clusters"])
    columns = {column.name: column for column in clusters.columns[:2]}
    with opened(url) as connection, database.source(connection, "here") as source:
        with connected(url) as writer:
            writer.execute("INSERT INTO clusters (id, summary) VALUES (2, 'later')")
            writer.execute("UPDATE clusters SET summary = 'changed'")
        assert source.count("clusters") == 1
        source.rows(clusters, columns, taken.extend, lambda issue: pytest.fail(issue.reason), jobs=1)
    assert taken == [b'{"id":1,"summary":"cluster"}']


def test_json_is_passed_through(url: str, tmp_path: Path) -> None:
    text = '{"b" : 1.10,\n "a":[1e400, 123456789012345678901], "a": "\\ud800"}'
    insert(url, "clusters", [row("clusters", centroid=text), row("clusters", id=2, centroid="null")])
    export(url, tmp_path / "out.ndjson")
    lines = (tmp_path / "out.ndjson").read_bytes().splitlines()
    assert text.replace("\n", " ").encode() in lines[2]
    assert lines[3].endswith(b'"$json_null":["centroid"]}}')


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(DatabaseFailure, match="does not exist"):
        export(f"sqlite:///{tmp_path}/none.db", tmp_path / "out.json")
    assert list(tmp_path.iterdir()) == []


def test_not_a_database(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("hello " * 1000)
    with pytest.raises(DatabaseFailure, match="is not a SQLite database"):
        export(f"sqlite:///{tmp_path}/text.db", tmp_path / "out.json")


def test_after_a_program_that_ended_in_the_middle_of_a_change(url: str, tmp_path: Path) -> None:
    """Its change is taken back by whoever reads next, who may not write otherwise."""
    insert(url, "clusters", [row("clusters")])
    path = url.removeprefix("sqlite:///")
    change = (
        f"import os, sqlite3; database = sqlite3.connect({path!r}); database.execute('PRAGMA cache_size = 1');"
        " database.executemany('INSERT INTO clusters (id, summary) VALUES (?, ?)',"
        " [(n, 'x' * 500) for n in range(2, 3000)]); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", change], check=False).returncode == 9
    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader,
        pytest.raises(DatabaseFailure, match="here was left in the middle of a change by a program that ended"),
        sqlite.failures("here"),
    ):
        reader.execute("SELECT count(*) FROM clusters")
    assert export(url, tmp_path / "s.json").tables["clusters"].rows == 1
    assert not Path(f"{path}-journal").exists()


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_half_a_surrogate_pair_in_a_key(tmp_path: Path, make_database: MakeDatabase, encoding: str) -> None:
    """A database in UTF-16 may hold one; its row is refused like any other, wherever its key stands in the order."""
    path = tmp_path / "utf16.sqlite3"
    with connected(make_database("sqlite", migrated=True)) as model, connected(f"sqlite:///{path}") as database:
        database.execute(f"PRAGMA encoding = '{encoding}'")
        ((made,),) = model.execute("SELECT sql FROM sqlite_master WHERE name = 'memory_relationships'")
        database.execute(made)
    url = f"sqlite:///{path}"
    keys = ["a", "é", "x", "\uffee", "🙂"]
    insert(url, "memory_relationships", [row("memory_relationships", relationship_id=key) for key in keys])
    half = "00d8" if encoding == "UTF-16le" else "d800"
    key = "relationship_id"
    script(url, f"UPDATE memory_relationships SET {key} = CAST(x'{half}' AS TEXT) WHERE {key} = 'x'")
    reason = r"relationship_id is not UTF-8: '\\xed\\xa0\\x80'"
    assert refused(url, tmp_path / "out.json") == [("\udced\udca0\udc80", reason)]
    report = export(url, tmp_path / "out.ndjson", skip_invalid=True, tables=["memory_relationships"])
    assert report.tables["memory_relationships"].skipped == 1
    lines = (tmp_path / "out.ndjson").read_text().splitlines()[2:-1]
    assert [json.loads(line)["data"]["relationship_id"] for line in lines] == ["a", "é", "\uffee", "🙂"]


def test_a_table_whose_name_is_not_utf8(url: str, tmp_path: Path) -> None:
    path = Path(url.removeprefix("sqlite:///"))
    script(url, "CREATE TABLE caf_ (a)")
    path.write_bytes(path.read_bytes().replace(b"caf_", b"caf\xe9"))
    with pytest.raises(DatabaseFailure) as caught:
        export(url, tmp_path / "out.json")
    assert str(caught.value) == f"sqlite:///{path}: a name or a text is not UTF-8: 'caf\ufffd'; rename or correct it"
