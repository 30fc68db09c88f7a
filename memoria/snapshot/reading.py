"""Reads the file for every way into a database, row by row, and tells what it says of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

from memoria.snapshot import formats
from memoria.snapshot.errors import FileFailure, InvalidRows, InvalidSnapshot
from memoria.snapshot.files import InputFile
from memoria.snapshot.formats import RawRow, Reader
from memoria.snapshot.progress import Progress
from memoria.snapshot.remedy import Remedy
from memoria.snapshot.report import FileReport, Issue, LeftOut, Report
from memoria.snapshot.rows.decoder import RowDecoder
from memoria.snapshot.schema.facts import Table, TableFacts
from memoria.text import counted

_ROWS_AT_ONCE = 1000
"""Rows between two signs of progress."""
Numbered = tuple[int, RawRow]
"""A row and its place in the file."""
_CHANGED = "the file changed while it was imported; nothing was changed"


class Plan(Protocol):
    """What looks at each row before anything is written."""

    report: Report

    @property
    def decoders(self) -> Mapping[str, RowDecoder]: ...
    def take(self, number: int, row: RawRow) -> None: ...
    def pass_by(self, number: int, row: RawRow) -> None: ...


@dataclass(slots=True)
class Reading:
    """A snapshot that may be read more than once."""

    file: InputFile
    format: str | None
    allow_edited: bool
    progress: Progress

    def reader(self) -> Reader:
        chunks = self.file.chunks(lambda size: self.progress.advance(size=size))
        return formats.read(chunks, self.format, allow_edited=self.allow_edited)

    def again(self) -> Reader:
        """For a rehearsal of what was planned."""
        self.progress.stage("Rehearsing", size=self.file.size)
        return self.reader()

    def plan(self, plan: Plan) -> tuple[Reader, Counter[str]]:
        """Show every row to the plan. Returns the reader at its end, and the rows of tables that it does not take."""
        self.progress.stage("Checking", size=self.file.size)
        others: Counter[str] = Counter()
        try:
            reader = self.reader()
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
        self.progress.stage("Planning")
        return reader, others

    def describe(self, reader: Reader, report: Report) -> None:
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
            report.note(f"The file was edited after its export; accepted because of {Remedy.ALLOW_EDITED}.")


def held(reader: Reader) -> set[str]:
    """The tables that a file holds, also with no rows."""
    assert reader.header is not None
    promised = reader.footer.counts if reader.footer else reader.header.counts or {}
    return promised.keys() | reader.counts.keys()


def count_rows(carried: Sequence[Table], facts: Mapping[str, TableFacts], reader: Reader, report: Report) -> None:
    """The rows of each table that the file carries, and the triggers that act on them, into the report."""
    for table in carried:
        report.table(table.name).rows = reader.counts.get(table.name, 0)
        if table.name in facts and facts[table.name].triggers:
            report.note(
                f"{table.name} has triggers of its own ({', '.join(facts[table.name].triggers)}),"
                " which may change rows as they are written."
            )


def missing_tables(
    carried: Sequence[Table], facts: Mapping[str, TableFacts], elsewhere: Mapping[str, str], report: Report
) -> None:
    """Tables of the file that the target lacks: an issue, if there are rows for them."""
    for table in carried:
        if table.name not in facts:
            _missing_table(table, elsewhere.get(table.name, ""), report)


def _missing_table(table: Table, elsewhere: str, report: Report) -> None:
    rows = report.table(table.name).rows
    if rows:
        here = f"{report.database} has no such table for the {counted(rows, 'row')} of the file"
        reason = f"in {report.database} it {elsewhere}" if elsewhere else f"{here}: {Remedy.CREATE_TABLES} creates it"
        report.add(Issue(table.name, reason, kind="missing"))
    else:
        report.note(f"{report.database} has no table {table.name}; the file holds no rows for it.")


def other_rows(others: Mapping[str, int], known: set[str], report: Report, *, ignore_unknown: bool) -> None:
    """Rows of tables that are unknown, or not chosen."""
    for name, count in sorted(others.items()):
        report.omissions.append(LeftOut(name, count))
        if name in known:
            continue
        if ignore_unknown:
            counts = report.table(name)
            counts.rows = counts.skipped = count
        else:
            reason = (
                f"no snapshot table of this program; leave out its {counted(count, 'row')} with {Remedy.IGNORE_UNKNOWN}"
            )
            report.add(Issue(name, reason, kind="unknown"))


def require_valid(report: Report, *, skip_invalid: bool) -> None:
    """Raises InvalidRows unless there is nothing to complain of, or only rows that may be left out."""
    fatal = [issue for issue in report.issues if issue.kind != "invalid"]
    if not report.issue_count or (skip_invalid and not fatal):
        return
    report.refused = True
    first = (fatal or report.issues)[0].sentence(report.file.name)
    rows = f"{counted(report.issue_count, 'issue')}; nothing was changed"
    hint = "" if fatal or skip_invalid else f", and {Remedy.SKIP_INVALID} leaves such rows out"
    several = f"{report.file.name}: {rows}{hint}" if report.issue_count > 1 else ""
    raise InvalidRows(f"{first} ({rows}{hint})", report, counted=several, without_rows=_without_rows(report, rows))


def _without_rows(report: Report, rows: str) -> str:
    """What is wrong, where nothing may be told of a row."""
    if of_table := next((issue for issue in report.issues if issue.is_of_table), None):
        return f"{of_table.sentence(report.file.name)} ({rows})"
    hint = "" if any(issue.kind != "invalid" for issue in report.issues) else "; such rows can be left out on request"
    return f"{counted(report.issue_count, 'row')} cannot be imported like this (nothing was changed{hint})"


def note_fits(decoders: Mapping[str, RowDecoder], report: Report) -> None:
    """What had to be done to fit the rows, from the decoders into the report."""
    for name, decoder in decoders.items():
        counts = report.tables.get(name)
        if counts is not None:
            counts.defaulted = {column: n for column, n in decoder.defaulted.items() if n}
            counts.rounded = dict(decoder.rounded)
            counts.ignored = dict(decoder.ignored)
        if decoder.bare_numbers:
            report.note(f"{name}: {decoder.bare_numbers:,} bare NaN or Infinity, read as text.")
        if decoder.negative_zeros:
            report.note(f"{name}: {decoder.negative_zeros:,} times -0.0, which the target keeps as 0.0.")


def runs(
    reader: Reader,
    digest: str,
    tables: Container[str],
    skips: Callable[[str, int], bool] = lambda table, number: False,
) -> Iterator[tuple[str, Iterator[Numbered]]]:
    """The rows of some tables, as they stand in a file that was planned: a table and its rows, each with its number.

    Raises FileFailure, behind the last row at the latest, if it is not the file of that digest any more.
    """
    rows = (
        (number, row)
        for number, row in enumerate(_unchanged(reader))
        if row.table in tables and not skips(row.table, number)
    )
    yield from groupby(rows, key=lambda numbered: numbered[1].table)
    if digest != reader.digest:
        raise FileFailure(_CHANGED)


def _unchanged(reader: Reader) -> Iterator[RawRow]:
    """The rows of a file that was whole when it was planned."""
    try:
        yield from reader
    except InvalidSnapshot:
        raise FileFailure(_CHANGED) from None


def advancing(rows: Iterator[list[Any]], progress: Progress) -> Iterator[list[Any]]:
    """The rows, telling `progress` of them now and then."""
    for number, row in enumerate(rows, 1):
        if number % _ROWS_AT_ONCE == 0:
            progress.advance(rows=_ROWS_AT_ONCE)
        yield row
