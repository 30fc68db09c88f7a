"""Writes one moment of a database into a file: header, namespaces, rows table by table, footer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria import __version__
from memoria.snapshot import database
from memoria.snapshot.database import Emit, Source
from memoria.snapshot.errors import DatabaseFailure, InvalidRows, SnapshotError
from memoria.snapshot.files import OutputFile
from memoria.snapshot.formats import WRITERS
from memoria.snapshot.formats.header import FORMAT, VERSION
from memoria.snapshot.progress import NoProgress, Progress
from memoria.snapshot.registry import TABLES, columns_in, other_columns, other_tables
from memoria.snapshot.report import FileReport, Issue, Report, counted
from memoria.snapshot.tables import Table, TableFacts, names


@dataclass(slots=True)
class Export:
    """One export: what it reads, where it writes, and what was asked for."""

    file: OutputFile
    connection: BaseDatabaseWrapper
    database: str
    """What messages and the report call the source."""
    tables: Sequence[Table] = TABLES
    format: str = "json"
    skip_invalid: bool = False
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
        present = [table for table in self.tables if table.name in facts]
        if not any(table.name in facts for table in TABLES):
            raise DatabaseFailure(f"{self.database} has no tables yet: create them with `memoria migrate`")
        self._require_chosen(facts)
        carried = [table for table in self.tables if table.name in facts or table.core]
        totals = {table.name: source.count(table.name) for table in present}
        report.left_out = _left_out(source, present, facts, self.tables)
        metadata = self._metadata(source, carried, report)
        writer = WRITERS[self.format](self.file.write)
        writer.start(metadata, _namespaces(source, present, facts))
        self.progress.stage("Exporting", rows=sum(totals.values()))
        for table in carried:
            writer.table(table.name)
            self._table(source, table, facts, writer.rows, report)
        counts = {name: report.tables[name].rows for name in names(carried)}
        writer.finish(counts, self.file.content_sha256)

    def _table(self, source: Source, table: Table, facts: dict[str, TableFacts], write: Emit, report: Report) -> None:
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
            source.rows(table, columns, emit, refuse, jobs=self.jobs)
        counts.seconds = monotonic() - started

    def _metadata(self, source: Source, carried: list[Table], report: Report) -> dict[str, Any]:
        report.file.exported_at = _now()
        return {
            "format": FORMAT,
            "version": VERSION,
            "exported_at": report.file.exported_at,
            "generator": f"memoria {__version__}",
            "database": source.vendor,
            "tables": names(carried),
            "namespaces": None,
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
        raise InvalidRows(
            f"{first} (no file was written because of {counted(report.issue_count, 'row')}: correct them,"
            " or leave them out with --skip-invalid)",
            report,
        )


def _left_out(
    source: Source, present: list[Table], facts: dict[str, TableFacts], chosen: Sequence[Table]
) -> dict[str, int]:
    """`table` -> rows, and `table.column` -> values, of what the database holds and the file will not."""
    left_out = {name: source.count(name) for name in other_tables(facts, chosen)}
    for table in present:
        for column in other_columns(table, facts[table.name]):
            left_out[f"{table.name}.{column}"] = source.count(table.name, column)
    return left_out


def _namespaces(source: Source, present: list[Table], facts: dict[str, TableFacts]) -> dict[str, dict[str, int]]:
    """Namespace -> table -> rows, of the tables that have namespaces, in order of name."""
    found: dict[str, dict[str, int]] = {}
    for table in present:
        if table.has_namespace and "namespace" in facts[table.name].columns:
            for namespace, count in source.namespaces(table.name).items():
                found.setdefault(namespace, {})[table.name] = count
    return dict(sorted(found.items()))


def _now() -> str:
    """This moment, or SOURCE_DATE_EPOCH, with which the same data gives the same bytes."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    except (ValueError, OverflowError, OSError):
        raise SnapshotError(f"SOURCE_DATE_EPOCH is {epoch!r}: write whole seconds since 1970") from None
    return moment.isoformat("T", "microseconds").removesuffix("+00:00") + "Z"
