"""Rows that are known by what they hold, and not by their key: clusters, their members, edges, policies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from memoria.snapshot.merge.actions import Action, becomes, is_
from memoria.snapshot.merge.stage import MergeStage
from memoria.snapshot.report import Report
from memoria.snapshot.schema.relations import CLUSTERS, MEMBERS, MOMENTS, RELATIONSHIPS, relations

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

_UNDECIDED = is_(Action.UNDECIDED)
Refuse = Callable[[MergeStage, int, Any, str, str], None]
"""Told of a row that is refused: its table, line, key, why, and the kind of issue."""


class Content:
    """Finds rows that have no action yet in the database. What is there with other content follows `on_conflict`."""

    def __init__(self, sink: Sink, report: Report, refuse: Refuse, on_conflict: str) -> None:
        self._sink = sink
        self._report = report
        self._refuse = refuse
        self._on_conflict = on_conflict

    def find(self, stage: MergeStage) -> None:
        if not stage.holds(_UNDECIDED):
            return
        if stage.table.name == RELATIONSHIPS:
            self._same_edges(stage)
        if stage.by_content:
            self._same_content(stage)
            for names in [*stage.uniques, *filter(None, [relations(stage.table.name).known_by])]:
                self._known_by(stage, names)

    def find_clusters(self, clusters: MergeStage, members: MergeStage | None) -> None:
        """A cluster is there already where one has its summary and its set of memories."""
        mine = (
            f"FROM {members.name} m WHERE m.c_cluster_id = s.key AND {is_(Action.UNDECIDED, row='m')}"
            if members
            else None
        )
        count = f"(SELECT count(DISTINCT m.c_memory_id) {mine})" if mine else "0"
        missing = (
            f" AND NOT EXISTS (SELECT 1 {mine} AND NOT EXISTS (SELECT 1 FROM {MEMBERS} x"
            " WHERE x.cluster_id = d.id AND x.memory_id = m.c_memory_id))"
            if mine
            else ""
        )
        theirs = f"(SELECT count(DISTINCT x.memory_id) FROM {MEMBERS} x WHERE x.cluster_id = d.id)"
        self._sink.query(
            "CREATE TEMP TABLE memoria_same_clusters AS SELECT s.number AS number, min(d.id) AS id"
            f" FROM {clusters.name} s JOIN {CLUSTERS} d ON d.summary = s.c_summary"
            f" WHERE {_UNDECIDED} AND {count} = {theirs}{missing} GROUP BY s.number"
        )
        same = "FROM memoria_same_clusters d WHERE d.number = s.number"
        clusters.update(f"{becomes(Action.KNOWN)}, new_key = (SELECT d.id {same})", f"EXISTS (SELECT 1 {same})")
        self._compare(clusters)

    def _same_content(self, stage: MergeStage) -> None:
        """Rows that are known by their content: there already, or the same as an earlier one of the file."""
        columns = [column for column in stage.table.columns if column is not stage.table.key]
        same = " AND ".join(stage.equal(column.name) for column in columns)
        there = f'EXISTS (SELECT 1 FROM "{stage.table.name}" t WHERE {same})'
        stage.update(becomes(Action.IDENTICAL), f"{_UNDECIDED} AND {there}")
        earlier = f"f.number < s.number AND {is_(Action.UNDECIDED, row='f')}"
        first = f"FROM {stage.name} f WHERE f.identity = s.identity AND {earlier}"
        references = "".join(f" AND f.c_{name} {self._sink.dialect.same} s.c_{name}" for name in stage.references)
        stage.update(becomes(Action.DUPLICATE), f"{_UNDECIDED} AND EXISTS (SELECT 1 {first}{references})")

    def _same_edges(self, stage: MergeStage) -> None:
        """An edge that is there under another key."""
        columns = [column for column in stage.table.columns if column is not stage.table.key]
        same = " AND ".join(stage.equal(column.name) for column in columns)
        there = f'FROM "{stage.table.name}" t WHERE {same}'
        new_key = f'(SELECT min(t."{stage.table.key.name}") {there})'
        stage.update(
            f"{becomes(Action.DUPLICATE)}, new_key = {new_key}",
            f"{_UNDECIDED} AND EXISTS (SELECT 1 {there})",
        )

    def _known_by(self, stage: MergeStage, names: Sequence[str]) -> None:
        """What is known by these columns is there with other content."""
        same = " AND ".join(stage.equal(name) for name in names)
        there = f'FROM "{stage.table.name}" t WHERE {same}'
        new_key = f'(SELECT min(t."{stage.table.key.name}") {there})'
        stage.update(f"{becomes(Action.KNOWN)}, new_key = {new_key}", f"{_UNDECIDED} AND EXISTS (SELECT 1 {there})")
        self._compare(stage)

    def _compare(self, stage: MergeStage) -> None:
        """Rows of another key that were found to be there under the key that they have now."""
        if not stage.holds(is_(Action.KNOWN)):
            return
        table, key = stage.table, stage.table.key.name
        there = f'FROM "{table.name}" t WHERE t."{key}" = s.new_key'
        equal = {column.name: stage.equal(column.name) for column in table.columns if column is not table.key}
        same = f"EXISTS (SELECT 1 {there} AND {' AND '.join(equal.values())})"
        stage.update(becomes(Action.IDENTICAL), f"{is_(Action.KNOWN)} AND {same}")
        counts = self._report.table(table.name).differing
        for name, condition in equal.items():
            differs = f"{is_(Action.KNOWN)} AND EXISTS (SELECT 1 {there} AND NOT ({condition}))"
            if rows := stage.count(differs):
                counts[name] = counts.get(name, 0) + rows
        if self._on_conflict == "fail":
            for _, line, old, _ in stage.where(is_(Action.KNOWN)):
                self._refuse(stage, line, old, "it is in the database already, with other content", "conflict")
        if self._on_conflict == "newest":
            for name in [column.name for column in table.columns if column.name in MOMENTS]:
                held = self._sink.expression(table.by_name[name], stage.facts.columns.get(name))
                newer = f"EXISTS (SELECT 1 {there} AND s.c_{name} > {held})"
                stage.update(becomes(Action.OVERWRITE), f"{is_(Action.KNOWN)} AND {newer}")
        left = Action.OVERWRITE if self._on_conflict == "overwrite" else Action.DIFFERENT
        stage.update(becomes(left), is_(Action.KNOWN))
