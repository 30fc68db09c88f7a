"""Decides what an import does with each row, before anything is written.

Each row is validated by itself, then its key and its references are staged in temporary tables, where a few set
operations find what only the whole file or the database can tell: keys that occur twice, keys that are there already,
references that lead nowhere. Memory stays the same however many rows there are.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from memoria.snapshot.errors import InvalidValue
from memoria.snapshot.formats.reader import RawRow
from memoria.snapshot.remedy import Remedy
from memoria.snapshot.replace.options import ReplaceOptions
from memoria.snapshot.replace.stage import KEY, PlanStage
from memoria.snapshot.report import Issue, Report
from memoria.snapshot.rows.decoder import decoders
from memoria.snapshot.rows.values import not_json
from memoria.snapshot.schema.facts import Reference, Table, TableFacts, unwritable
from memoria.snapshot.stage import numbered
from memoria.snapshot.watch import Watch
from memoria.text import counted

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink


class Plan:
    """Takes every row of the file in its order, then decides. `report` holds the outcome, `skips` the rows left out."""

    def __init__(
        self,
        sink: Sink,
        tables: Sequence[Table],
        facts: dict[str, TableFacts],
        options: ReplaceOptions,
        report: Report,
        watch: Watch,
    ) -> None:
        self._watch = watch
        self.facts = facts
        self.options = options
        self.report = report
        self.decoders = decoders(tables, facts, ignore_unknown=options.ignore_unknown, validate=options.validate)
        self.nulls: dict[str, list[Reference]] = {}
        """Table -> references that are set to NULL where their target is not there."""
        self.parents_first = True
        """Whether the file holds its tables one after the other, parents before the tables that refer to them."""
        self.digest = ""
        """The reader's digest of the file that was planned."""
        self._order = {table.name: position for position, table in enumerate(tables)}
        self._last = 0
        self._sink = sink
        self._tables = {table.name: table for table in tables}
        self._stages: dict[str, PlanStage] = {}
        self._refused: dict[str, array[int]] = {}

    def take(self, number: int, row: RawRow) -> None:
        """Validate one row of a chosen table, the file's `number`th, and stage what identifies it."""
        position = self._order[row.table]
        self.parents_first = self.parents_first and position >= self._last
        self._last = position
        decoder = self.decoders[row.table]
        if not self.options.validate:
            return
        try:
            values = decoder.decode(row.data)
        except InvalidValue as error:
            kind = "invalid" if error.unknown is None else "unknown"
            self.refuse(number, Issue(row.table, error.reason, row.line, decoder.key(row.data), kind))
            return
        self._stage(self._tables[row.table]).take(number, row.line, values)

    def pass_by(self, number: int, row: RawRow) -> None:
        """A row of a table that is not imported must be JSON all the same, or the file is not whole."""
        if reason := not_json(row.data):
            self.refuse(number, Issue(row.table, reason, row.line))

    def decide(
        self, carried: Sequence[Table], rehearse: Callable[[Sequence[Table]], Mapping[str, Sequence[int]]]
    ) -> None:
        """The actions: every carried table's rows are counted as inserted, deleted or skipped.

        `rehearse` is given the tables that the target has, refuses rows and returns their numbers.
        """
        present = [table for table in carried if table.name in self.facts]
        if self.options.validate:
            self._find(present)
        self._find_unseen(present)  # these concern tables, not rows: also where rows are not looked at
        self._find_unwritable(present)
        if refused := rehearse(present):
            self._drop(present, refused)
        for table in carried:
            self._count(table)

    def _find(self, carried: Sequence[Table]) -> None:
        stages = [self._stage(table) for table in carried]
        for stage in stages:
            stage.flush()
        for stage in stages:
            for columns in stage.uniques:
                self._find_twice(stage, columns)
                if not self.options.truncate:
                    self._find_existing(stage, columns)
        self._find_nowhere(carried)

    def _find_nowhere(self, carried: Sequence[Table]) -> None:
        """References that would lead nowhere: of the file's rows, and of rows that the import must not touch."""
        names = {table.name for table in carried}
        stages = [self._stage(table) for table in carried]
        while self._refuse_dangling(stages, names):
            pass  # what referred to a row that is left out now leads nowhere
        for stage in stages:
            for reference in self._nullable(stage.table):
                self._empty_dangling(stage, reference, names)
        if self.options.truncate:
            for reference in self.outside_references(carried):
                self._find_abandoned(reference)

    def _drop(self, carried: Sequence[Table], refused: Mapping[str, Sequence[int]]) -> None:
        """No row can be the child of one that the database refuses."""
        for table, numbers in refused.items():
            for condition in numbered(numbers):
                self._stage(self._tables[table]).drop(condition)
        self._find_nowhere(carried)

    def skips(self, table: str, number: int) -> bool:
        refused = self._refused.get(table)
        if refused is None:
            return False
        position = bisect_left(refused, number)
        return position < len(refused) and refused[position] == number

    def outside_references(self, carried: Sequence[Table]) -> list[Reference]:
        """References from tables that are not carried: deleting the rows they lead to could act on those tables."""
        names = {table.name for table in carried}
        return [
            reference
            for facts in self.facts.values()
            for reference in facts.references
            if reference.target in names and reference.table not in names
        ]

    def _stage(self, table: Table) -> PlanStage:
        stage = self._stages.get(table.name)
        if stage is None:
            referring = (reference for facts in self.facts.values() for reference in facts.references)
            referred_to = {reference.target_column for reference in referring if reference.target == table.name}
            facts = self.facts.get(table.name)
            stage = self._stages[table.name] = PlanStage(self._sink, table, facts, referred_to)
        return stage

    def _find_twice(self, stage: PlanStage, columns: Sequence[str]) -> None:
        same = " AND ".join(f'f."{column}" = s."{column}"' for column in columns)
        first = f"FROM {stage.name} f WHERE {same} AND f.number < s.number"
        self._refuse_where(
            stage,
            f"EXISTS (SELECT 1 {first})",
            lambda line: f"its {stage.called(columns)} stands on line {line} already",
            detail=f"(SELECT min(f.line) {first})",
        )

    def _find_existing(self, stage: PlanStage, columns: Sequence[str]) -> None:
        same = " AND ".join(f't."{stage.table_column(column)}" = s."{column}"' for column in columns)
        there = f'EXISTS (SELECT 1 FROM "{stage.table.name}" t WHERE {same})'
        self._refuse_where(stage, there, lambda _: f"its {stage.called(columns)} is in the database already")

    def _nullable(self, table: Table) -> list[Reference]:
        """The references that become NULL where they lead nowhere; rows with another such reference are refused."""
        wanted = self.options.null_missing_references
        return [reference for reference in self.facts[table.name].references if wanted and reference.null]

    def _refuse_dangling(self, stages: Sequence[PlanStage], carried: set[str]) -> bool:
        """Refuse the rows with references that lead nowhere. Whether there were any."""
        found = False
        for stage in stages:
            nullable = self._nullable(stage.table)
            for reference in self.facts[stage.table.name].references:
                if reference not in nullable:
                    found |= self._find_dangling(stage, reference, carried)
        return found

    def _find_dangling(self, stage: PlanStage, reference: Reference, carried: set[str]) -> bool:
        refers = f"{reference.column} refers to {reference.target}"
        remedy = f"; {Remedy.NULL_REFERENCES} empties such references" if reference.null else ""
        return self._refuse_where(
            stage,
            self._nowhere(reference, carried),
            lambda to: f"{refers} {to!r}, neither in the file nor in the database{remedy}",
            detail=f's."{reference.column}"',
        )

    def _empty_dangling(self, stage: PlanStage, reference: Reference, carried: set[str]) -> None:
        count = stage.empty(reference.column, self._nowhere(reference, carried))
        if count:
            nulled = self.report.table(stage.table.name).nulled
            nulled[reference.column] = nulled.get(reference.column, 0) + count
            self.nulls.setdefault(stage.table.name, []).append(reference)

    def _nowhere(self, reference: Reference, carried: set[str]) -> str:
        """The condition of staged rows, called `s`, whose reference leads nowhere."""
        column = f's."{reference.column}"'
        places = []
        if reference.target in carried:
            stage = self._stages[reference.target]
            places.append(f'{stage.name} p WHERE p."{stage.column(reference.target_column)}" = {column}')
        if reference.target in self.facts and not (reference.target in carried and self.options.truncate):
            places.append(f'"{reference.target}" t WHERE t."{reference.target_column}" = {column}')
        return " AND ".join([f"{column} IS NOT NULL", *(f"NOT EXISTS (SELECT 1 FROM {p})" for p in places)])

    def _refuse_where(
        self, stage: PlanStage, condition: str, reason: Callable[[Any], str], *, detail: str = "NULL"
    ) -> bool:
        """Refuse the staged rows, called `s`, that meet a condition; `reason` is given the `detail` of each.

        Whether there were any.
        """
        found = False
        for number, line, key, what in stage.where(condition, detail):
            found = True
            self.refuse(number, Issue(stage.table.name, reason(what), line, str(key)))
        if found:  # no row can be the child of one that is left out
            stage.drop(condition)
        return found

    def _find_unseen(self, carried: Sequence[Table]) -> None:
        """Foreign keys that a replaced row might fire on tables that the plan cannot look into."""
        for table in carried if self.options.truncate else ():
            for other in self.facts[table.name].unseen_references:
                reason = (
                    f"{other} refers to it in a way that cannot be followed: add rows with {Remedy.ADD_ROWS} instead"
                )
                self.report.add(Issue(table.name, reason, kind="abandoned"))

    def _find_unwritable(self, carried: Sequence[Table]) -> None:
        """In its place a row is replaced only where another table refers to it."""
        watched = {reference.target for reference in self.outside_references(carried)}
        for table in carried:
            needed = ["DELETE" if self.options.truncate else "LOCK"]
            if self.report.table(table.name).rows:
                needed += ["INSERT", "UPDATE"] if self.options.truncate and table.name in watched else ["INSERT"]
            if reason := unwritable(table, self.facts[table.name], *needed):
                self.report.add(Issue(table.name, reason, kind="unwritable"))

    def _find_abandoned(self, reference: Reference) -> None:
        """Rows of a table outside the file that refer to rows which would be gone afterwards."""
        column = f't."{reference.column}"'
        stage = self._stages[reference.target]
        held = stage.column(reference.target_column)
        stays = f'{stage.name} s WHERE s."{held}" = {column}'
        if held != KEY:  # it must stay with its row, whose change another table could follow
            same = f'p."{stage.table.key.name}" = s.key AND p."{reference.target_column}" = s."{held}"'
            stays = f'{stage.name} s JOIN "{reference.target}" p ON {same} WHERE s."{held}" = {column}'
        ((count, example),) = self._sink.query(
            f'SELECT count(*), min({column}) FROM "{reference.table}" t WHERE {column} IS NOT NULL'
            f" AND NOT EXISTS (SELECT 1 FROM {stays})"
        )
        if count:
            reason = (
                f"{count:,} rows of {reference.table} in the database refer to rows that the import would remove"
                f" (such as {example!r}): import {reference.table} as well, or add rows with {Remedy.ADD_ROWS}"
            )
            self.report.add(Issue(reference.target, reason, kind="abandoned"))

    def refuse(self, number: int, issue: Issue) -> None:
        """Leave a row out; a row with two faults is one row."""
        if self.skips(issue.table, number):
            return
        insort(self._refused.setdefault(issue.table, array("q")), number)
        self.report.add(issue)
        self._watch.issue(issue)

    def _find_emptied(self, table: Table) -> None:
        """Columns that no snapshot carries, or not this one: their values go with the rows that are replaced."""
        facts = self.facts[table.name]
        carried = {column.stored_as(facts.columns) for column in table.columns}
        lacking = {table.by_name[name].stored_as(facts.columns) for name in self.decoders[table.name].lacking()}
        others = [
            name
            for name, fact in facts.columns.items()
            if name in lacking
            or (name not in carried and not (fact.derived or fact.numbered or fact.type == "tsvector"))
        ]
        if not others:
            return
        counts = ", ".join(f'count(t."{name}")' for name in others)
        (found,) = self._sink.query(f'SELECT {counts} FROM "{table.name}" t')
        for name, count in zip(others, found, strict=True):
            if count:
                why = "the file does not have" if name in lacking else "no snapshot carries"
                self.report.note(
                    f"{table.name}.{name}: {counted(count, 'value')} will be gone with the rows that are replaced, for"
                    f" {why} this column."
                )

    def _count(self, table: Table) -> None:
        counts = self.report.table(table.name)
        counts.skipped = len(self._refused.get(table.name, ()))
        counts.inserted = counts.rows - counts.skipped
        if self.options.truncate and table.name in self.facts:
            counts.deleted = self._sink.count(table.name)
            if counts.deleted:
                self._find_emptied(table)
