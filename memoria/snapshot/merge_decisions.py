"""What only the whole file and the database together can tell of the rows of a merge, by set operations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from memoria.snapshot.mapping import EDGES, MEMORIES, REFERENCES
from memoria.snapshot.merge_stage import MergeStage
from memoria.snapshot.report import Issue, Report
from memoria.snapshot.tables import Kind, Reference, TableFacts
from memoria.snapshot.watch import Watch

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

IDENTITY = ("created_at", "searchable_content", "summary")
"""Columns by which a memory of a namespace is known under any key."""
_UNIQUE = {"policy_artifacts": ("name", "namespace", "workspace_id")}
"""Table -> columns that the database wants to be unique beside the key."""
_KEPT = "NOT IN ('invalid', 'left_out')"
_WRITTEN = "p.action IN ('', 'insert', 'overwrite')"


class Decisions:
    def __init__(
        self, sink: Sink, stages: dict[str, MergeStage], facts: dict[str, TableFacts], report: Report, watch: Watch
    ) -> None:
        self._watch = watch
        self._sink = sink
        self._stages = stages
        self._facts = facts
        self._report = report

    def make(self, *, detect: bool, on_conflict: str) -> None:
        """Decide every row that has no action yet. Without `detect` nothing is looked for but keys."""
        for stage in self._stages.values():
            if stage.table.key.kind is Kind.TEXT:
                self._twice(stage, detect=detect)
                if detect and stage.table.name in MEMORIES:
                    self._duplicates(stage)
            self._unwritable(stage)
        for stage in self._stages.values():
            self._follow(stage)
        for stage in self._stages.values():
            self._lead_nowhere(stage)
        if "clusters" in self._stages:
            self._clusters(detect=detect)
        for stage in self._stages.values():
            if stage.by_content:
                if detect:
                    self._same_content(stage)
                    self._unique(stage, on_conflict)
                self._renumber(stage)
            stage.update("action = 'insert'", "s.action = ''")

    def _twice(self, stage: MergeStage, *, detect: bool) -> None:
        """A key that stands in the file twice: the same row, or two that cannot both be there."""
        first = f"FROM {stage.name} f WHERE f.new_key = s.new_key AND f.number < s.number"
        if not stage.holds(f"EXISTS (SELECT 1 {first})"):
            return
        if detect:
            same = f"EXISTS (SELECT 1 {first} AND f.identity = s.identity)"
            stage.update("action = 'duplicate'", f"s.action <> 'invalid' AND {same}")
        twice = f"s.action NOT IN ('duplicate', 'invalid') AND EXISTS (SELECT 1 {first})"
        for _, line, key, other in stage.where(twice, f"(SELECT min(f.line) {first})"):
            self._refuse(stage, line, key, f"its key stands on line {other} already")
        stage.update("action = 'invalid'", twice)

    def _duplicates(self, stage: MergeStage) -> None:
        """The same memory under another key, in the database or earlier in the file; its references follow."""
        if not stage.holds("s.action = ''"):
            return
        table = stage.table
        columns = [table.by_name["namespace"], *(table.by_name[name] for name in IDENTITY)]
        texts = [self._sink.expression(column, stage.facts.columns.get(column.name)) for column in columns]
        identity = self._sink.md5.format(" || '\x1f' || ".join(texts))
        there = f"memoria_there_{table.name}"
        self._sink.query(
            f'CREATE TEMP TABLE {there} AS SELECT t."{table.key.name}" AS key, {identity} AS identity'
            f' FROM "{table.name}" t WHERE t.namespace IN (SELECT DISTINCT target FROM {stage.name})'
        )
        self._sink.query(f"CREATE INDEX {there}_identity ON {there} (identity)")
        same = f"FROM {there} d WHERE d.identity = s.identity"
        stage.update(
            f"action = 'duplicate', new_key = (SELECT min(d.key) {same})",
            f"s.action = '' AND EXISTS (SELECT 1 {same})",
        )
        first = f"FROM {stage.name} f WHERE f.identity = s.identity AND f.number < s.number AND f.action <> 'invalid'"
        stage.update(
            f"action = 'duplicate', new_key = (SELECT f.new_key {first} ORDER BY f.number LIMIT 1)",
            f"s.action = '' AND EXISTS (SELECT 1 {first})",
        )

    def _unwritable(self, stage: MergeStage) -> None:
        if stage.facts.unwritable:
            self._report.add(Issue(stage.table.name, stage.facts.unwritable, kind="unwritable"))

    def _follow(self, stage: MergeStage, only: str = "") -> None:
        """References to rows whose key changes change with it."""
        for column, targets in REFERENCES.get(stage.table.name, {}).items():
            if column not in stage.references or (column != only if only else column == "cluster_id"):
                continue
            held = [self._stages[target] for target in targets if target in self._stages]
            if not any(target.holds("s.new_key <> s.key") for target in held):
                continue
            name = f"s.c_{column}"
            found = [f"(SELECT min(r.new_key) FROM {target.name} r WHERE r.key = {name})" for target in held]
            stage.update(f"c_{column} = coalesce({', '.join([*found, name])})", f"{name} IS NOT NULL")

    def _lead_nowhere(self, stage: MergeStage) -> None:
        """Edges and members whose memory is not there are left out, other references become NULL where they may."""
        table = stage.table.name
        ends = [c for c, targets in REFERENCES.get(table, {}).items() if targets == MEMORIES]
        if table in (*EDGES, "cluster_members"):
            nowhere = [f"NOT {self._is_there(f's.c_{end}', MEMORIES)}" for end in ends]
            stage.update("action = 'left_out'", f"s.action = '' AND ({' OR '.join(nowhere)})")
        if table == "cluster_members":
            inside = f"EXISTS (SELECT 1 FROM {self._stages['clusters'].name} p WHERE p.key = s.c_cluster_id)"
            outside = f"NOT {inside}" if "clusters" in self._stages else "1 = 1"
            stage.update("action = 'left_out'", f"s.action = '' AND {outside}")
            return
        if table == "spatial_metadata":
            self._leave_with_its_memory(stage)
        for reference in stage.facts.references:
            if reference.column in stage.references:
                self._foreign_key(stage, reference)

    def _leave_with_its_memory(self, stage: MergeStage) -> None:
        """What has a memory's id as its key is a duplicate where the memory is."""
        for memories in (self._stages[table] for table in MEMORIES if table in self._stages):
            duplicate = f"SELECT 1 FROM {memories.name} m WHERE m.key = s.key AND m.action = 'duplicate'"
            stage.update("action = 'duplicate'", f"s.action = '' AND EXISTS ({duplicate})")

    def _foreign_key(self, stage: MergeStage, reference: Reference) -> None:
        column = f"s.c_{reference.column}"
        there = self._is_there(column, (reference.target,), reference.target_column)
        nowhere = f"s.action IN ('', 'overwrite') AND {column} IS NOT NULL AND NOT {there}"
        if not reference.null:
            stage.update("action = 'left_out'", nowhere)
            return
        ((count,),) = self._sink.query(f"SELECT count(*) FROM {stage.name} s WHERE {nowhere}")
        if count:
            self._report.table(stage.table.name).nulled[reference.column] = count
            stage.update(f"c_{reference.column} = NULL", nowhere)

    def _is_there(self, value: str, tables: Iterable[str], column: str = "memory_id") -> str:
        """Whether an id is that of a row of the file or of the database."""
        found = []
        for table in tables:
            if table in self._stages:
                stage = self._stages[table]
                is_key = column == stage.table.key.name
                same = (
                    f"p.new_key = {value} AND p.action {_KEPT}" if is_key else f"p.c_{column} = {value} AND {_WRITTEN}"
                )
                found.append(f"EXISTS (SELECT 1 FROM {stage.name} p WHERE {same})")
            if table in self._facts:
                found.append(f'EXISTS (SELECT 1 FROM "{table}" t WHERE t."{column}" = {value})')
        return f"({' OR '.join(found or ['1 = 0'])})"

    def _clusters(self, *, detect: bool) -> None:
        """A cluster is there already where one has its summary and its set of memories."""
        clusters, members = self._stages["clusters"], self._stages.get("cluster_members")
        if detect and "cluster_members" in self._facts:
            mine = f"FROM {members.name} m WHERE m.c_cluster_id = s.key AND m.action = ''" if members else None
            count = f"(SELECT count(DISTINCT m.c_memory_id) {mine})" if mine else "0"
            missing = (
                f" AND NOT EXISTS (SELECT 1 {mine} AND NOT EXISTS (SELECT 1 FROM cluster_members x"
                " WHERE x.cluster_id = d.id AND x.memory_id = m.c_memory_id))"
                if mine
                else ""
            )
            theirs = "(SELECT count(DISTINCT x.memory_id) FROM cluster_members x WHERE x.cluster_id = d.id)"
            self._sink.query(
                "CREATE TEMP TABLE memoria_same_clusters AS SELECT s.number AS number, min(d.id) AS id"
                f" FROM {clusters.name} s JOIN clusters d ON d.summary = s.c_summary"
                f" WHERE s.action = '' AND {count} = {theirs}{missing} GROUP BY s.number"
            )
            same = "FROM memoria_same_clusters d WHERE d.number = s.number"
            stage_same = f"EXISTS (SELECT 1 {same})"
            clusters.update(f"action = 'identical', new_key = (SELECT d.id {same})", stage_same)
        self._renumber(clusters)
        if members:
            self._follow(members, only="cluster_id")

    def _renumber(self, stage: MergeStage) -> None:
        """Numbers that another row has are given anew, above all others."""
        table, key = stage.table.name, stage.table.key.name
        taken = (
            f'(EXISTS (SELECT 1 FROM "{table}" t WHERE t."{key}" = s.key)'
            f" OR EXISTS (SELECT 1 FROM {stage.name} f WHERE f.key = s.key AND f.number < s.number))"
        )
        if not stage.holds(f"s.action = '' AND {taken}"):
            return
        highest = f'coalesce((SELECT max(t."{key}") FROM "{table}" t), 0)'
        staged = f"coalesce((SELECT max(f.key) FROM {stage.name} f), 0)"
        numbered = f"memoria_numbered_{table}"
        self._sink.query(
            f"CREATE TEMP TABLE {numbered} AS SELECT s.number AS number,"
            f" CASE WHEN {highest} > {staged} THEN {highest} ELSE {staged} END"
            f" + row_number() OVER (ORDER BY s.number) AS id FROM {stage.name} s WHERE s.action = '' AND {taken}"
        )
        self._sink.query(f"CREATE INDEX {numbered}_number ON {numbered} (number)")
        new = f"FROM {numbered} n WHERE n.number = s.number"
        stage.update(f"new_key = (SELECT n.id {new})", f"EXISTS (SELECT 1 {new})")

    def _same_content(self, stage: MergeStage) -> None:
        """Rows that are known by their content: there already, or the same as an earlier one of the file."""
        columns = [column for column in stage.table.columns if column is not stage.table.key]
        same = " AND ".join(self._equal(stage, column.name) for column in columns)
        there = f'EXISTS (SELECT 1 FROM "{stage.table.name}" t WHERE {same})'
        stage.update("action = 'identical'", f"s.action = '' AND {there}")
        first = f"FROM {stage.name} f WHERE f.identity = s.identity AND f.number < s.number AND f.action = ''"
        references = "".join(f" AND f.c_{name} {self._sink.same} s.c_{name}" for name in stage.references)
        stage.update("action = 'duplicate'", f"s.action = '' AND EXISTS (SELECT 1 {first}{references})")

    def _equal(self, stage: MergeStage, name: str) -> str:
        column = stage.table.by_name[name]
        fact = stage.facts.columns.get(column.stored_as(stage.facts.columns) or "")
        value = self._sink.expression(column, fact)
        return f"{value} {self._sink.same if column.null else '='} s.c_{name}"

    def _unique(self, stage: MergeStage, on_conflict: str) -> None:
        """What the database wants to be unique is there with other content."""
        names = _UNIQUE.get(stage.table.name)
        if names is None:
            return
        same = " AND ".join(self._equal(stage, name) for name in names)
        there = f'FROM "{stage.table.name}" t WHERE {same}'
        taken = f"s.action = '' AND EXISTS (SELECT 1 {there})"
        if on_conflict == "fail":
            for _, line, key, _ in stage.where(taken, "NULL"):
                self._refuse(stage, line, key, f"one of the same {', '.join(names)} is there", "conflict")
        action = "overwrite" if on_conflict == "overwrite" else "different"
        new_key = f'(SELECT min(t."{stage.table.key.name}") {there})'
        stage.update(f"action = '{action}', new_key = {new_key}", taken)

    def _refuse(self, stage: MergeStage, line: int, key: Any, reason: str, kind: str = "invalid") -> None:
        issue = Issue(stage.table.name, reason, line, str(key), kind)
        self._report.add(issue)
        self._watch.issue(issue)
