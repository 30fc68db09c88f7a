"""Brings a snapshot into a database: read and plan, ask, then apply in one transaction what the plan says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from memoria.snapshot.database import Sink
from memoria.snapshot.errors import InvalidSnapshot
from memoria.snapshot.formats import Reader
from memoria.snapshot.reading import Reading, count_rows, held, missing_tables, note_fits, other_rows, require_valid
from memoria.snapshot.remedy import Remedy
from memoria.snapshot.replace.apply import apply
from memoria.snapshot.replace.load_empty import NeedsPlan, fill
from memoria.snapshot.replace.options import ReplaceOptions
from memoria.snapshot.replace.plan import Plan
from memoria.snapshot.replace.rehearse import rehearse
from memoria.snapshot.report import FileReport, Report
from memoria.snapshot.run import Run
from memoria.snapshot.schema.facts import Table, TableFacts, names
from memoria.snapshot.schema.fitting import require_writable
from memoria.snapshot.schema.registry import TABLES


@dataclass(slots=True)
class Replace(Run):
    """Replaces tables by those of a snapshot, or adds its rows to them."""

    tables: Sequence[Table] = TABLES
    options: ReplaceOptions = field(default_factory=ReplaceOptions)

    def run(self) -> Report:
        """Plan, and unless it is a dry run apply. Raises SnapshotError with nothing changed."""
        started = monotonic()
        with self.opened(self.tables) as (sink, facts):
            reading = self.reading(self.options)
            report = None if self.dry_run else self._fill(sink, facts, reading)
            if report is None:
                report = self._plan_and_apply(sink, facts, reading)
        report.seconds += monotonic() - started
        return report

    def _plan_and_apply(self, sink: Sink, facts: dict[str, TableFacts], reading: Reading) -> Report:
        plan, carried = self._plan(sink, facts, reading)
        require_valid(plan.report, skip_invalid=self.options.skip_invalid)
        if not self.dry_run:
            plan.report.seconds -= self.ask(plan.report)
            history = self.history(sink)
            apply(sink, plan, carried, reading.reader, history, self.progress, size=self.file.size)
            if not self.options.validate:
                note_fits(plan.decoders, plan.report)  # only now has every row been looked at
        return plan.report

    def _fill(self, sink: Sink, facts: dict[str, TableFacts], reading: Reading) -> Report | None:
        """Into empty tables, with no plan; None where one is needed."""
        plan = self._new_plan(sink, facts)
        self.progress.stage("Importing", size=self.file.size)
        try:
            reader = reading.reader()
            settle = partial(self._settle_filled, plan, reading, reader)
            fill(sink, plan, reader, self.file.size, settle, self.history(sink), self.progress)
        except (InvalidSnapshot, NeedsPlan):
            return None
        return plan.report

    def _new_plan(self, sink: Sink, facts: dict[str, TableFacts]) -> Plan:
        report = Report("import", self.database, FileReport(self.file.name), dry_run=self.dry_run)
        return Plan(sink, self.tables, facts, self.options, report, self.watch)

    def _plan(self, sink: Sink, facts: dict[str, TableFacts], reading: Reading) -> tuple[Plan, list[Table]]:
        plan = self._new_plan(sink, facts)
        reader, others = reading.plan(plan)
        plan.digest = reader.digest
        carried = self._settle(plan, reading, reader)
        require_writable(carried, facts)
        missing_tables(carried, facts, sink.elsewhere(), plan.report)
        self._require_whole(sink, plan, reader, carried)
        other_rows(others, set(names(TABLES)), plan.report, ignore_unknown=self.options.ignore_unknown)
        plan.decide(carried, lambda tables: rehearse(sink, plan, tables, reading.again))
        note_fits(plan.decoders, plan.report)
        return plan, [table for table in carried if table.name in facts]

    def _settle(self, plan: Plan, reading: Reading, reader: Reader) -> list[Table]:
        """What a file that was read to its end says of itself, into the report. The tables that it carries."""
        reading.describe(reader, plan.report)
        carried = self._carried(reader)
        count_rows(carried, plan.facts, reader, plan.report)
        return carried

    def _settle_filled(self, plan: Plan, reading: Reading, reader: Reader) -> list[Table]:
        carried = self._settle(plan, reading, reader)
        missing_tables(carried, plan.facts, {}, plan.report)  # none with rows
        for table in carried:
            counts = plan.report.table(table.name)
            counts.inserted = counts.rows
        note_fits(plan.decoders, plan.report)
        self.ask(plan.report)
        return carried

    def _carried(self, reader: Reader) -> list[Table]:
        """The chosen tables that the file holds, also with no rows."""
        assert reader.header is not None
        present = held(reader)
        carried = [table for table in self.tables if table.name in present]
        if not carried:
            raise InvalidSnapshot(f"{self.file.name} does not hold {' or '.join(names(self.tables))}")
        return carried

    def _require_whole(self, sink: Sink, plan: Plan, reader: Reader, carried: Sequence[Table]) -> None:
        """A file of some namespaces may fill tables, but replaces none that holds rows."""
        assert reader.header is not None
        filtered = reader.header.namespaces
        if filtered is None or not self.options.truncate:
            return
        if any(sink.count(table.name) for table in carried if table.name in plan.facts):
            raise InvalidSnapshot(
                f"{self.file.name} holds only the namespaces {', '.join(filtered)}:"
                " replacing whole tables with it would delete the others; merge it with import-memories, or add its"
                f" rows with {Remedy.ADD_ROWS}"
            )
