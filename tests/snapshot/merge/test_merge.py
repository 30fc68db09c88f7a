"""A snapshot joins what is in a database."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from memoria.snapshot.errors import InvalidRows, SnapshotError
from memoria.snapshot.files import InputFile
from memoria.snapshot.merge.mapping import WrongMap, new_id
from memoria.snapshot.merge.merge import Merge
from memoria.snapshot.report import Report
from tests.conftest import MakeDatabase
from tests.support.samples.databases import connected, contents, create_existing, insert, query, rows_of, script
from tests.support.samples.engine import export, merge, opened, undo, without_header
from tests.support.samples.rows import layout_c, row, snapshot_row

ACTIONS = ("insert", "overwrite", "identical", "duplicate", "different", "left_out", "invalid")


def memory(key: str, namespace: str = "a", **more: Any) -> dict[str, Any]:
    return row("long_term_memory", memory_id=key, namespace=namespace, searchable_content=f"about {key}", **more)


def edge(key: str, source: str, target: str, namespace: str = "a") -> dict[str, Any]:
    ends = {"source_memory_id": source, "target_memory_id": target}
    return row("memory_relationships", relationship_id=key, namespace=namespace, **ends)


def actions(report: Report) -> dict[str, dict[str, int]]:
    """Table and namespaces -> action -> rows."""
    for part in report.merge:
        assert part.rows == sum(getattr(part, action) for action in ACTIONS)
    for name, counts in report.tables.items():
        assert counts.rows == sum(part.rows for part in report.merge if part.table == name)
    return {
        f"{part.table} {part.source}>{part.target}": {a: n for a in ACTIONS if (n := getattr(part, a))}
        for part in report.merge
    }


def a_namespace(url: str) -> None:
    """With all kinds of references."""
    insert(url, "teams", [row("teams")])
    insert(url, "chat_history", [row("chat_history", chat_id="c-1", namespace="a")])
    insert(
        url,
        "long_term_memory",
        [
            memory("m-1", team_id="t-1", related_memories_json='["m-2", "gone", "other"]', original_chat_id="c-1"),
            memory("m-2", duplicate_of="m-1", supersedes_json='["m-1"]', embedding="[0.5, 1e-3]"),
            memory("other", "b"),
        ],
    )
    insert(
        url,
        "short_term_memory",
        [row("short_term_memory", memory_id="s-1", namespace="a", chat_id="c-1")],
    )
    insert(url, "clusters", [row("clusters", id=1, summary="one"), row("clusters", id=2, summary="two")])
    insert(
        url,
        "cluster_members",
        [
            row("cluster_members", id=1, memory_id="m-1", cluster_id=1),
            row("cluster_members", id=2, memory_id="s-1", cluster_id=1),
            row("cluster_members", id=3, memory_id="other", cluster_id=2),
        ],
    )
    insert(url, "memory_relationships", [edge("r-1", "m-1", "m-2"), edge("r-2", "s-1", "m-1")])
    insert(url, "memory_entities", [row("memory_entities", namespace="a")])
    insert(url, "spatial_metadata", [row("spatial_metadata", namespace="a")])
    insert(url, "memory_access_events", [row("memory_access_events", id=7, namespace="a")])
    insert(url, "thread_events", [row("thread_events", namespace="a")])
    insert(url, "thread_message_links", [row("thread_message_links", id=5, namespace="a")])
    insert(url, "link_memory_threads", [row("link_memory_threads", id=3)])


@pytest.fixture
def url(database_kind: str, make_database: MakeDatabase) -> str:
    return make_database(database_kind, migrated=True, filled=a_namespace)


@pytest.fixture
def snapshot(url: str, tmp_path: Path) -> Path:
    path = tmp_path / "all.json"
    export(url, path)
    return path


NEW = {key: new_id("copy", key) for key in ("m-1", "m-2", "s-1", "c-1", "r-1", "r-2", "e-1", "th-1")}


def test_a_copy_inside_one_database(url: str, snapshot: Path) -> None:
    before = contents(url)
    report = merge(url, snapshot, "a=copy", new_ids=True)
    assert actions(report) == {
        "teams >": {"identical": 1},
        "chat_history a>copy": {"insert": 1},
        "long_term_memory a>copy": {"insert": 2},
        "long_term_memory b>b": {"duplicate": 1},
        "short_term_memory a>copy": {"insert": 1},
        "clusters >": {"insert": 1, "identical": 1},
        "cluster_members >": {"insert": 2, "identical": 1},
        "memory_relationships a>copy": {"insert": 2},
        "memory_entities a>copy": {"insert": 1},
        "spatial_metadata a>copy": {"insert": 1},
        "memory_access_events a>copy": {"insert": 1},
        "thread_events a>copy": {"insert": 1},
        "thread_message_links a>copy": {"insert": 1},
        "link_memory_threads >": {"insert": 1},
    }
    found = {held["memory_id"]: held for held in rows_of(url, "long_term_memory")}
    assert found.keys() == {"m-1", "m-2", "other", NEW["m-1"], NEW["m-2"]}
    one, two = found[NEW["m-1"]], found[NEW["m-2"]]
    assert json.loads(one["related_memories_json"]) == [NEW["m-2"], "gone", "other"]
    assert (one["namespace"], one["team_id"], one["original_chat_id"]) == ("copy", "t-1", NEW["c-1"])
    assert (two["duplicate_of"], json.loads(two["supersedes_json"])) == (NEW["m-1"], [NEW["m-1"]])
    assert two["embedding"] == "[0.5, 1e-3]"
    assert query(url, "SELECT chat_id FROM short_term_memory WHERE namespace = 'copy'") == [(NEW["c-1"],)]
    assert query(url, "SELECT id, summary FROM clusters ORDER BY id") == [
        (1, "one"),
        (2, "two"),
        (3, "one"),
    ]
    assert query(url, "SELECT id, memory_id, cluster_id FROM cluster_members WHERE id > 3 ORDER BY id") == [
        (4, NEW["m-1"], 3),
        (5, NEW["s-1"], 3),
    ]
    ends = (
        "SELECT relationship_id, source_memory_id, target_memory_id FROM memory_relationships WHERE namespace = 'copy'"
    )
    assert set(query(url, ends)) == {
        (NEW["r-1"], NEW["m-1"], NEW["m-2"]),
        (NEW["r-2"], NEW["s-1"], NEW["m-1"]),
    }
    for table in ("memory_entities", "spatial_metadata", "memory_access_events", "thread_message_links"):
        assert query(url, f"SELECT memory_id FROM {table} WHERE namespace = 'copy'") == [(NEW["m-1"],)]
    assert query(url, "SELECT thread_id FROM thread_message_links WHERE namespace = 'copy'") == [(NEW["th-1"],)]
    assert query(url, "SELECT source_memory_id, target_memory_id FROM link_memory_threads WHERE id = 4") == [
        (NEW["m-1"], NEW["m-2"])
    ]
    after = contents(url)
    for table, rows in before.items():  # and nothing else changed
        assert [held for held in after[table] if held in rows] == rows


def test_the_second_copy_finds_everything(url: str, snapshot: Path) -> None:
    merge(url, snapshot, "a=copy", new_ids=True)
    before = contents(url)
    again = actions(merge(url, snapshot, "a=copy", new_ids=True))
    assert again.pop("long_term_memory b>b") == {"duplicate": 1}  # of itself, which has not moved
    assert {action for counts in again.values() for action in counts} == {"identical"}
    assert contents(url) == before
    assert {a for counts in actions(merge(url, snapshot)).values() for a in counts} == {"identical"}


def test_into_another_database(url: str, snapshot: Path, make_database: Any, database_kind: str) -> None:
    other = make_database(database_kind, migrated=True)
    planned = actions(merge(other, snapshot, dry_run=True))
    assert not any(contents(other).values())
    assert actions(merge(other, snapshot)) == planned
    assert {action for counts in planned.values() for action in counts} == {"insert"}
    assert contents(other) == contents(url)


def test_ids_that_another_namespace_has(url: str, snapshot: Path) -> None:
    before = contents(url)
    with pytest.raises(InvalidRows) as caught:
        merge(url, snapshot, namespace="prod")
    assert "in the namespace 'a': ⟨new_ids=True⟩ gives new ids" in str(caught.value)
    assert contents(url) == before


def test_ids_that_are_taken_by_other_clusters(url: str, snapshot: Path, make_database: Any, database_kind: str) -> None:
    other = make_database(database_kind, migrated=True)
    insert(other, "clusters", [row("clusters", id=1, summary="another"), row("clusters", id=9, summary="two")])
    insert(other, "long_term_memory", [memory("other", "b")])
    insert(other, "cluster_members", [row("cluster_members", id=1, memory_id="other", cluster_id=9)])
    report = actions(merge(other, snapshot))
    assert report["clusters >"] == {"insert": 1, "identical": 1}
    assert report["cluster_members >"] == {"insert": 2, "identical": 1}
    assert query(other, "SELECT id, summary FROM clusters ORDER BY id") == [(1, "another"), (9, "two"), (10, "one")]
    assert query(other, "SELECT id, memory_id, cluster_id FROM cluster_members ORDER BY id") == [
        (1, "other", 9),
        (2, "s-1", 10),
        (4, "m-1", 10),
    ]


def file_of(folder: Path, **tables: list[dict[str, Any]]) -> Path:
    path = folder / "file.json"
    path.write_bytes(layout_c(**tables))
    return path


def long(key: str, namespace: str = "a", **more: Any) -> dict[str, Any]:
    about = {"searchable_content": f"about {key}", **more}
    return snapshot_row("long_term_memory", memory_id=key, namespace=namespace, **about)


def test_duplicates_under_another_key(migrated_url: str, tmp_path: Path) -> None:
    """References follow to the memory that stays."""
    insert(migrated_url, "long_term_memory", [memory("there")])
    path = file_of(
        tmp_path,
        long_term_memory=[
            long("same", searchable_content="about there"),
            long("x"),
            long("y", searchable_content="about x"),
            long("z", "b", searchable_content="about x", related_memories_json=["y", "same"]),
        ],
        memory_relationships=[
            snapshot_row(
                "memory_relationships",
                relationship_id="r",
                namespace="a",
                source_memory_id="same",
                target_memory_id="y",
            )
        ],
    )
    report = merge(migrated_url, path)
    assert actions(report) == {
        "long_term_memory a>a": {"insert": 1, "duplicate": 2},
        "long_term_memory b>b": {"insert": 1},
        "memory_relationships a>a": {"insert": 1},
    }
    assert report.exit_code == 0
    assert query(migrated_url, "SELECT source_memory_id, target_memory_id FROM memory_relationships") == [
        ("there", "x")
    ]
    (kept,) = query(migrated_url, "SELECT related_memories_json FROM long_term_memory WHERE memory_id = 'z'")
    assert json.loads(str(kept[0])) == ["x", "there"]
    again = merge(migrated_url, path, on_conflict="overwrite")
    assert {a for counts in actions(again).values() for a in counts} <= {"identical", "duplicate", "overwrite"}


def test_duplicates_are_allowed(migrated_url: str, tmp_path: Path) -> None:
    path = file_of(tmp_path, long_term_memory=[long("x"), long("y", searchable_content="about x")])
    assert actions(merge(migrated_url, path, allow_duplicates=True)) == {"long_term_memory a>a": {"insert": 2}}
    with pytest.raises(InvalidRows, match="'x': its key is in the database already"):
        merge(migrated_url, path, allow_duplicates=True)


def test_one_key_twice_in_the_file(migrated_url: str, tmp_path: Path) -> None:
    path = file_of(tmp_path, long_term_memory=[long("x"), long("x"), long("x", searchable_content="else")])
    with pytest.raises(InvalidRows, match=r"long_term_memory 'x': its key stands on line \d+ already"):
        merge(migrated_url, path)
    report = merge(migrated_url, path, skip_invalid=True)
    assert actions(report) == {"long_term_memory a>a": {"insert": 1, "duplicate": 1, "invalid": 1}}
    assert report.exit_code == 3


@pytest.mark.parametrize(
    ("on_conflict", "moment", "expected", "summary"),
    [
        ("skip", "2026-01-01", "different", "old"),
        ("overwrite", "2020-01-01", "overwrite", "new"),
        ("newest", "2020-01-01", "different", "old"),
        ("newest", "2026-01-01", "overwrite", "new"),
    ],
)
def test_conflicts(
    migrated_url: str, tmp_path: Path, on_conflict: str, moment: str, expected: str, summary: str
) -> None:
    times = dict.fromkeys(["timestamp", "created_at", "extraction_timestamp"], f"{moment} 00:00:00.000000")
    insert(migrated_url, "long_term_memory", [memory("m-1", summary="old", topic="kept?"), memory("m-2")])
    before = contents(migrated_url)
    path = file_of(tmp_path, long_term_memory=[long("m-1", summary="new", **times), long("m-2")])
    report = merge(migrated_url, path, on_conflict=on_conflict)
    assert actions(report) == {"long_term_memory a>a": {expected: 1, "identical": 1}}
    columns = {"created_at", "extraction_timestamp", "summary", "timestamp", "topic"}
    assert report.tables["long_term_memory"].differing == dict.fromkeys(sorted(columns), 1)
    stays = "kept?" if expected == "different" else None
    assert query(migrated_url, "SELECT summary, topic FROM long_term_memory WHERE memory_id = 'm-1'") == [
        (summary, stays)
    ]
    if expected == "different":
        assert report.import_id is None  # nothing was written
    else:
        undo(migrated_url, 1)
    assert contents(migrated_url) == before


def test_columns_that_no_snapshot_knows_keep_their_values(migrated_url: str, tmp_path: Path) -> None:
    script(migrated_url, "ALTER TABLE long_term_memory ADD COLUMN mood text DEFAULT 'calm'")
    insert(migrated_url, "long_term_memory", [memory("m-1", summary="old", mood="good")])
    path = file_of(tmp_path, long_term_memory=[long("m-1", summary="new"), long("m-2")])
    merge(migrated_url, path, on_conflict="overwrite")
    moods = "SELECT memory_id, summary, mood FROM long_term_memory ORDER BY 1"
    assert [held[::2] for held in query(migrated_url, moods)] == [("m-1", "good"), ("m-2", "calm")]
    undo(migrated_url, 1)
    assert query(migrated_url, moods) == [("m-1", "old", "good")]


def test_a_conflict_may_stop_everything(migrated_url: str, tmp_path: Path) -> None:
    insert(migrated_url, "long_term_memory", [memory("m-1", summary="old")])
    path = file_of(tmp_path, long_term_memory=[long("m-1", summary="new"), long("m-2")])
    with pytest.raises(InvalidRows, match="'m-1': its key is in the database already, with another summary"):
        merge(migrated_url, path, on_conflict="fail", skip_invalid=True)
    assert len(rows_of(migrated_url, "long_term_memory")) == 1


def test_what_leads_nowhere_is_left_out(migrated_url: str, tmp_path: Path) -> None:
    insert(migrated_url, "long_term_memory", [memory("there", "b")])
    edges = [("r-1", "m-1", "there"), ("r-2", "m-1", "gone"), ("r-3", "gone", "gone")]
    path = file_of(
        tmp_path,
        long_term_memory=[long("m-1", team_id="no team")],
        clusters=[snapshot_row("clusters", id=4)],
        cluster_members=[
            snapshot_row("cluster_members", id=1, memory_id="m-1", cluster_id=4),
            snapshot_row("cluster_members", id=2, memory_id="gone", cluster_id=4),
            snapshot_row("cluster_members", id=3, memory_id="m-1", cluster_id=5),
        ],
        memory_relationships=[snapshot_row("memory_relationships", **edge(*found)) for found in edges],
    )
    report = merge(migrated_url, path)
    assert actions(report) == {
        "long_term_memory a>a": {"insert": 1},
        "clusters >": {"insert": 1},
        "cluster_members >": {"insert": 1, "left_out": 2},
        "memory_relationships a>a": {"insert": 1, "left_out": 2},
    }
    assert report.tables["long_term_memory"].nulled == {"team_id": 1}
    assert query(migrated_url, "SELECT team_id FROM long_term_memory WHERE memory_id = 'm-1'") == [(None,)]
    assert query(migrated_url, "SELECT relationship_id FROM memory_relationships") == [("r-1",)]


def test_embeddings(migrated_url: str, tmp_path: Path) -> None:
    insert(migrated_url, "long_term_memory", [memory("there", embedding="[1, 2]")])
    path = file_of(tmp_path, long_term_memory=[long("m-1", embedding=[1, 2, 3]), long("m-2", "b", embedding=[1])])
    report = merge(migrated_url, path, dry_run=True)
    assert (
        "Embeddings of the file have 3 dimensions, those in the namespace a 2: ⟨drop_embeddings=True⟩ leaves them out."
        in report.notes
    )
    merge(migrated_url, path, drop_embeddings=True)
    assert query(migrated_url, "SELECT embedding FROM long_term_memory WHERE memory_id <> 'there'") == [
        (None,),
        (None,),
    ]


def test_invalid_rows_are_counted_where_they_would_go(migrated_url: str, tmp_path: Path) -> None:
    path = file_of(tmp_path, long_term_memory=[long("m-1"), long("m-2", y_coord=99), long("m-3", "b", y_coord=99)])
    report = merge(migrated_url, path, "a=x", skip_invalid=True)
    assert actions(report) == {
        "long_term_memory a>x": {"insert": 1, "invalid": 1},
        "long_term_memory b>b": {"invalid": 1},
    }
    with pytest.raises(WrongMap):
        merge(migrated_url, path, "c=x", skip_invalid=True)


def test_policies_are_one_of_a_name(migrated_url: str, tmp_path: Path) -> None:
    insert(migrated_url, "workspaces", [row("workspaces")])
    insert(migrated_url, "policy_artifacts", [row("policy_artifacts", id=4, workspace_id="w-1")])
    changed = snapshot_row("policy_artifacts", id=8, workspace_id="w-1", payload={"days": 3})
    path = file_of(tmp_path, policy_artifacts=[changed])
    assert actions(merge(migrated_url, path)) == {"policy_artifacts *>*": {"different": 1}}
    assert actions(merge(migrated_url, path, on_conflict="overwrite")) == {"policy_artifacts *>*": {"overwrite": 1}}
    found = query(migrated_url, "SELECT id, payload FROM policy_artifacts")
    assert [(key, json.loads(str(payload)) if isinstance(payload, str) else payload) for key, payload in found] == [
        (4, {"days": 3})
    ]


def test_an_older_database(make_database: Any, database_kind: str, snapshot: Path, tmp_path: Path) -> None:
    """One that was never migrated: the import makes the tables of its history, and nothing else."""
    older = make_database(database_kind, filled=create_existing)
    report = merge(older, snapshot)
    assert report.import_id == 1
    export(older, older_file := tmp_path / "older.json")
    assert without_header(older_file) == without_header(snapshot)
    assert {a for counts in actions(merge(older, snapshot)).values() for a in counts} == {"identical"}
    undo(older, 1)
    assert not any(contents(older).values())


def test_no_tables(database_url: str, snapshot: Path) -> None:
    with pytest.raises(SnapshotError, match="has no tables yet"):
        merge(database_url, snapshot)


def link(key: str, source: str, target: str, namespace: str = "a") -> dict[str, Any]:
    return snapshot_row("memory_relationships", **edge(key, source, target, namespace))


def ends(url: str) -> set[tuple[Any, ...]]:
    return set(query(url, "SELECT namespace, source_memory_id, target_memory_id FROM memory_relationships"))


@pytest.mark.parametrize(
    ("on_conflict", "contents_of_file", "expected", "afterwards"),
    [
        ("overwrite", ("new", "old"), {"insert": 1, "overwrite": 1}, {("k-1", "new"), ("k-2", "old")}),
        ("skip", ("new", "new"), {"insert": 1, "different": 1}, {("k-1", "old"), ("k-2", "new")}),
    ],
)
def test_no_duplicate_of_what_is_not_there_afterwards(
    migrated_url: str,
    tmp_path: Path,
    on_conflict: str,
    contents_of_file: tuple[str, str],
    expected: dict[str, int],
    afterwards: set[tuple[str, str]],
) -> None:
    insert(migrated_url, "long_term_memory", [memory("k-1") | {"searchable_content": "old"}])
    rows = [long(f"k-{n}", searchable_content=text) for n, text in enumerate(contents_of_file, 1)]
    report = merge(migrated_url, file_of(tmp_path, long_term_memory=rows), on_conflict=on_conflict)
    assert actions(report) == {"long_term_memory a>a": expected}
    assert set(query(migrated_url, "SELECT memory_id, searchable_content FROM long_term_memory")) == afterwards


def test_texts_that_only_look_alike_when_joined(migrated_url: str, tmp_path: Path) -> None:
    texts = [("x\x1fy", "z"), ("x", "y\x1fz"), ("x\x1f;y", "z"), ("x", "y\x1f;z")]
    rows = [long(f"k-{n}", searchable_content=a, summary=b) for n, (a, b) in enumerate(texts)]
    path = file_of(tmp_path, long_term_memory=rows)
    assert actions(merge(migrated_url, path)) == {"long_term_memory a>a": {"insert": 4}}
    again = file_of(tmp_path, long_term_memory=[{**found, "memory_id": f"other-{n}"} for n, found in enumerate(rows)])
    assert actions(merge(migrated_url, again)) == {"long_term_memory a>a": {"duplicate": 4}}


def test_only_ids_in_arrays_are_ids(migrated_url: str, tmp_path: Path) -> None:
    scores, mixed = '{"m-1": 0.9, "note": "x"}', '[{"id": "m-1"}, "m-1", 1.10, 12345678901234567890123]'
    row_of_file = json.dumps(long("m-2", related_memories_json="A", supersedes_json="B"))
    text = row_of_file.replace('"A"', scores).replace('"B"', mixed)
    path = tmp_path / "file.ndjson"
    counts = {"tables": [{"name": "long_term_memory", "row_count": 2}]}
    lines = [json.dumps(long("m-1")), text]
    path.write_text(
        json.dumps({"metadata": counts})
        + "\n"
        + "".join(f'{{"table": "long_term_memory", "data": {line}}}\n' for line in lines)
    )
    merge(migrated_url, path, namespace="copy", new_ids=True)
    cast = "CAST(related_memories_json AS text), CAST(supersedes_json AS text)"
    ((related, supersedes),) = query(
        migrated_url, f"SELECT {cast} FROM long_term_memory WHERE memory_id = '{NEW['m-2']}'"
    )
    assert related == scores
    assert supersedes == f'[{{"id": "m-1"}},"{NEW["m-1"]}",1.10,12345678901234567890123]'
    again = merge(migrated_url, path, namespace="copy", new_ids=True)
    assert actions(again) == {"long_term_memory a>copy": {"identical": 2}}


def test_an_edge_that_is_there_under_another_key(migrated_url: str, tmp_path: Path) -> None:
    """A namespace that comes back under new ids: its memories are there, and so are its edges."""
    insert(migrated_url, "long_term_memory", [memory("m-1"), memory("m-2")])
    insert(migrated_url, "memory_relationships", [edge("r-1", "m-1", "m-2")])
    export(migrated_url, path := tmp_path / "all.json")
    report = merge(migrated_url, path, new_ids=True)
    assert actions(report) == {
        "long_term_memory a>a": {"duplicate": 2},
        "memory_relationships a>a": {"duplicate": 1},
    }
    assert ends(migrated_url) == {("a", "m-1", "m-2")}


def test_a_copy_in_parts(migrated_url: str, tmp_path: Path) -> None:
    """What an earlier part brought is meant, and no edge of the copy leads back to what it is copied from."""
    insert(migrated_url, "long_term_memory", [memory("m-1"), memory("m-2", related_memories_json='["m-1"]')])
    one, two = long("m-1"), long("m-2", related_memories_json=["m-1"])

    def copy(*rows: dict[str, Any], **options: Any) -> dict[str, dict[str, int]]:
        path = file_of(tmp_path, long_term_memory=list(rows), memory_relationships=[link("r-1", "m-1", "m-2")])
        return actions(merge(migrated_url, path, "a=copy", new_ids=True, **options))

    assert copy(two)["memory_relationships a>copy"] == {"left_out": 1}
    assert copy(one)["memory_relationships a>copy"] == {"insert": 1}
    assert ends(migrated_url) == {("copy", NEW["m-1"], NEW["m-2"])}
    # The first part could not know the id that the second brought; now it is known.
    assert copy(two, on_conflict="overwrite")["long_term_memory a>copy"] == {"overwrite": 1}
    ((related,),) = query(
        migrated_url, f"SELECT related_memories_json FROM long_term_memory WHERE memory_id = '{NEW['m-2']}'"
    )
    assert (json.loads(related) if isinstance(related, str) else related) == [NEW["m-1"]]
    assert copy(one, two) == {
        "long_term_memory a>copy": {"identical": 2},
        "memory_relationships a>copy": {"identical": 1},
    }


def test_a_second_run_finds_what_the_first_changed(migrated_url: str, tmp_path: Path) -> None:
    """References that followed a duplicate, and those that became NULL."""
    insert(migrated_url, "long_term_memory", [memory("m-0")])
    same = {"searchable_content": "about m-0"}
    path = file_of(
        tmp_path,
        long_term_memory=[
            long("m-1", **same),
            long("m-2", duplicate_of="m-1", related_memories_json=["m-1"], team_id="nowhere"),
        ],
        memory_relationships=[link("r-1", "m-1", "m-2")],
    )
    merge(migrated_url, path)
    for on_conflict in ("skip", "overwrite", "newest", "fail"):
        report = merge(migrated_url, path, on_conflict=on_conflict)
        assert actions(report) == {
            "long_term_memory a>a": {"identical": 1, "duplicate": 1},
            "memory_relationships a>a": {"identical": 1},
        }
        assert report.tables["long_term_memory"].differing == {}


def test_references_that_differ(migrated_url: str, tmp_path: Path) -> None:
    insert(migrated_url, "long_term_memory", [memory("m-1", duplicate_of="old"), memory("m-2")])
    path = file_of(
        tmp_path, long_term_memory=[long("m-1", duplicate_of="new", related_memories_json=["x"]), long("m-2")]
    )
    report = merge(migrated_url, path)
    assert actions(report) == {"long_term_memory a>a": {"different": 1, "identical": 1}}
    assert report.tables["long_term_memory"].differing == {"duplicate_of": 1, "related_memories_json": 1}
    with pytest.raises(InvalidRows, match="'m-1': its key is in the database already, with other references"):
        merge(migrated_url, path, on_conflict="fail")
    assert actions(merge(migrated_url, path, on_conflict="overwrite")) == {
        "long_term_memory a>a": {"overwrite": 1, "identical": 1}
    }
    assert query(migrated_url, "SELECT duplicate_of FROM long_term_memory WHERE memory_id = 'm-1'") == [("new",)]


def test_clusters_and_members_with_other_content(migrated_url: str, tmp_path: Path) -> None:
    insert(migrated_url, "long_term_memory", [memory("m-1")])
    insert(migrated_url, "clusters", [row("clusters", id=1, summary="one", update_count=1)])
    insert(migrated_url, "cluster_members", [row("cluster_members", id=1, memory_id="m-1", cluster_id=1, anchor="x")])
    path = file_of(
        tmp_path,
        clusters=[snapshot_row("clusters", id=7, summary="one", update_count=2)],
        cluster_members=[snapshot_row("cluster_members", id=7, memory_id="m-1", cluster_id=7, anchor="y")],
    )
    report = merge(migrated_url, path)
    assert actions(report) == {"clusters >": {"different": 1}, "cluster_members >": {"different": 1}}
    assert report.tables["clusters"].differing == {"update_count": 1}
    assert report.tables["cluster_members"].differing == {"anchor": 1}
    before = contents(migrated_url)
    done = merge(migrated_url, path, on_conflict="overwrite")
    assert actions(done) == {"clusters >": {"overwrite": 1}, "cluster_members >": {"overwrite": 1}}
    assert query(migrated_url, "SELECT id, update_count FROM clusters") == [(1, 2)]
    assert query(migrated_url, "SELECT id, memory_id, anchor, cluster_id FROM cluster_members") == [(1, "m-1", "y", 1)]
    undo(migrated_url, done.import_id or 0)
    assert contents(migrated_url) == before


def test_members_without_their_cluster(migrated_url: str, tmp_path: Path) -> None:
    insert(migrated_url, "long_term_memory", [memory("m-1")])
    path = file_of(tmp_path, cluster_members=[snapshot_row("cluster_members", memory_id="m-1", cluster_id=4)])
    assert actions(merge(migrated_url, path)) == {"cluster_members >": {"left_out": 1}}


def test_an_edge_is_not_replaced_by_one_to_nowhere(migrated_url: str, tmp_path: Path) -> None:
    insert(migrated_url, "long_term_memory", [memory("m-1"), memory("m-2")])
    insert(migrated_url, "memory_relationships", [edge("r-1", "m-1", "m-2")])
    path = file_of(tmp_path, memory_relationships=[link("r-1", "m-1", "gone")])
    report = merge(migrated_url, path, on_conflict="overwrite")
    assert actions(report) == {"memory_relationships a>a": {"left_out": 1}}
    assert ends(migrated_url) == {("a", "m-1", "m-2")}


def test_rows_that_have_no_namespace(migrated_url: str, tmp_path: Path) -> None:
    insert(migrated_url, "long_term_memory", [memory("m-1", "")])
    path = file_of(tmp_path, long_term_memory=[long("m-1", "")])
    assert actions(merge(migrated_url, path)) == {"long_term_memory default>default": {"identical": 1}}


class TestUniqueValues:
    def test_of_another_row_of_the_database(self, migrated_url: str, tmp_path: Path) -> None:
        insert(migrated_url, "teams", [row("teams", team_id="t-1", slug="red")])
        path = file_of(
            tmp_path,
            teams=[snapshot_row("teams", team_id="t-2", slug="red")],
            long_term_memory=[long("m-1", team_id="t-2")],
        )
        with pytest.raises(InvalidRows, match="teams 't-2': its slug is that of t-1 in the database already"):
            merge(migrated_url, path)
        report = merge(migrated_url, path, skip_invalid=True)
        assert actions(report) == {"teams >": {"invalid": 1}, "long_term_memory a>a": {"insert": 1}}
        assert query(migrated_url, "SELECT team_id FROM long_term_memory") == [(None,)]

    def test_of_another_row_of_the_file(self, migrated_url: str, tmp_path: Path) -> None:
        """Two namespaces that become one, each with a policy of that name."""
        insert(migrated_url, "workspaces", [row("workspaces")])
        policies = [
            snapshot_row("policy_artifacts", id=n, namespace=name, workspace_id="w-1", payload={"days": n})
            for n, name in enumerate("ab")
        ]
        path = file_of(tmp_path, policy_artifacts=policies)
        for on_conflict in ("skip", "overwrite"):
            with pytest.raises(
                InvalidRows, match=r"'1': its \(name, namespace, workspace_id\) stands on line \d+ already"
            ):
                merge(migrated_url, path, "a=x", "b=x", on_conflict=on_conflict)
            report = merge(migrated_url, path, "a=x", "b=x", on_conflict=on_conflict, skip_invalid=True)
            assert report.tables["policy_artifacts"].skipped == (1 if on_conflict == "skip" else 2)
        assert len(rows_of(migrated_url, "policy_artifacts")) == 1

    def test_they_do_not_change_places(self, migrated_url: str, tmp_path: Path) -> None:
        insert(migrated_url, "teams", [row("teams", team_id=f"t-{n}", slug=f"s-{n}") for n in (1, 2)])
        swapped = [snapshot_row("teams", team_id=f"t-{n}", slug=f"s-{3 - n}") for n in (1, 2)]
        with pytest.raises(InvalidRows, match="'t-1': its slug is that of t-2 in the database already"):
            merge(migrated_url, file_of(tmp_path, teams=swapped), on_conflict="overwrite")


def test_nobody_changes_rows_while_a_merge_decides(migrated_url: str, tmp_path: Path) -> None:
    """From the first look at a table until the commit."""
    insert(migrated_url, "long_term_memory", [memory("m-1")])
    path = file_of(tmp_path, long_term_memory=[long("m-1"), long("m-2")])
    refused = []

    def change(report: Report) -> bool:
        with connected(migrated_url) as other:
            cursor = other.cursor()
            if migrated_url.startswith("sqlite"):
                cursor.execute("PRAGMA busy_timeout = 100")
            else:
                cursor.execute("SET lock_timeout = 100")
            try:
                cursor.execute("DELETE FROM long_term_memory")
            except (sqlite3.OperationalError, psycopg2.errors.LockNotAvailable) as error:
                refused.append(error)
        return True

    with opened(migrated_url) as connection, InputFile(str(path)) as file:
        Merge(file, connection, "here", confirm=change).run()
    assert len(refused) == 1
    assert len(rows_of(migrated_url, "long_term_memory")) == 2


class TestWhatBelongsNowhere:
    """SQLite may hold anything anywhere. A row with it is there, with other content, and can be replaced."""

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("processed_data", "'not json'"),
            ("processed_data", """CAST(x'7b22ff' AS TEXT)"""),
            ("processed_data", "x'7b7d'"),
            ("processed_data", f"'{'[' * 2000}'"),
            ("embedding", "5"),
            ("embedding", "'[1'"),
            ("created_at", "5"),
            ("created_at", "'yesterday'"),
            ("last_accessed", "x'01'"),
            ("summary", "x'00ff'"),
            ("importance_score", "'abc'"),
            ("is_preference", "'true'"),
            ("searchable_content", "x'ff'"),
            ("supersedes_json", "'nope'"),
        ],
    )
    def test_merged_with(self, column: str, value: str, make_database: MakeDatabase, tmp_path: Path) -> None:
        url, path = make_database("sqlite", migrated=True), tmp_path / "in.json"
        insert(
            url, "long_term_memory", [row("long_term_memory", embedding="[1]", created_at="2030-01-01 00:00:00.000000")]
        )
        export(url, path)
        before = rows_of(url, "long_term_memory")
        script(url, f"UPDATE long_term_memory SET {column} = {value}")
        for conflict, expected in (("skip", (1, 0)), ("newest", None), ("overwrite", (0, 1))):
            (part,) = merge(url, path, dry_run=True, undo=False, on_conflict=conflict).merge
            found = (part.different, part.overwrite)
            assert found == expected if expected else found == ((0, 1) if column == "created_at" else (1, 0))
        merge(url, path, on_conflict="overwrite")
        assert rows_of(url, "long_term_memory") == before
        undo(url, 1)
        assert query(url, f"SELECT {column} IS {value} FROM long_term_memory") == [(1,)]

    def test_a_number_in_a_json_column(self, make_database: MakeDatabase, tmp_path: Path) -> None:
        """SQLite makes one of a text in a column that is declared JSON."""
        url, path = make_database("sqlite", filled=create_existing), tmp_path / "in.json"
        insert(url, "long_term_memory", [row("long_term_memory", processed_data="5.0", embedding="[1]")])
        export(url, path)
        (part,) = merge(url, path, undo=False).merge
        assert part.identical == 1
