"""Says what the columns of the tables mean to each other: whose ids they hold, what they tell a row by.

Most of it is read off the names of the columns; what they do not tell is written here, and in no other module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from memoria.snapshot.schema.facts import Table
from memoria.snapshot.schema.registry import TABLES

DEFAULT = "default"
"""The namespace of rows that have none."""
MEMORIES = LONG_TERM, SHORT_TERM = ("long_term_memory", "short_term_memory")
CLUSTERS, MEMBERS = "clusters", "cluster_members"
RELATIONSHIPS = "memory_relationships"
EDGES = (RELATIONSHIPS, "link_memory_threads")
"""Tables whose rows lead from one memory to another; without both there is no edge."""
ENDS = ("source_memory_id", "target_memory_id")
SHARED = {"workspaces": "workspace_id", "teams": "team_id"}
"""Tables whose rows namespaces share -> the column that refers to them; workspaces refer to teams."""
MOMENTS = ("created_at", "updated_at", "last_updated", "timestamp", "extraction_timestamp", "accessed_at")
"""Columns that say when a row was made or changed."""
IDENTITY = ("created_at", "searchable_content", "summary")
"""Columns by which a memory of a namespace is known under any key."""

_IDS = {"memory_id": MEMORIES, "chat_id": ("chat_history",), "thread_id": ("thread_events",), "cluster_id": (CLUSTERS,)}
"""How the name of a column ends -> the tables whose ids it holds; the first that has the id is meant."""
_OTHER_REFERENCES = {(LONG_TERM, "duplicate_of"): MEMORIES}
_JSON_IDS = {LONG_TERM: ("supersedes_json", "related_memories_json")}
_KNOWN_BY = {MEMBERS: ("cluster_id", "memory_id")}
_RECORDS = ("memory_access_events", "retention_policy_audits")
NO_REFERENCES = {
    ("workspaces", "owner_id"): "a user of the application",
    ("workspace_members", "user_id"): "a user of the application",
    ("chat_history", "session_id"): "a session of the application",
}
"""(table, column) that ends in `_id` -> what it names; no table has rows of that kind."""


@dataclass(frozen=True, slots=True)
class Relations:
    """What the columns of one table mean."""

    references: Mapping[str, tuple[str, ...]]
    """Column, beside the key -> the tables whose ids it holds; the first that has the id is meant."""
    json_ids: tuple[str, ...] = ()
    """JSON columns that hold arrays of ids of memories."""
    known_by: tuple[str, ...] = ()
    """Columns by which a row is known, though the database does not want them to be unique."""
    belongs_to: tuple[str, ...] = ()
    """The tables one of whose rows has the same key, and without which a row means nothing."""
    holds: bool = True
    """Whether a row needs those whose ids it holds: a record of what happened does not, nor a mere mention."""

    @property
    def memories(self) -> list[str]:
        """The columns that hold ids of memories."""
        return [column for column, targets in self.references.items() if targets == MEMORIES]


def _relations(table: Table) -> Relations:
    names = [column.name for column in table.columns if column is not table.key]
    found = {name: targets for name in names if (targets := _targets(table.name, name))}
    return Relations(
        found,
        json_ids=_JSON_IDS.get(table.name, ()),
        known_by=_KNOWN_BY.get(table.name, ()),
        belongs_to=_targets(table.name, table.key.name),
        holds=table.name not in (*_RECORDS, *MEMORIES),
    )


def _targets(table: str, column: str) -> tuple[str, ...]:
    if (table, column) in _OTHER_REFERENCES:
        return _OTHER_REFERENCES[table, column]
    for name, targets in _IDS.items():
        if (column == name or column.endswith(f"_{name}")) and table not in targets:
            return targets
    return ()


RELATIONS: dict[str, Relations] = {table.name: _relations(table) for table in TABLES}
_NONE = Relations({})


def relations(table: str) -> Relations:
    """Those of a table by name; a table that the product does not know has none."""
    return RELATIONS.get(table, _NONE)
