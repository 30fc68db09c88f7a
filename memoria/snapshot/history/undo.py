"""Takes an import back: what it wrote is deleted, what it removed is put back, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import monotonic

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.snapshot import database
from memoria.snapshot.database import Sink
from memoria.snapshot.errors import (
    DatabaseBusy,
    DatabaseFailure,
    Declined,
    SnapshotError,
    UndoRefused,
    WriteCancelled,
)
from memoria.snapshot.history.history import now, require_notes
from memoria.snapshot.history.references import locked, referring
from memoria.snapshot.history.sql import CHANGES, COLUMNS, HELD, Changes
from memoria.snapshot.progress import NoProgress, Progress
from memoria.snapshot.remedy import Remedy
from memoria.snapshot.report import ISSUES_SHOWN, ChangedRow, TableUndo, UndoReport
from memoria.snapshot.schema.facts import Table, TableFacts
from memoria.snapshot.schema.fitting import require_writable
from memoria.snapshot.schema.registry import HISTORY, TABLES, require_in_sight
from memoria.text import counted


class _Rehearsed(Exception):
    """Ends the transaction of a dry run."""


@dataclass(slots=True)
class Undo:
    """One import to take back."""

    number: int
    connection: BaseDatabaseWrapper
    database: str
    dry_run: bool = False
    rehearse: bool = False
    """Whether a dry run does all that an undo does, and rolls it back, instead of only looking."""
    force: bool = False
    """Rows that were changed since are taken back as well."""
    confirm: Callable[[UndoReport], bool] = lambda report: True
    """Asked once before rows are changed; False stops the run."""
    progress: Progress = field(default_factory=NoProgress)
    _changes: Changes = field(init=False)

    def __post_init__(self) -> None:
        self._changes = Changes(self.number)

    def run(self) -> UndoReport:
        """Raises UndoRefused if rows were changed since (a dry run says so in its report), and SnapshotError, with
        nothing changed."""
        started = monotonic()
        with database.sink(self.connection, self.database, read_only=self.dry_run and not self.rehearse) as sink:
            facts = sink.facts()
            report = self._report(sink, facts)
            tables = self._tables(sink, facts)
            require_writable(tables, facts)
            require_notes(facts)
            self.progress.stage("Comparing")
            self._plan(sink, facts, tables, report)
            if not self.dry_run and not self.confirm(report):
                raise Declined("not confirmed; nothing was changed")
            if not self.dry_run or (self.rehearse and not report.refused):
                self.progress.stage("Undoing")
                with suppress(_Rehearsed), sink.transaction(locked(tables, referring(facts, report.tables))):
                    self._apply(sink, facts, tables, report)
                    if self.dry_run:
                        raise _Rehearsed
        report.seconds = monotonic() - started
        return report

    def _report(self, sink: Sink, facts: dict[str, TableFacts]) -> UndoReport:
        found = []
        if all(model._meta.db_table in facts for model in HISTORY):
            found = sink.query(
                f"SELECT kind, file_name, finished_at, state FROM memoria_imports WHERE id = {self.number}"
            )
        if not found:
            require_in_sight(facts, sink.elsewhere(), self.database)
            raise SnapshotError(f"{self.database} knows no import {self.number}: see list-imports")
        kind, file_name, finished_at, state = found[0]
        if state != "done":
            reason = "is undone already" if state == "undone" else "can no longer be undone: what it takes is not kept"
            raise SnapshotError(f"import {self.number} {reason}")
        return UndoReport(self.number, self.database, kind, file_name, str(finished_at), dry_run=self.dry_run)

    def _tables(self, sink: Sink, facts: dict[str, TableFacts]) -> list[Table]:
        """The tables that the import changed, parents first."""
        changed = {
            name
            for (name,) in sink.query(
                f"SELECT DISTINCT table_name FROM {CHANGES} WHERE import_id = {self.number}"
                " AND action IN ('written', 'removed')"
            )
        }
        if missing := changed - facts.keys():
            raise DatabaseFailure(f"{self.database} has no table {min(missing)} any more; nothing was changed")
        return [table for table in TABLES if table.name in changed]

    def _plan(self, sink: Sink, facts: dict[str, TableFacts], tables: list[Table], report: UndoReport) -> None:
        for table in tables:
            counts = report.tables[table.name] = TableUndo()
            ((counts.delete,),) = sink.query(
                f'SELECT count(*) FROM "{table.name}" t WHERE t."{table.key.name}" IN ({self._changes.deleted(table)})'
            )
            ((counts.restore,),) = sink.query(f"SELECT count(*) FROM {self._changes.of(table, 'removed')}")
            self._find_changed(sink, table, self._as_noted(sink, table, facts[table.name]), report)
        self._find_referring(sink, facts, tables, report)
        report.refused = bool(report.changed) and not self.force
        if report.refused and not self.dry_run:
            count = sum(counts.changed for counts in report.tables.values())
            changed, first = f"{counted(count, 'row')} changed since import {self.number}", report.changed[0]
            hint = f"(nothing was changed; {Remedy.FORCE_UNDO} takes them back all the same)"
            raise UndoRefused(
                f"{changed}, such as {first.table} {first.key!r}: {first.reason} {hint}",
                report,
                without_rows=f"{changed} {hint}",
            )

    def _as_noted(self, sink: Sink, table: Table, facts: TableFacts) -> TableFacts:
        """The table with the columns that it had when it was imported, as far as it has them; older notes lack them."""
        noted = sink.query(f"SELECT c.row FROM {self._changes.of(table, COLUMNS)}")
        names = json.loads(noted[0][0]) if noted else list(facts.columns)
        return replace(facts, columns={name: facts.columns[name] for name in names if name in facts.columns})

    def _find_changed(self, sink: Sink, table: Table, facts: TableFacts, report: UndoReport) -> None:
        key, digest = self._changes.key(table), sink.digest(facts)
        join = f'LEFT JOIN "{table.name}" t ON t."{table.key.name}" = {key}'
        there = f't."{table.key.name}"'
        written = f"FROM {CHANGES} c {join} WHERE {self._changes.where('c', table, 'written')}"
        removed, rewritten = (f"SELECT c.key FROM {self._changes.of(table, what)}" for what in ("removed", "written"))
        only = f"{removed} EXCEPT {rewritten}"
        for reason, query in (
            ("was changed since", f"{written} AND {there} IS NOT NULL AND {digest} <> c.digest"),
            ("was deleted since", f"{written} AND {there} IS NULL"),
            (
                "was added since",
                f"FROM {CHANGES} c {join} WHERE {self._changes.where('c', table, 'removed')} AND {there} IS NOT NULL"
                f" AND c.key IN ({only})",
            ),
        ):
            ((count,),) = sink.query(f"SELECT count(*) {query}")
            report.tables[table.name].changed += count
            room = ISSUES_SHOWN - len(report.changed)
            if count and room > 0:
                rows = sink.query(f"SELECT c.key {query} ORDER BY c.key LIMIT {room}")
                report.changed += [ChangedRow(table.name, str(key), reason) for (key,) in rows]

    def _find_referring(
        self, sink: Sink, facts: dict[str, TableFacts], tables: list[Table], report: UndoReport
    ) -> None:
        """Rows that the import did not write refer to rows that would be deleted: they would be lost, or left alone."""
        by_name = {table.name: table for table in tables}
        noted = sink.query(f"SELECT row FROM {CHANGES} WHERE import_id = {self.number} AND action = '{HELD}'")
        before = json.loads(noted[0][0]) if noted else {}
        for reference in referring(facts, by_name):
            ((count, example),) = sink.query(self._changes.referring(reference, by_name))
            count -= before.get(reference.name, 0)
            if count > 0:
                refer = (
                    f"{counted(count, 'row')} of {reference.table} that the import did not write refer to rows of"
                    f" {reference.target} that it did"
                )
                way_out = "delete or change them first; nothing was changed"
                raise DatabaseFailure(f"{refer}, such as {example!r}: {way_out}", without_rows=f"{refer}: {way_out}")

    def _apply(self, sink: Sink, facts: dict[str, TableFacts], tables: list[Table], report: UndoReport) -> None:
        again = UndoReport(self.number, self.database)
        self._plan(sink, facts, tables, again)
        if (again.tables, again.changed) != (report.tables, report.changed):
            raise DatabaseBusy("the rows of the import changed since they were compared; run undo-import again")
        before = {table.name: sink.count(table.name) for table in tables}
        missing = {table.name: self._missing(sink, table) for table in tables}
        orphans = {table.name: sink.orphans(table) for table in tables}
        for table in tables:
            wanted = report.tables[table.name].restore
            done = sink.restore(self.number, table, self._as_noted(sink, table, facts[table.name]))
            if done != wanted:
                raise WriteCancelled(table.name, "restored", done, wanted, facts[table.name].triggers)
        for table in reversed(tables):
            wanted = report.tables[table.name].delete
            deleted = sink.delete(table, f't."{table.key.name}" IN ({self._changes.deleted(table)})')
            if deleted != wanted:
                raise WriteCancelled(table.name, "deleted", deleted, wanted, facts[table.name].triggers)
            if sink.count(table.name) != before[table.name] + missing[table.name] - deleted:
                raise DatabaseFailure(f"{table.name} would not hold the rows that it had; nothing was changed")
        sink.finish(tables, {}, replace=False)
        if any(sink.orphans(table) > orphans[table.name] for table in tables):
            raise DatabaseFailure("rows would refer to rows that are not there; nothing was changed")
        sink.query(f"DELETE FROM {CHANGES} WHERE import_id = {self.number}")
        sink.query(f"UPDATE memoria_imports SET state = 'undone', undone_at = '{now()}' WHERE id = {self.number}")

    def _missing(self, sink: Sink, table: Table) -> int:
        """Removed rows in whose place there is none."""
        ((count,),) = sink.query(
            f"SELECT count(*) FROM {self._changes.of(table, 'removed')} AND NOT EXISTS {self._changes.there(table)}"
        )
        return int(count)
