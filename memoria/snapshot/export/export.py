"""Writes one moment of a database into a file: header, namespaces, rows table by table, footer."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria import __version__
from memoria.snapshot import database
from memoria.snapshot.database import Emit, Source
from memoria.snapshot.errors import DatabaseFailure, InvalidRows, SnapshotError
from memoria.snapshot.export.omissions import left_out
from memoria.snapshot.export.selection import NOTHING, Conditions, Selection, matching
from memoria.snapshot.files import OutputFile
from memoria.snapshot.formats import WRITERS
from memoria.snapshot.formats.header import FORMAT, VERSION
from memoria.snapshot.progress import NoProgress, Progress
from memoria.snapshot.remedy import Remedy
from memoria.snapshot.report import FileReport, Issue, Report
from memoria.snapshot.schema.facts import ALL, Table, TableFacts, names
from memoria.snapshot.schema.fitting import require_fitting
from memoria.snapshot.schema.registry import TABLES, columns_in, require_readable, require_tables
from memoria.snapshot.times import spelled
from memoria.text import counted, is_unicode


@dataclass(slots=True)
class Export:
    """One export: what it reads, where it writes, and what was asked for."""

    file: OutputFile
    connection: BaseDatabaseWrapper
    database: str
    """What messages and the report call the source."""
    tables: Sequence[Table] = TABLES
    selection: Selection | None = None
    """Only these namespaces; its names may be patterns."""
    format: str = "json"
    skip_invalid: bool = False
    told: Collection[str] | None = None
    """Only of these tables the file says what it leaves out; of all where it is None."""
    jobs: int = 1
    """Connections that read at the same time (PostgreSQL); the file is the same with any number."""
    progress: Progress = field(default_factory=NoProgress)

    def run(self) -> Report:
        """Write the file whole and give it its name. Raises SnapshotError, and then there is no file."""
        started = monotonic()
        report = Report("export", self.database, FileReport(self.file.name))
        with database.source(self.connection, self.database) as source:
            self._write(source, report)
        self._require_valid(report)
        self.file.commit()
        report.file = FileReport(
            self.file.name,
            size=self.file.size,
            sha256=self.file.sha256,
            format=self.format,
            compression=self.file.compression,
            exported_at=report.file.exported_at,
        )
        report.seconds = monotonic() - started
        return report

    def _write(self, source: Source, report: Report) -> None:
        facts = source.facts()
        require_readable(facts, source.elsewhere(), self.tables, self.database)
        present = [table for table in self.tables if table.name in facts]
        require_tables(facts, self.database)
        self._require_chosen(facts)
        require_fitting(self.tables if self.selection is None else TABLES, facts)
        selection = self._resolved(source, present, facts)
        conditions = Conditions(selection, facts, source) if selection else None
        where = conditions.of if conditions else {}
        # What was not asked for is not there; there and empty, it would empty the table that it replaces.
        carried = [t for t in self.tables if (t.core or t.name in facts) and where.get(t.name) != NOTHING]
        totals = {table.name: source.count(table.name, where=where.get(table.name, ALL)) for table in present}
        stays = left_out(source, facts, self.tables, conditions, totals)
        report.omissions = [one for one in stays if self.told is None or one.table in self.told]
        metadata = self._metadata(source, carried, selection, report)
        writer = WRITERS[self.format](self.file.write)
        namespaces = _namespaces(source, present, facts, where)
        writer.start(metadata, {name: rows for name, rows in namespaces.items() if is_unicode(name)})
        self.progress.stage("Exporting", rows=sum(totals.values()))
        for table in carried:
            writer.table(table.name)
            self._table(source, table, facts, where.get(table.name, ALL), writer.rows, report)
        counts = {name: report.tables[name].rows for name in names(carried)}
        writer.finish(counts, self.file.content_sha256)

    def _resolved(self, source: Source, present: list[Table], facts: dict[str, TableFacts]) -> Selection | None:
        """The selection with the names of namespaces that the database has, in place of patterns."""
        if self.selection is None:
            return None
        existing: Counter[str] = Counter()
        for namespace, tables in _namespaces(source, present, facts, {}).items():
            existing[namespace] += sum(tables.values())
        return replace(self.selection, namespaces=matching(self.selection.namespaces, existing, self.database))

    def _table(
        self, source: Source, table: Table, facts: dict[str, TableFacts], where: str, write: Emit, report: Report
    ) -> None:
        started = monotonic()
        counts = report.table(table.name)

        def emit(rows: list[bytes]) -> None:
            write(rows)
            counts.rows += len(rows)
            self.progress.advance(rows=len(rows), size=sum(map(len, rows)))

        def refuse(issue: Issue) -> None:
            counts.skipped += 1
            report.add(issue)

        if table.name in facts:
            columns = columns_in(table, facts[table.name])
            source.rows(table, columns, emit, refuse, jobs=self.jobs, where=where)
        counts.seconds = monotonic() - started

    def _metadata(
        self, source: Source, carried: list[Table], selection: Selection | None, report: Report
    ) -> dict[str, Any]:
        report.file.exported_at = _now()
        return {
            "format": FORMAT,
            "version": VERSION,
            "exported_at": report.file.exported_at,
            "generator": f"memoria {__version__}",
            "database": source.dialect.vendor,
            "tables": names(carried),
            "namespaces": list(filter(is_unicode, selection.namespaces)) if selection else None,
            "left_out": report.left_out,
        }

    def _require_chosen(self, facts: dict[str, TableFacts]) -> None:
        """Whoever names tables wants them; without names, an older database has fewer."""
        missing = [table.name for table in self.tables if table.name not in facts and not table.core]
        if missing and len(self.tables) < len(TABLES):
            raise DatabaseFailure(f"{self.database} has no table {' or '.join(missing)}")

    def _require_valid(self, report: Report) -> None:
        if not report.issue_count or self.skip_invalid:
            return
        report.refused = True
        first = report.issues[0].sentence(self.database)
        rows = counted(report.issue_count, "row")
        why = f"no file was written because of {rows}: correct them, or leave them out with {Remedy.SKIP_INVALID}"
        raise InvalidRows(
            f"{first} ({why})", report, counted=f"{self.database}: {why}" if report.issue_count > 1 else ""
        )


def _namespaces(
    source: Source, present: list[Table], facts: dict[str, TableFacts], where: Mapping[str, str]
) -> dict[str, dict[str, int]]:
    """Namespace -> table -> rows, of the tables that have namespaces, in order of name."""
    found: dict[str, dict[str, int]] = {}
    for table in present:
        if table.has_namespace and "namespace" in facts[table.name].columns:
            for namespace, count in source.namespaces(table.name, where=where.get(table.name, ALL)).items():
                found.setdefault(namespace, {})[table.name] = count
    return dict(sorted(found.items()))


def _now() -> str:
    """This moment, or SOURCE_DATE_EPOCH, with which the same data gives the same bytes."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    except (ValueError, OverflowError, OSError):
        raise SnapshotError(f"SOURCE_DATE_EPOCH is {epoch!r}: write whole seconds since 1970") from None
    return spelled(moment)
