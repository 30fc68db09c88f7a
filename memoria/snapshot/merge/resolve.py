"""Decides by set operations what only the whole file and the database together can tell of the rows of a merge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from memoria.snapshot.merge.actions import WAITS, Action, becomes, is_, is_not
from memoria.snapshot.merge.deferred import Settling
from memoria.snapshot.merge.match_by_content import Content
from memoria.snapshot.merge.stage import MergeStage
from memoria.snapshot.report import Issue, Report
from memoria.snapshot.schema.facts import Kind, Reference, TableFacts, unwritable
from memoria.snapshot.schema.relations import CLUSTERS, EDGES, IDENTITY, MEMBERS, MEMORIES, relations
from memoria.snapshot.stage import numbered
from memoria.snapshot.watch import Watch

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

_ESCAPE = "\x1f"
_KEPT = "NOT IN ('invalid', 'left_out')"
_UNDECIDED = is_(Action.UNDECIDED)
_TO_WRITE = is_(Action.UNDECIDED, Action.OVERWRITE)
_WRITTEN = is_(Action.UNDECIDED, Action.INSERT, Action.OVERWRITE, row="p")


def identity_of(texts: Iterable[str]) -> str:
    """Texts as one, from which they could be told again: the end of each is marked, and nothing in them looks so."""
    return "".join(f"{text.replace(_ESCAPE, _ESCAPE * 2)}{_ESCAPE};" for text in texts)


class Decisions:
    def __init__(
        self,
        sink: Sink,
        stages: dict[str, MergeStage],
        facts: dict[str, TableFacts],
        settling: Settling,
        report: Report,
        watch: Watch,
    ) -> None:
        self._settling = settling
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
                self._unique(stage)
        for stage in self._stages.values():
            self._follow(stage)
        for stage in self._stages.values():
            self._lead_nowhere(stage)
        content = Content(self._sink, self._report, self._refuse, on_conflict)
        if CLUSTERS in self._stages:
            self._clusters(content if detect else None)
        for stage in self._stages.values():
            if detect:
                content.find(stage)
            if stage.by_content:
                self._unique(stage)
                self._renumber(stage)
            stage.update(becomes(Action.INSERT), _UNDECIDED)
            self._unwritable(stage)
            self._told_apart(stage)

    def _twice(self, stage: MergeStage, *, detect: bool) -> None:
        """A key that stands in the file twice: the same row, or two that cannot both be there."""
        first = f"FROM {stage.name} f WHERE f.new_key = s.new_key AND f.number < s.number"
        if not stage.holds(f"EXISTS (SELECT 1 {first})"):
            return
        if detect:
            same = f"EXISTS (SELECT 1 {first} AND f.identity = s.identity)"
            stage.update(becomes(Action.DUPLICATE), f"{is_not(Action.INVALID)} AND {same}")
        twice = f"{is_not(Action.DUPLICATE, Action.INVALID)} AND EXISTS (SELECT 1 {first})"
        for _, line, key, other in stage.where(twice, f"(SELECT min(f.line) {first})"):
            self._refuse(stage, line, key, f"its key stands on line {other} already")
        stage.update(becomes(Action.INVALID), twice)

    def _duplicates(self, stage: MergeStage) -> None:
        """The same memory under another key, in the database or earlier in the file; its references follow."""
        if not stage.holds(_UNDECIDED):
            return
        table = stage.table
        columns = [table.by_name["namespace"], *(table.by_name[name] for name in IDENTITY)]
        texts = [self._sink.expression(column, stage.facts.columns.get(column.name)) for column in columns]
        ended = [f"replace({text}, '{_ESCAPE}', '{_ESCAPE * 2}') || '{_ESCAPE};'" for text in texts]
        identity = self._sink.md5.format(" || ".join(ended))
        there = f"memoria_there_{table.name}"
        self._sink.query(
            f'CREATE TEMP TABLE {there} AS SELECT t."{table.key.name}" AS key, {identity} AS identity'
            f' FROM "{table.name}" t WHERE t.namespace IN (SELECT DISTINCT target FROM {stage.name})'
            # What is replaced is not there any more, and what replaces it is in the file.
            f' AND t."{table.key.name}" NOT IN (SELECT new_key FROM {stage.name} WHERE {becomes(Action.OVERWRITE)})'
        )
        self._sink.query(f"CREATE INDEX {there}_identity ON {there} (identity)")
        same = f"FROM {there} d WHERE d.identity = s.identity"
        stage.update(
            f"{becomes(Action.DUPLICATE)}, new_key = (SELECT min(d.key) {same})",
            f"{_UNDECIDED} AND EXISTS (SELECT 1 {same})",
        )
        first = (
            f"FROM {stage.name} f WHERE f.identity = s.identity AND f.number < s.number"
            f" AND {is_not(Action.INVALID, Action.DIFFERENT, row='f')}"
        )
        stage.update(
            f"{becomes(Action.DUPLICATE)}, new_key = (SELECT f.new_key {first} ORDER BY f.number LIMIT 1)",
            f"{_UNDECIDED} AND EXISTS (SELECT 1 {first})",
        )

    def _unwritable(self, stage: MergeStage) -> None:
        needed = {"insert": ["INSERT"], "overwrite": ["INSERT", "UPDATE"]}
        taken = [what for action, what in needed.items() if stage.holds(f"s.action = '{action}'")]
        if reason := unwritable(stage.table, stage.facts, "LOCK", *chain.from_iterable(taken)):
            self._report.add(Issue(stage.table.name, reason, kind="unwritable"))

    def _told_apart(self, stage: MergeStage) -> None:
        """Without an index on the key it may stand in several rows, and no row can be replaced in its place."""
        table = stage.table
        if table.key.name in stage.facts.distinct:
            return
        key = f't."{table.key.name}"'
        twice = self._sink.query(
            f'SELECT {key}, count(*) FROM "{table.name}" t WHERE {key} IS NOT NULL GROUP BY {key}'
            f" HAVING count(*) > 1 ORDER BY {key} LIMIT 1"
        )
        reason = f"no unique index of the database tells its rows apart by {table.key.name}: create one"
        if twice:
            reason = f"its key {twice[0][0]!r} stands in {twice[0][1]:,} rows of the database: leave one of them"
        if twice or stage.holds(is_(Action.OVERWRITE)):
            self._report.add(Issue(table.name, reason, kind="unwritable"))

    def _follow(self, stage: MergeStage, only: str = "") -> None:
        """References to rows whose key changes change with it."""
        for column, targets in relations(stage.table.name).references.items():
            if column not in stage.references or (column != only if only else column == "cluster_id"):
                continue
            held = [self._stages[target] for target in targets if target in self._stages]
            renamed = column in stage.renamed
            if not renamed and not any(target.holds("s.new_key <> s.key") for target in held):
                continue
            name = f"s.c_{column}"
            found = [f"(SELECT min(r.new_key) FROM {target.name} r WHERE r.key = {name})" for target in held]
            # Not in the file, but it may have come with an earlier one.
            for target in filter(self._facts.__contains__, targets if renamed else ()):
                found.append(f'(SELECT min(t.memory_id) FROM "{target}" t WHERE t.memory_id = s.n_{column})')
            stage.update(f"c_{column} = coalesce({', '.join([*found, name])})", f"{name} IS NOT NULL")

    def _lead_nowhere(self, stage: MergeStage) -> None:
        """Edges and members whose memory is not there are left out, other references become NULL where they may."""
        table = stage.table.name
        ends = relations(table).memories
        if relations(table).belongs_to:
            self._leave_with_its_owner(stage)
        references = [r for r in stage.facts.references if r.column in stage.references]
        for reference in references if table != MEMBERS else ():
            if reference.null:
                self._empty(stage, reference)
        self._settling.settle(stage, self._stages, self._report, self._watch)
        if table in (*EDGES, MEMBERS):
            nowhere = [f"NOT {self._is_end(stage, end)}" for end in ends]
            stage.update(becomes(Action.LEFT_OUT), f"{_TO_WRITE} AND ({' OR '.join(nowhere)})")
        if table == MEMBERS:
            outside = "1 = 1"
            if CLUSTERS in self._stages:
                clusters = self._stages[CLUSTERS].name
                outside = f"NOT EXISTS (SELECT 1 FROM {clusters} p WHERE p.key = s.c_cluster_id)"
            stage.update(becomes(Action.LEFT_OUT), f"{_UNDECIDED} AND {outside}")
            return
        for reference in references:
            if not reference.null:
                there = self._is_there(f"s.c_{reference.column}", (reference.target,), reference.target_column)
                stage.update(becomes(Action.LEFT_OUT), f"{_TO_WRITE} AND NOT {there}")

    def leave(self, refused: Mapping[str, Sequence[int]]) -> None:
        """Leave out the rows of these numbers after all, by table, and what cannot be without them."""
        for table, numbers in refused.items():
            for condition in numbered(numbers):
                self._stages[table].update(becomes(Action.INVALID), condition)
        while any(self._leave_alone(stage) for stage in self._stages.values()):
            pass

    def _leave_alone(self, stage: MergeStage) -> bool:
        """As `_lead_nowhere`, of rows that are decided. Whether there were any to leave out."""
        table = stage.table.name
        there = []
        if table in (*EDGES, MEMBERS):
            ends = relations(table).memories
            there += [self._is_end(stage, end) for end in ends]
        if table == MEMBERS:
            there.append(self._is_there("s.c_cluster_id", (CLUSTERS,), "id"))
        for reference in stage.facts.references:
            if reference.column in stage.references:
                if reference.null:
                    self._empty(stage, reference)
                else:
                    column = f"s.c_{reference.column}"
                    there.append(self._is_there(column, (reference.target,), reference.target_column))
        alone = f"{is_(Action.INSERT, Action.OVERWRITE)} AND NOT ({' AND '.join(there or ['1 = 1'])})"
        if not stage.holds(alone):
            return False
        stage.update(becomes(Action.LEFT_OUT), alone)
        return True

    def _is_end(self, stage: MergeStage, end: str) -> str:
        """Whether the memory at the end of an edge is there. With new ids not the one that an edge is copied from."""
        elsewhere = f"(t.namespace <> s.source OR s.source = s.target OR t.memory_id = s.n_{end})"
        copied = f" AND {elsewhere}" if end in stage.renamed else ""
        return self._is_there(f"s.c_{end}", MEMORIES, but=copied)

    def _leave_with_its_owner(self, stage: MergeStage) -> None:
        """What has the id of another row as its key is a duplicate where that is."""
        owners = relations(stage.table.name).belongs_to
        for owner in (self._stages[table] for table in owners if table in self._stages):
            duplicate = f"SELECT 1 FROM {owner.name} m WHERE m.key = s.key AND {is_(Action.DUPLICATE, row='m')}"
            stage.update(becomes(Action.DUPLICATE), f"{_UNDECIDED} AND EXISTS ({duplicate})")

    def _empty(self, stage: MergeStage, reference: Reference) -> None:
        column = f"s.c_{reference.column}"
        nowhere = f"{column} IS NOT NULL AND NOT {self._is_there(column, (reference.target,), reference.target_column)}"
        written = f"{is_(Action.UNDECIDED, Action.INSERT, Action.OVERWRITE)} AND {nowhere}"
        if count := stage.count(written):
            nulled = self._report.table(stage.table.name).nulled
            nulled[reference.column] = nulled.get(reference.column, 0) + count
        stage.update(f"c_{reference.column} = NULL", f"({WAITS} AND {nowhere}) OR ({written})")

    def _is_there(self, value: str, tables: Iterable[str], column: str = "memory_id", but: str = "") -> str:
        """Whether an id is that of a row of the file or, `but` for some, of the database."""
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
                found.append(f'EXISTS (SELECT 1 FROM "{table}" t WHERE t."{column}" = {value}{but})')
        return f"({' OR '.join(found or ['1 = 0'])})"

    def _clusters(self, content: Content | None) -> None:
        clusters, members = self._stages[CLUSTERS], self._stages.get(MEMBERS)
        if content and MEMBERS in self._facts:
            content.find_clusters(clusters, members)
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
        if not stage.holds(f"{_UNDECIDED} AND {taken}"):
            return
        highest = f'coalesce((SELECT max(t."{key}") FROM "{table}" t), 0)'
        staged = f"coalesce((SELECT max(f.key) FROM {stage.name} f), 0)"
        numbered = f"memoria_numbered_{table}"
        self._sink.query(
            f"CREATE TEMP TABLE {numbered} AS SELECT s.number AS number,"
            f" CASE WHEN {highest} > {staged} THEN {highest} ELSE {staged} END"
            f" + row_number() OVER (ORDER BY s.number) AS id FROM {stage.name} s WHERE {_UNDECIDED} AND {taken}"
        )
        self._sink.query(f"CREATE INDEX {numbered}_number ON {numbered} (number)")
        new = f"FROM {numbered} n WHERE n.number = s.number"
        stage.update(f"new_key = (SELECT n.id {new})", f"EXISTS (SELECT 1 {new})")

    def _unique(self, stage: MergeStage) -> None:
        """Values that may be there once only, and belong to another row of the file or of the database."""
        written = _TO_WRITE
        for names in stage.uniques:
            key = stage.table.key.name
            first = " AND ".join(f"f.c_{name} = s.c_{name}" for name in names)
            there_afterwards = is_(Action.UNDECIDED, Action.OVERWRITE, Action.IDENTICAL, row="f")
            twice = f"FROM {stage.name} f WHERE {first} AND f.number < s.number AND {there_afterwards}"
            other = " AND ".join(f"{stage.column(name)} = s.c_{name}" for name in names)
            there = f'FROM "{stage.table.name}" t WHERE {other} AND t."{key}" <> s.new_key'
            for source, detail, place in (
                (twice, "min(f.line)", "stands on line {} already"),
                (there, f'min(t."{key}")', "is that of {} in the database already"),
            ):
                taken = f"{written} AND EXISTS (SELECT 1 {source})"
                for _, line, old, found in stage.where(taken, f"(SELECT {detail} {source})"):
                    called = names[0] if len(names) == 1 else f"({', '.join(names)})"
                    self._refuse(stage, line, old, f"its {called} {place.format(found)}")
                stage.update(becomes(Action.INVALID), taken)

    def _refuse(self, stage: MergeStage, line: int, key: Any, reason: str, kind: str = "invalid") -> None:
        issue = Issue(stage.table.name, reason, line, str(key), kind)
        self._report.add(issue)
        self._watch.issue(issue)
