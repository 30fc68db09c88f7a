"""Which rows of a database belong to the chosen namespaces, as conditions in SQL.

Memories, chats and whatever else has a namespace belong to it. A cluster belongs where one of its members does, and of
it only those members; a team or a workspace is selected where a selected row refers to it. What belongs to no
namespace at all (agents, say) is not selected. An edge whose other end is a memory of another namespace stays behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from memoria.snapshot.errors import SnapshotError
from memoria.snapshot.report import counted
from memoria.snapshot.tables import TableFacts

MEMORIES = ("long_term_memory", "short_term_memory")
EDGES = {"memory_relationships": ("source_memory_id", "target_memory_id")} | {
    "link_memory_threads": ("source_memory_id", "target_memory_id")
}
"""Table of edges between memories -> the columns of its two ends."""
NOTHING = "1 = 0"


@dataclass(frozen=True, slots=True)
class Selection:
    namespaces: tuple[str, ...]
    short_term: bool = True
    clusters: bool = True
    relationships: bool = True
    crossing_edges: bool = False
    """Edges into other namespaces are selected as well."""

    def conditions(self, facts: Mapping[str, TableFacts]) -> dict[str, str]:
        """Table -> condition on its rows, for all tables of a database; columns are named with their table."""
        found = {name: self._condition(name, facts) for name in facts if name not in ("teams", "workspaces")}
        for shared, column in (("workspaces", "workspace_id"), ("teams", "team_id")):
            if shared in facts:  # workspaces first: they refer to teams
                found[shared] = _referred_to(shared, column, found, facts)
        return found

    def _condition(self, table: str, facts: Mapping[str, TableFacts]) -> str:
        if table == "short_term_memory" and not self.short_term:
            return NOTHING
        if table in EDGES:
            return self._edges(table, facts) if self.relationships else NOTHING
        if table == "cluster_members":
            return self._exists(facts, "cluster_members.memory_id") if self.clusters else NOTHING
        if table == "clusters":
            members = "SELECT 1 FROM cluster_members WHERE cluster_members.cluster_id = clusters.id"
            selected = f"EXISTS ({members} AND {self._exists(facts, 'cluster_members.memory_id')})"
            return selected if self.clusters and "cluster_members" in facts else NOTHING
        return self._within(table) if "namespace" in facts[table].columns else NOTHING

    def _within(self, table: str) -> str:
        listed = ", ".join(map(_literal, self.namespaces))
        return f'"{table}".namespace IN ({listed})'

    def _exists(self, facts: Mapping[str, TableFacts], key: str) -> str:
        """Whether a column holds the id of a selected memory."""
        chosen = [name for name in MEMORIES if name in facts and (self.short_term or name != "short_term_memory")]
        found = [f"EXISTS (SELECT 1 FROM {t} WHERE {t}.memory_id = {key} AND {self._within(t)})" for t in chosen]
        return f"({' OR '.join(found or [NOTHING])})"

    def _edges(self, table: str, facts: Mapping[str, TableFacts]) -> str:
        ends = [f"{table}.{column}" for column in EDGES[table]]
        conditions = [self._within(table)] if "namespace" in facts[table].columns else []
        if not conditions:  # an edge without a namespace belongs where both its ends do
            return " AND ".join(self._exists(facts, end) for end in ends)
        if not self.crossing_edges:
            conditions += [f"NOT {self._outside(facts, end)}" for end in ends]
        return " AND ".join(conditions)

    def _outside(self, facts: Mapping[str, TableFacts], end: str) -> str:
        """Whether an end is a memory that is not selected; one that is nowhere is not outside."""
        there = [f"EXISTS (SELECT 1 FROM {t} WHERE {t}.memory_id = {end})" for t in MEMORIES if t in facts]
        return f"(({' OR '.join(there or [NOTHING])}) AND NOT {self._exists(facts, end)})"


def matching(patterns: Sequence[str], existing: Mapping[str, int], database: str) -> tuple[str, ...]:
    """The namespaces that names and shell-style patterns choose, in order of name. `existing`: namespace -> rows.

    Raises SnapshotError for one that chooses nothing.
    """
    chosen: set[str] = set()
    for pattern in patterns:
        found = {name for name in existing if name == pattern or fnmatchcase(name, pattern)}
        if not found:
            listed = ", ".join(f"{name} ({counted(rows, 'row')})" for name, rows in sorted(existing.items()))
            raise SnapshotError(f"{database} has no namespace {pattern!r}; it has {listed or 'none'}")
        chosen |= found
    return tuple(sorted(chosen))


def _referred_to(shared: str, column: str, conditions: Mapping[str, str], facts: Mapping[str, TableFacts]) -> str:
    """Rows of `shared` that selected rows refer to."""
    key = f"{shared}.{column}"
    referring = [
        f'EXISTS (SELECT 1 FROM "{table}" WHERE "{table}".{column} = {key} AND {condition})'
        for table, condition in conditions.items()
        if column in facts[table].columns and table != shared and condition != NOTHING
    ]
    return f"({' OR '.join(referring or [NOTHING])})"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
