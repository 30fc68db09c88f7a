"""A report as a person reads it, on stderr: stdout is for data."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from typing import TextIO

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from memoria.console.words import in_options
from memoria.snapshot import OUTCOMES
from memoria.snapshot.report import Issue, LeftOut, MergeReport, Report, TableReport
from memoria.text import counted, size, visible

_ISSUES_PRINTED = 20
_LINES_PRINTED = 3


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # the caller's to judge; Rich would end the program


def console(stream: TextIO | None = None) -> Console:
    """Writes to stderr unless told otherwise; plain text of any width where that is no terminal."""
    stream = stream or sys.stderr
    terminal = stream.isatty()
    return _Console(file=stream, width=None if terminal else 200, highlight=False, soft_wrap=not terminal)


def print_report(report: Report) -> None:
    out = console()
    if report.merge:
        _print_merge(report.merge, out)
    elif not report.refused and any(table.rows or table.deleted for table in report.tables.values()):
        out.print(_table(report))
    for sentence in _notes(report):
        out.print(Text(visible(in_options(sentence))))
    for line in _issues(report) if report.issue_count > 1 or report.skipped else ():
        out.print(Text(visible(in_options(line))))
    out.print(Text(visible(_last_line(report))))


def _table(report: Report) -> Table:
    importing = report.operation == "import"
    headings = ["rows", "inserted", "deleted", "skipped"] if importing else ["rows", "skipped"]
    if not report.dry_run:
        headings.append("seconds to write" if importing else "seconds to read")
    table = headed("table", *headings, right=headings)
    for name, counts in report.tables.items():
        if _is_empty(counts):
            continue
        moved = [counts.inserted, counts.deleted] if importing else []
        cells = [f"{number:,}" for number in (counts.rows, *moved, counts.skipped)]
        table.add_row(Text(visible(name)), *cells, *([_seconds(counts.seconds)] if not report.dry_run else []))
    return table


def _seconds(seconds: float) -> str:
    return "<0.01" if 0 < seconds < 0.005 else f"{seconds:.2f}"


def _print_merge(parts: Sequence[MergeReport], out: Console) -> None:
    """A table; where that is too wide, one without the columns that are all zero; else in words. Nothing is cut."""
    used = [action for action in OUTCOMES if any(getattr(part, action) for part in parts)]
    for actions in (OUTCOMES, used):
        table = _merge_table(parts, actions)
        if Measurement.get(out, out.options.update(max_width=1000), table).maximum <= out.width:
            out.print(table)
            return
    for part in parts:
        figures = ", ".join(f"{count:,} {_heading(action)}" for action in used if (count := getattr(part, action)))
        place = ", ".join(filter(None, (part.table, _namespace(part))))
        out.print(Text(visible(f"{place}: {counted(part.rows, 'row')}: {figures or 'nothing to do'}.")))


def headed(*headings: str, right: Collection[str]) -> Table:
    """A table without lines; the columns under `right`, of figures, end at their right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, justify="right" if heading in right else "left")
    return table


def _merge_table(parts: Sequence[MergeReport], actions: Sequence[str]) -> Table:
    """One line for each table and pair of namespaces."""
    figures = ["rows", *map(_heading, actions)]
    table = headed("table", "namespace", *figures, right=figures)
    for part in parts:
        counts = (f"{getattr(part, action):,}" for action in ("rows", *actions))
        table.add_row(Text(visible(part.table)), Text(visible(_namespace(part))), *counts)
    return table


def _heading(action: str) -> str:
    return action.replace("_", " ")


def _namespace(part: MergeReport) -> str:
    return part.source if part.source == part.target else f"{part.source} -> {part.target}"


def _is_empty(counts: TableReport) -> bool:
    return not (counts.rows or counts.deleted or counts.skipped)


def _notes(report: Report) -> list[str]:
    notes = list(report.notes)
    if empty := sum(map(_is_empty, report.tables.values())):
        notes.insert(0, f"{counted(empty, 'table')} without rows.")
    would = "would be " if report.dry_run or report.refused else ""
    for name, counts in report.tables.items():
        for column, count in counts.defaulted.items():
            notes.append(f"{name}.{column}: missing in {counted(count, 'row')}, {would}filled with its default.")
        for column, count in counts.nulled.items():
            notes.append(
                f"{name}.{column}: {counted(count, 'reference')} {would}set to NULL, because the target is not there."
            )
        for column, count in counts.rounded.items():
            notes.append(
                f"{name}.{column}: {counted(count, 'value')} {would}rounded to the 4-byte floats of the target."
            )
        for column, count in counts.ignored.items():
            notes.append(f"{name}.{column}: unknown; {would}left out of {counted(count, 'row')}.")
        for column, count in counts.differing.items():
            notes.append(f"{name}.{column}: another value than in {counted(count, 'row')} of the database.")
    if report.omissions:
        listed = ", ".join(_stays(report.omissions))
        if empty := sum(not one.count and not one.column for one in report.omissions):
            listed += f"{' and ' if listed else ''}{counted(empty, 'table')} without rows"
        notes.append(f"Not in this {'snapshot' if report.operation == 'export' else 'import'}: {listed}.")
    return notes


def _stays(omissions: Sequence[LeftOut]) -> Iterator[str]:
    """Edges that lead to other memories are among the rows of their table."""
    crossing = {one.table: one for one in omissions if one.crossing and not one.column}
    for one in omissions:
        if one.count and crossing.get(one.table) is not one:
            edges = crossing.get(one.name)
            of_these = f", of these {edges.count:,} {edges.crossing}" if edges and edges.count else ""
            yield f"{one.name} ({counted(one.count, 'row')}{of_these})"


def _issues(report: Report) -> Iterator[str]:
    """A line for each, or for all rows of a table that have the same to complain of; first what concerns more than
    rows."""
    place = report.database if report.operation == "export" else report.file.name
    alike: dict[tuple[str, str], list[Issue]] = {}
    for issue in sorted(report.issues, key=lambda issue: issue.kind == "invalid"):
        alike.setdefault((issue.table, issue.reason), []).append(issue)
    printed = list(alike.values())[:_ISSUES_PRINTED]
    for issues in printed:
        first = issues[0].sentence(place)
        more = f" (so in {counted(len(issues), 'row')}{_lines(issues)})" if len(issues) > 1 else ""
        yield f"  {first[:-1]}{more}."
    if rest := report.issue_count - sum(map(len, printed)):
        yield f"  … and {rest:,} more (--report FILE keeps the first 100)"


def _lines(issues: Sequence[Issue]) -> str:
    lines = [str(issue.line) for issue in issues if issue.line]
    return f": lines {', '.join(lines[:_LINES_PRINTED])}{' …' if lines[_LINES_PRINTED:] else ''}" if lines else ""


def _last_line(report: Report) -> str:
    facts = f"{size(report.file.size)}, sha256 {report.file.sha256}"
    if report.operation == "export":
        name = report.file.name if report.file.name != "<stdout>" else "stdout"
        if not report.file.sha256:
            return f"No snapshot of {report.database} was written."
        rows = counted(report.rows, "row")
        return f"Exported {rows} of {report.database} to {name} in {report.seconds:.1f} s ({facts})."
    inserted = counted(sum(table.inserted + table.overwritten for table in report.tables.values()), "row")
    deleted = sum(table.deleted for table in report.tables.values())
    replaced = f", replacing {deleted:,}" if deleted else ""
    if report.refused:
        return f"Read {report.file.name} ({facts})."
    if report.merge and not any(part.insert or part.overwrite for part in report.merge):
        there = all(part.rows == part.identical + part.duplicate for part in report.merge)
        why = "every row is there already" if there else "no row is new"
        return f"{'Dry run: n' if report.dry_run else 'N'}othing to import into {report.database}: {why} ({facts})."
    if report.dry_run:
        return f"Dry run: {inserted} would be imported into {report.database}{replaced}; nothing was changed ({facts})."
    undo = "" if report.import_id is None else f" This is import {report.import_id}: undo-import takes it back."
    comma = "," if replaced else ""
    return f"Imported {inserted} into {report.database}{replaced}{comma} in {report.seconds:.1f} s ({facts}).{undo}"
