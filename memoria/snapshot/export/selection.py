"""Selects the rows of a database that belong to the chosen namespaces, as conditions in SQL.

Memories, chats and whatever else has a namespace belong to it. A cluster is selected where one of its members is, and
of it only those members; a team or a workspace where a selected row refers to it. What belongs to no namespace at all
(agents, say) is not selected. An edge whose other end is a memory outside the namespaces stays behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from memoria.snapshot.errors import SnapshotError
from memoria.snapshot.schema.facts import TableFacts
from memoria.snapshot.schema.registry import TABLES
from memoria.snapshot.schema.relations import (
    CLUSTERS,
    EDGES,
    ENDS,
    MEMBERS,
    MEMORIES,
    MOMENTS,
    RELATIONS,
    SHARED,
    SHORT_TERM,
    relations,
)
from memoria.text import counted

if TYPE_CHECKING:
    from memoria.snapshot.database import Source

_KEYS = {table.name: table.key.name for table in TABLES}
NOTHING = "1 = 0"

Facts = Mapping[str, TableFacts]


class UnknownNamespace(SnapshotError):
    """What was asked for names no namespace: a wrong argument."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Selection:
    namespaces: tuple[str, ...] = ()
    """Names, or shell-style patterns until they are resolved; without any, every namespace."""
    short_term: bool = True
    clusters: bool = True
    relationships: bool = True
    crossing_edges: bool = False
    """Edges out of the namespaces are selected as well."""
    since: str | None = None
    """Only rows made or changed at this moment or later."""
    memories: tuple[str, ...] = ()
    """Only the memories of these ids, with what belongs to them; namespaces are then not asked."""


class Conditions:
    """A selection as conditions on the tables of one database; columns are named with their table."""

    def __init__(self, selection: Selection, facts: Facts, source: Source) -> None:
        """`source` spells moments and texts."""
        self._selection = selection
        self._facts = facts
        self._source = source
        self.of = {name: self._condition(name) for name in facts if name not in SHARED}
        """Table -> the condition that its selected rows meet."""
        for shared in SHARED:
            if shared in facts:
                self.of[shared] = self._referred_to(shared)
        self.keeps_crossing_edges = selection.crossing_edges
        self.elsewhere = "to memories that were not chosen" if selection.memories else "to other namespaces"
        """Where what is outside is."""

    def crossing(self, table: str) -> str:
        """Edges that stay behind because an end of theirs is a memory outside."""
        ends = [f"{table}.{end}" for end in ENDS]
        touching = _any([self._is_memory(end) for end in ends])  # some edges have no namespace themselves
        return f"{self._recent(table)} AND {touching} AND {_any([self.outside(end) for end in ends])}"

    def outside(self, value: str) -> str:
        """Whether an expression is the id of a memory not in the namespaces; an id of nothing is not outside."""
        there = [f"EXISTS (SELECT 1 FROM {t} m WHERE m.memory_id = {value})" for t in MEMORIES if t in self._facts]
        return f"({_any(there)} AND NOT {self._is_memory(value)})"

    def _condition(self, table: str) -> str:
        chosen = self._selection
        if table == SHORT_TERM and not chosen.short_term:
            return NOTHING
        if chosen.memories and table not in (*MEMORIES, CLUSTERS, MEMBERS):
            return self._of_memories(table)
        if table in EDGES:
            return self._edges(table) if chosen.relationships else NOTHING
        member = self._is_memory(f"{MEMBERS}.memory_id", recent=True)
        if table == MEMBERS:
            return member if chosen.clusters else NOTHING
        if table == CLUSTERS:
            if not chosen.clusters or MEMBERS not in self._facts:
                return NOTHING
            return f"EXISTS (SELECT 1 FROM {MEMBERS} WHERE {MEMBERS}.cluster_id = {CLUSTERS}.id AND {member})"
        return self._recent(table) if "namespace" in self._facts[table].columns else NOTHING

    def _of_memories(self, table: str) -> str:
        """What belongs to the chosen memories: rows that name one, or two, and what these or the memories refer to."""
        mine = relations(table)
        if named := mine.memories or ([_KEYS[table]] if mine.belongs_to else []):
            return " AND ".join(self._is_memory(f"{table}.{column}") for column in named)
        referring = [
            f"EXISTS (SELECT 1 FROM {other} WHERE {other}.{column} = {table}.{_KEYS[table]}"
            f" AND {self._within(other) if other in MEMORIES else self._of_memories(other)})"
            for other, theirs in RELATIONS.items()
            for column, targets in theirs.references.items()
            if table in targets and other in self._facts and column in self._facts[other].columns
        ]
        return _any(referring) if referring else NOTHING

    def _within(self, name: str) -> str:
        if self._selection.memories:
            return f"{name}.memory_id IN ({', '.join(map(self._source.literal, self._selection.memories))})"
        listed = ", ".join(map(self._source.literal, self._selection.namespaces))
        return f"{name}.namespace IN ({listed})" if listed else NOTHING

    def _recent(self, table: str, name: str = "") -> str:
        """In the namespaces, and recent enough; `name` is what the query calls the table."""
        columns = self._facts[table].columns
        asked = table in MEMORIES or not self._selection.memories
        within = self._within(name or table) if "namespace" in columns and asked else "1 = 1"
        since = self._selection.since
        moments = [column for column in MOMENTS if column in columns]
        if since is None or not moments:
            return within
        return (
            f"{within} AND {_any([self._source.at_or_after(f'{name or table}.{column}', since) for column in moments])}"
        )

    def _is_memory(self, value: str, *, recent: bool = False) -> str:
        """Whether an expression is the id of a memory in the namespaces."""
        tables = [t for t in MEMORIES if t in self._facts and (self._selection.short_term or t == MEMORIES[0])]
        conditions = [self._recent(table, "m") if recent else self._within("m") for table in tables]
        return _any(
            [
                f"EXISTS (SELECT 1 FROM {table} m WHERE m.memory_id = {value} AND {condition})"
                for table, condition in zip(tables, conditions, strict=True)
            ]
        )

    def _edges(self, table: str) -> str:
        ends = [f"{table}.{end}" for end in ENDS]
        if "namespace" not in self._facts[table].columns:  # such an edge belongs where both its ends do
            return " AND ".join([self._recent(table), *(self._is_memory(end) for end in ends)])
        inside = [] if self._selection.crossing_edges else [f"NOT {self.outside(end)}" for end in ends]
        return " AND ".join([self._recent(table), *inside])

    def _referred_to(self, shared: str) -> str:
        column = SHARED[shared]
        return _any(
            [
                f"EXISTS (SELECT 1 FROM {t} WHERE {t}.{column} = {shared}.{column} AND {condition})"
                for t, condition in self.of.items()
                if column in self._facts[t].columns and condition != NOTHING
            ]
        )


def matching(patterns: Sequence[str], existing: Mapping[str, int], database: str) -> tuple[str, ...]:
    """The namespaces that names and shell-style patterns choose, in order of name; all without a pattern.

    `existing`: namespace -> rows. Raises UnknownNamespace for a pattern that chooses nothing.
    """
    chosen: set[str] = set() if patterns else set(existing)
    for pattern in patterns:
        found = {name for name in existing if name == pattern or fnmatchcase(name, pattern)}
        if not found:
            listed = ", ".join(f"{name} ({counted(rows, 'row')})" for name, rows in sorted(existing.items()))
            raise UnknownNamespace(f"{database} has no namespace {pattern!r}; it has {listed or 'none'}")
        chosen |= found
    return tuple(sorted(chosen))


def _any(conditions: Sequence[str]) -> str:
    return f"({' OR '.join(conditions or [NOTHING])})"
