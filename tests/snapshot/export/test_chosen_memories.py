"""A snapshot of chosen memories: with all that belongs to them, and nothing that belongs to others."""

from __future__ import annotations

import json
from pathlib import Path

from memoria.snapshot.export.selection import Selection
from memoria.snapshot.schema.relations import MEMORIES, RELATIONS
from tests.conftest import MakeDatabase
from tests.support.samples.databases import insert, rows_of
from tests.support.samples.engine import export, import_
from tests.support.samples.rows import row

NAMING = ("memory_entities", "memory_access_events", "retention_policy_audits", "thread_message_links")
CHOSEN = Selection(memories=("a", "b", "s"))


def fill(url: str) -> None:
    """Memories a, b and s are chosen, c and z are not; all but z are in one namespace."""
    insert(url, "chat_history", [row("chat_history", chat_id=f"chat-{name}") for name in ("a", "s", "c")])
    places = {"a": "default", "b": "default", "c": "default", "z": "other"}
    for name, namespace in places.items():
        chat = f"chat-{name}" if name in ("a", "c") else None
        insert(url, MEMORIES[0], [row(MEMORIES[0], memory_id=name, namespace=namespace, original_chat_id=chat)])
    insert(url, MEMORIES[1], [row(MEMORIES[1], memory_id="s", chat_id="chat-s")])
    insert(url, "thread_events", [row("thread_events", thread_id=name) for name in ("t-1", "t-2")])
    for table in NAMING:
        key = "entity_id" if table == "memory_entities" else "id"
        rows = [row(table, **{key: f"e-{n}" if key == "entity_id" else n}, memory_id=m) for n, m in enumerate("abcz")]
        if table == "thread_message_links":
            rows = [{**r, "thread_id": "t-1" if r["memory_id"] in "ab" else "t-2"} for r in rows]
        insert(url, table, rows)
    insert(url, "spatial_metadata", [row("spatial_metadata", memory_id=name) for name in "sc"])
    ends = [("a", "b"), ("b", "s"), ("a", "c"), ("z", "a"), ("c", "z")]
    for n, (source, target) in enumerate(ends):
        edge = {"source_memory_id": source, "target_memory_id": target}
        insert(url, "memory_relationships", [row("memory_relationships", relationship_id=f"r-{n}", **edge)])
        insert(url, "link_memory_threads", [row("link_memory_threads", id=n + 1, **edge)])


def test_what_belongs_to_them(migrated_url: str, tmp_path: Path) -> None:
    fill(migrated_url)
    path = tmp_path / "chosen.json"
    report = export(migrated_url, path, selection=CHOSEN)
    assert {name: counts.rows for name, counts in report.tables.items() if counts.rows} == {
        "chat_history": 2,
        "long_term_memory": 2,
        "short_term_memory": 1,
        "memory_relationships": 2,
        "memory_entities": 2,
        "spatial_metadata": 1,
        "memory_access_events": 2,
        "thread_events": 1,
        "thread_message_links": 2,
        "link_memory_threads": 2,
        "retention_policy_audits": 2,
    }
    payload = json.loads(path.read_text())["payload"]
    assert [chat["chat_id"] for chat in payload["chat_history"]] == ["chat-a", "chat-s"]
    assert [thread["thread_id"] for thread in payload["thread_events"]] == ["t-1"]
    assert {r["memory_id"] for table in NAMING for r in payload[table]} == {"a", "b"}


def test_what_stays_is_told(migrated_url: str, tmp_path: Path) -> None:
    fill(migrated_url)
    left_out = export(migrated_url, tmp_path / "chosen.json", selection=CHOSEN).left_out
    assert {name: count for name, count in left_out.items() if " to " in name} == {
        "memory_relationships to memories that were not chosen": 2,
        "link_memory_threads to memories that were not chosen": 2,
    }
    assert (left_out["memory_relationships"], left_out["link_memory_threads"], left_out["thread_events"]) == (3, 3, 1)


def test_it_goes_into_another_database(migrated_url: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    fill(migrated_url)
    path = tmp_path / "chosen.json"
    export(migrated_url, path, selection=CHOSEN)
    target = make_database("sqlite", migrated=True)
    import_(target, path)
    assert [r["memory_id"] for r in rows_of(target, "thread_message_links")] == ["a", "b"]


def test_every_table_that_names_a_memory_is_here() -> None:
    naming = {name for name, relations in RELATIONS.items() if relations.memories}
    edges = {"memory_relationships", "link_memory_threads"}
    assert naming == {*NAMING, *edges, "long_term_memory", "cluster_members"}
