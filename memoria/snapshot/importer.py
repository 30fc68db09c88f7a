"""Brings a snapshot into a database: read and plan, ask, then apply in one transaction what the plan says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.snapshot import database, formats
from memoria.snapshot.apply import apply
from memoria.snapshot.database import Sink
from memoria.snapshot.errors import DatabaseFailure, Declined, InvalidRows, InvalidSnapshot
from memoria.snapshot.files import InputFile
from memoria.snapshot.fill import NeedsPlan, fill
from memoria.snapshot.formats import Reader
from memoria.snapshot.plan import Options, Plan
from memoria.snapshot.progress import NoProgress, Progress
from memoria.snapshot.registry import TABLES
from memoria.snapshot.report import FileReport, Issue, Report, counted
from memoria.snapshot.tables import Table, TableFacts, names

_ROWS_AT_ONCE = 1000
"""Rows between two signs of progress."""
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
    target: Callable[..., Sink] = _open
    """Opens the database to write to; called as `database.sink` is."""
    found: Callable[[Issue], None] = lambda issue: None
    """Told of each issue; the report keeps only the first ones."""
    progress: Progress = field(default_factory=NoProgress)

    def run(self) -> Report:
        """Plan, and unless it is a dry run apply. Raises SnapshotError with nothing changed."""
        started = monotonic()
        with self.target(self.connection, self.database, read_only=self.dry_run) as sink:
            facts = sink.facts()
            if not any(table.name in facts for table in TABLES):
                raise DatabaseFailure(
                    f"{self.database} has no tables yet: create them with --migrate, or with `memoria migrate`"
                )
            report = None if self.dry_run else self._fill(sink, facts)
            if report is None:
                report = self._plan_and_apply(sink, facts)
        report.seconds += monotonic() - started
        return report

    def _plan_and_apply(self, sink: Sink, facts: dict[str, TableFacts]) -> Report:
        plan, carried = self._plan(sink, facts)
        self._require_valid(plan.report)
        if not self.dry_run:
            plan.report.seconds -= self._ask(plan.report)
            self.progress.stage("Importing", size=self.file.size)
            apply(sink, plan, carried, self._reader, self.progress)
            if not self.options.validate:
                _note(plan)  # only now has every row been looked at
        return plan.report

    def _fill(self, sink: Sink, facts: dict[str, TableFacts]) -> Report | None:
        """Into empty tables, with no plan; None where one is needed."""
        plan = self._new_plan(sink, facts)
        self.progress.stage("Importing", size=self.file.size)
        try:
            reader = self._reader()
            fill(sink, plan, reader, self.file.size, partial(self._settle_filled, plan, reader), self.progress)
        except (InvalidSnapshot, NeedsPlan):
            return None
        return plan.report

    def _ask(self, report: Report) -> float:
        """Ask before anything is kept. Returns the seconds that the answer took, which are not the import's."""
        asked = monotonic()
        if not self.confirm(report):
            raise Declined("not confirmed; nothing was changed")
        return monotonic() - asked

    def _reader(self) -> Reader:
        chunks = self.file.chunks(lambda size: self.progress.advance(size=size))
        return formats.read(chunks, self.format, allow_edited=self.allow_edited)

    def _new_plan(self, sink: Sink, facts: dict[str, TableFacts]) -> Plan:
        report = Report("import", self.database, FileReport(self.file.name), dry_run=self.dry_run)
        return Plan(sink, self.tables, facts, self.options, report, self.found)

    def _plan(self, sink: Sink, facts: dict[str, TableFacts]) -> tuple[Plan, list[Table]]:
        plan = self._new_plan(sink, facts)
        self.progress.stage("Checking", size=self.file.size)
        others: Counter[str] = Counter()
        try:
            reader = self._reader()
            for number, row in enumerate(reader):
                if number % _ROWS_AT_ONCE == 0 and number:
                    self.progress.advance(rows=_ROWS_AT_ONCE)
                if row.table not in plan.decoders:
                    others[row.table] += 1
                    plan.pass_by(number, row)
                else:
                    plan.decoders[row.table].legacy = reader.legacy
                    plan.take(number, row)
        except InvalidSnapshot as error:
            raise type(error)(f"{self.file.name}: {error}") from None
        plan.digest = reader.digest
        carried = self._settle(plan, reader)
        self._others(others, plan.report)
        plan.decide(carried)
        _note(plan)
        return plan, [table for table in carried if table.name in facts]

    def _settle(self, plan: Plan, reader: Reader) -> list[Table]:
        """What a file that was read to its end says of itself, into the report. The tables that it carries."""
        self._describe(reader, plan.report)
        carried = self._carried(reader)
        for table in carried:
            plan.report.table(table.name).rows = reader.counts.get(table.name, 0)
            if table.name not in plan.facts:
                self._missing_table(table, plan.report)
        return carried

    def _settle_filled(self, plan: Plan, reader: Reader) -> list[Table]:
        carried = self._settle(plan, reader)
        for table in carried:
            counts = plan.report.table(table.name)
            counts.inserted = counts.rows
        _note(plan)
        self._ask(plan.report)
        return carried

    def _carried(self, reader: Reader) -> list[Table]:
        """The chosen tables that the file holds, also with no rows."""
        assert reader.header is not None
        promised = reader.footer.counts if reader.footer else reader.header.counts or {}
        held = promised.keys() | reader.counts.keys()
        carried = [table for table in self.tables if table.name in held]
        if not carried:
            raise InvalidSnapshot(f"{self.file.name} does not hold {' or '.join(names(self.tables))}")
        filtered = reader.header.namespaces
        if filtered is not None and self.options.truncate:
            raise InvalidSnapshot(
                f"{self.file.name} holds only the namespaces {', '.join(filtered)}:"
                " replacing whole tables with it would delete the others; add its rows with --no-truncate"
            )
        return carried

    def _missing_table(self, table: Table, report: Report) -> None:
        rows = report.table(table.name).rows
        if rows:
            reason = (
                f"{self.database} has no such table for the {counted(rows, 'row')} of the file: --migrate creates it"
            )
            report.add(Issue(table.name, reason, kind="missing"))
        else:
            report.note(f"{self.database} has no table {table.name}; the file holds no rows for it.")

    def _others(self, others: Counter[str], report: Report) -> None:
        """Rows of tables that are unknown, or not chosen."""
        known = set(names(TABLES))
        for name, count in sorted(others.items()):
            report.left_out[name] = count
            if name in known:
                continue
            if self.options.ignore_unknown:
                counts = report.table(name)
                counts.rows = counts.skipped = count
            else:
                reason = (
                    f"no snapshot table of this program; leave out its {counted(count, 'row')} with --ignore-unknown"
                )
                report.add(Issue(name, reason, kind="unknown"))

    def _describe(self, reader: Reader, report: Report) -> None:
        assert reader.header is not None
        report.file = FileReport(
            self.file.name,
            size=self.file.size,
            sha256=self.file.sha256 or reader.digest,
            layout=reader.header.layout,
            format=reader.format,
            compression=self.file.compression,
            exported_at=reader.header.exported_at,
        )
        if reader.legacy:
            report.note(
                f"The file has the older layout {reader.header.layout}: its row counts are right,"
                " but it has no end mark or digest to prove that nothing was altered."
            )
        if reader.edited:
            report.note("The file was edited after its export; accepted because of --allow-edited.")

    def _require_valid(self, report: Report) -> None:
        fatal = [issue for issue in report.issues if issue.kind != "invalid"]
        if not report.issue_count or (self.options.skip_invalid and not fatal):
            return
        report.refused = True
        first = (fatal or report.issues)[0].sentence(self.file.name)
        rows = f"{counted(report.issue_count, 'issue')}; nothing was changed"
        hint = "" if fatal or self.options.skip_invalid else ", and --skip-invalid leaves such rows out"
        raise InvalidRows(f"{first} ({rows}{hint})", report)


def _note(plan: Plan) -> None:
    """What had to be done to fit the rows, from the decoders into the report."""
    for name, decoder in plan.decoders.items():
        counts = plan.report.tables.get(name)
        if counts is not None:
            counts.defaulted = {column: n for column, n in decoder.defaulted.items() if n}
            counts.rounded = dict(decoder.rounded)
            counts.ignored = dict(decoder.ignored)
        if decoder.bare_numbers:
            plan.report.note(f"{name}: {decoder.bare_numbers:,} bare NaN or Infinity, read as text.")
        if decoder.negative_zeros:
            plan.report.note(f"{name}: {decoder.negative_zeros:,} times -0.0, which SQLite keeps as 0.0.")
