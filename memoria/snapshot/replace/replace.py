"""Brings a snapshot into a database: read and plan, ask, then apply in one transaction what the plan says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.snapshot import database
from memoria.snapshot.database import Sink
from memoria.snapshot.errors import Declined, InvalidSnapshot
from memoria.snapshot.files import InputFile
from memoria.snapshot.formats import Reader
from memoria.snapshot.history.history import History, Origin
from memoria.snapshot.progress import NoProgress, Progress
from memoria.snapshot.reading import Reading, count_rows, held, missing_tables, note_fits, other_rows, require_valid
from memoria.snapshot.rehearsal import asks_more
from memoria.snapshot.replace.apply import apply
from memoria.snapshot.replace.load_empty import NeedsPlan, fill
from memoria.snapshot.replace.plan import Options, Plan
from memoria.snapshot.replace.rehearse import rehearse
from memoria.snapshot.report import FileReport, Report
from memoria.snapshot.schema.facts import Table, TableFacts, names
from memoria.snapshot.schema.fitting import require_writable
from memoria.snapshot.schema.registry import TABLES, require_in_sight, require_tables
from memoria.snapshot.watch import Watch

_open = database.sink


@dataclass(slots=True)
class Import:
    """One import: what it reads, where it writes, and what was asked for."""

    file: InputFile
    connection: BaseDatabaseWrapper
    database: str
    """What messages and the report call the target."""
    tables: Sequence[Table] = TABLES
    options: Options = field(default_factory=Options)
    dry_run: bool = False
    allow_edited: bool = False
    format: str | None = None
    confirm: Callable[[Report], bool] = lambda report: True
    """Asked once, with the whole plan, before anything is kept; False stops the run."""
    target: Callable[..., AbstractContextManager[Sink]] = _open
    """Opens the database to write to; called as `database.sink` is."""
    watch: Watch = field(default_factory=Watch)
    origin: Origin | None = None
    """What the history of imports says of this one; without it nothing is kept to undo it."""
    progress: Progress = field(default_factory=NoProgress)

    def run(self) -> Report:
        """Plan, and unless it is a dry run apply. Raises SnapshotError with nothing changed."""
        started = monotonic()
        with self.target(self.connection, self.database, read_only=self.dry_run) as sink:
            facts = sink.facts()
            if self.dry_run and asks_more(self.tables, facts):
                sink.allow_writing()
            require_in_sight(facts, sink.elsewhere(), self.database)
            require_tables(facts, self.database)
            self._history(sink).require(facts)
            reading = Reading(self.file, self.format, self.allow_edited, self.progress)
            report = None if self.dry_run else self._fill(sink, facts, reading)
            if report is None:
                report = self._plan_and_apply(sink, facts, reading)
        report.seconds += monotonic() - started
        return report

    def _plan_and_apply(self, sink: Sink, facts: dict[str, TableFacts], reading: Reading) -> Report:
        plan, carried = self._plan(sink, facts, reading)
        require_valid(plan.report, skip_invalid=self.options.skip_invalid)
        if not self.dry_run:
            plan.report.seconds -= self._ask(plan.report)
            history = self._history(sink)
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
            fill(sink, plan, reader, self.file.size, settle, self._history(sink), self.progress)
        except (InvalidSnapshot, NeedsPlan):
            return None
        return plan.report

    def _history(self, sink: Sink) -> History:
        return History(sink, self.connection, self.origin)

    def _ask(self, report: Report) -> float:
        """Ask before anything is kept. Returns the seconds that the answer took, which are not the import's."""
        asked = monotonic()
        if not self.confirm(report):
            raise Declined("not confirmed; nothing was changed")
        return monotonic() - asked

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
        plan.decide(carried, lambda tables: rehearse(sink, plan, tables, reading.reader))
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
        self._ask(plan.report)
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
                " rows with --no-truncate"
            )
