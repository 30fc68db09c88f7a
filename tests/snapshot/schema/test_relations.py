"""What the names of columns tell of the tables, written out; and no column that nobody thought of."""

from __future__ import annotations

from memoria.snapshot.schema.registry import MODELS, TABLES
from memoria.snapshot.schema.relations import MOMENTS, NO_REFERENCES, RELATIONS, SHARED

MEMORIES = ("long_term_memory", "short_term_memory")


def test_references() -> None:
    assert {name: dict(found.references) for name, found in RELATIONS.items() if found.references} == {
        "long_term_memory": {"duplicate_of": MEMORIES, "original_chat_id": ("chat_history",)},
        "short_term_memory": {"chat_id": ("chat_history",)},
        "cluster_members": {"memory_id": MEMORIES, "cluster_id": ("clusters",)},
        "memory_relationships": {"source_memory_id": MEMORIES, "target_memory_id": MEMORIES},
        "memory_entities": {"memory_id": MEMORIES},
        "memory_access_events": {"memory_id": MEMORIES},
        "thread_message_links": {"thread_id": ("thread_events",), "memory_id": MEMORIES},
        "link_memory_threads": {"source_memory_id": MEMORIES, "target_memory_id": MEMORIES},
        "retention_policy_audits": {"memory_id": MEMORIES},
    }


def test_the_rest() -> None:
    assert {name: found.belongs_to for name, found in RELATIONS.items() if found.belongs_to} == {
        "spatial_metadata": MEMORIES
    }
    assert {name: found.known_by for name, found in RELATIONS.items() if found.known_by} == {
        "cluster_members": ("cluster_id", "memory_id")
    }
    assert {name: found.json_ids for name, found in RELATIONS.items() if found.json_ids} == {
        "long_term_memory": ("supersedes_json", "related_memories_json")
    }
    assert [name for name, found in RELATIONS.items() if not found.holds] == [
        "long_term_memory",
        "short_term_memory",
        "memory_access_events",
        "retention_policy_audits",
    ]


def test_every_column_that_names_something_is_known() -> None:
    """A new one is a reference by its name, or excused with a reason."""
    for table in TABLES:
        for column in table.columns:
            if column.name.endswith("_id") and column is not table.key:
                known = column.name in RELATIONS[table.name].references or column.name in SHARED.values()
                assert known is not ((table.name, column.name) in NO_REFERENCES), (table.name, column.name)


def test_every_foreign_key_is_known() -> None:
    for model in MODELS:
        for field in model._meta.concrete_fields:
            if field.remote_field is not None:
                name, target = str(field.column), field.remote_field.model._meta.db_table
                known = RELATIONS[model._meta.db_table].references.get(name, ())
                assert target in known or SHARED.get(target) == name, (model, name)


def test_every_time_is_looked_at() -> None:
    """What says when a row was made or changed counts for `--since` and for the newest of two rows."""
    others = {"joined_at", "last_accessed", "expires_at"}  # of members and of readers, and of the future
    times = {column.name for table in TABLES for column in table.columns if column.kind == "time"}
    assert times == {*MOMENTS, *others}
