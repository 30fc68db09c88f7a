"""The history of imports, and an undo, as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.text import Text

from memoria.console.render import console, headed
from memoria.console.words import in_options
from memoria.snapshot import Imported
from memoria.snapshot.report import UndoReport
from memoria.text import counted, visible

_PRINTED = 20


def print_undo(report: UndoReport) -> None:
    out = console()
    headings = ("delete", "restore", "changed since")
    table = headed("table", *headings, right=headings)
    for name, counts in report.tables.items():
        table.add_row(name, f"{counts.delete:,}", f"{counts.restore:,}", f"{counts.changed:,}")
    if report.tables:
        out.print(table)
    for row in report.changed[:_PRINTED]:
        out.print(Text(visible(in_options(f"  {row.table} {row.key!r} {row.reason}."))))
    changed = sum(counts.changed for counts in report.tables.values())
    if changed > _PRINTED:
        out.print(f"  … and {changed - _PRINTED:,} more (--report FILE keeps the first 100)")
    if report.dry_run or not report.refused:
        out.print(Text(visible(_last_line(report))))


def _last_line(report: UndoReport) -> str:
    deleted = counted(sum(counts.delete for counts in report.tables.values()), "row")
    restored = counted(sum(counts.restore for counts in report.tables.values()), "row")
    what = f"{deleted} deleted and {restored} restored in {report.database}"
    if report.refused:
        changed = counted(sum(counts.changed for counts in report.tables.values()), "row")
        return (
            f"Dry run: undoing import {report.import_id} would be refused, as {changed} changed since; --force takes"
            f" {'it' if changed == '1 row' else 'them'} back all the same: {what}. Nothing was changed."
        )
    if report.dry_run:
        return f"Dry run: {what}, were import {report.import_id} undone; nothing was changed."
    return f"Import {report.import_id} of {report.file_name} is undone: {what} in {report.seconds:.1f} s."


def undo_question(report: UndoReport) -> str:
    """What an undo takes, where, and which file it was that wrote it."""
    deleted = _listed({name: counts.delete for name, counts in report.tables.items()})
    restored = _listed({name: counts.restore for name, counts in report.tables.items()})
    what = " and ".join(filter(None, (deleted and f"deletes {deleted}", restored and f"restores {restored}")))
    done = f"import {report.import_id} of {report.file_name} into {report.database}"
    return f"This takes {done} back: it {what or 'changes no row'}."


def _listed(rows: dict[str, int]) -> str:
    return ", ".join(f"{counted(count, 'row')} of {name}" for name, count in rows.items() if count)


def print_imports(imports: Sequence[Imported], stream: TextIO) -> None:
    out = console(stream)
    table = headed("id", "when (UTC)", "who", "command", "file", "rows", "state", right=("id", "rows"))
    for entry in imports:
        cells = (entry.finished_at[:19].replace("T", " "), entry.user, entry.kind, entry.file_name)
        table.add_row(str(entry.id), *(Text(visible(cell)) for cell in cells), f"{entry.rows:,}", entry.state)
    if imports:
        out.print(table)
    else:
        out.print("No imports are noted.")
