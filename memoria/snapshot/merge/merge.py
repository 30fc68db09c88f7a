"""Merges a snapshot into a database: what is there stays, what is new comes in.

Plan, then apply, in one transaction: what becomes of a row depends on the rows that are there, so nobody else changes
the table of a row from the moment it is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from memoria.snapshot.database import Sink
from memoria.snapshot.errors import InvalidSnapshot
from memoria.snapshot.history.history import History
from memoria.snapshot.merge.apply import merge
from memoria.snapshot.merge.options import MergeOptions
from memoria.snapshot.merge.plan import MergePlan
from memoria.snapshot.merge.rehearse import rehearse
from memoria.snapshot.reading import Reading, count_rows, held, missing_tables, note_fits, other_rows, require_valid
from memoria.snapshot.remedy import Remedy
from memoria.snapshot.report import FileReport, Report
from memoria.snapshot.run import Run
from memoria.snapshot.schema.facts import Table, TableFacts, names
from memoria.snapshot.schema.fitting import require_writable
from memoria.snapshot.schema.registry import MERGED, TABLES
from memoria.snapshot.schema.relations import MEMORIES
from memoria.text import counted


@dataclass(slots=True)
class Merge(Run):
    """Adds the rows of a snapshot to those that are there."""

    options: MergeOptions = field(default_factory=MergeOptions)

    def run(self) -> Report:
        """Plan, and unless it is a dry run apply. Raises SnapshotError with nothing changed."""
        started = monotonic()
        with self.opened(MERGED) as (sink, facts):
            reading = self.reading(self.options)
            report = Report("merge", self.database, FileReport(self.file.name), dry_run=self.dry_run)
            with nullcontext() if self.dry_run else sink.transaction([]):
                first_look = partial(self._first_look, sink, facts)
                plan = MergePlan(sink, MERGED, facts, self.options, report, self.watch, first_look)
                carried = self._plan(sink, plan, reading)
                require_valid(report, skip_invalid=self.options.skip_invalid)
                if not self.dry_run:
                    self._apply(sink, plan, carried, reading)
        report.seconds += monotonic() - started
        return report

    def _first_look(self, sink: Sink, facts: dict[str, TableFacts], table: str) -> None:
        """Before anything is asked of a table. A dry run holds nobody up, and who may not lock is told in the end."""
        require_writable([found for found in MERGED if found.name == table], facts)
        if not self.dry_run and "LOCK" not in facts[table].forbidden:
            sink.lock(table)

    def _apply(self, sink: Sink, plan: MergePlan, carried: list[Table], reading: Reading) -> None:
        self.ask(plan.report)
        self.progress.stage("Importing", size=self.file.size)
        # What writes nothing leaves nothing to undo, and takes no place among those that can be undone.
        writes = any(table.inserted or table.overwritten for table in plan.report.tables.values())
        history = History(sink, self.connection, self.origin if writes else None)
        merge(sink, plan, carried, reading.reader, history, self.progress)

    def _plan(self, sink: Sink, plan: MergePlan, reading: Reading) -> list[Table]:
        """Decide what becomes of every row. Returns the tables of the file that the target has."""
        reader, others = reading.plan(plan)
        plan.digest = reader.digest
        reading.describe(reader, plan.report)
        present = held(reader)
        carried = [table for table in MERGED if table.name in present]
        if not carried:
            raise InvalidSnapshot(f"{self.file.name} holds no memories, nor anything else that can be merged")
        count_rows(carried, plan.facts, reader, plan.report)
        missing_tables(carried, plan.facts, sink.elsewhere(), plan.report)
        other_rows(others, set(names(TABLES)), plan.report, ignore_unknown=self.options.ignore_unknown)
        plan.decide(carried, lambda tables: rehearse(sink, plan, tables, reading.again))
        if self.dry_run:
            plan.show()
        note_fits(plan.decoders, plan.report)
        _compare_dimensions(sink, plan)
        _note_different(plan.report)
        return [table for table in carried if table.name in plan.facts]


def _note_different(report: Report) -> None:
    count = sum(part.different for part in report.merge)
    if count:
        they, them = ("is", "it") if count == 1 else ("are", "them")
        stay = "stays" if count == 1 else "stay"
        report.note(
            f"{counted(count, 'row')} {they} there with other content and {stay}; {Remedy.OVERWRITE}, or"
            f" {Remedy.NEWEST}, can replace {them}."
        )


def _compare_dimensions(sink: Sink, plan: MergePlan) -> None:
    """Memories whose embeddings have another length than those beside them cannot be searched together."""
    for target, dimensions in sorted(plan.dimensions.items()):
        there = set(sink.dimensions(target, _with_embeddings(plan)))
        if there and there != dimensions:
            plan.report.note(
                f"Embeddings of the file have {_numbers(dimensions)} dimensions, those in the namespace {target}"
                f" {_numbers(there)}: {Remedy.DROP_EMBEDDINGS} leaves them out."
            )


def _with_embeddings(plan: MergePlan) -> list[str]:
    return [name for name in MEMORIES if name in plan.facts and "embedding" in plan.facts[name].columns]


def _numbers(dimensions: Sequence[int] | set[int]) -> str:
    return " and ".join(f"{number:,}" for number in sorted(dimensions))
