"""A comparison as a person reads it, on stdout: it is what the command was asked for."""

from __future__ import annotations

import sys

from rich.text import Text

from memoria.console.render import console, headed
from memoria.snapshot import Comparison, TableComparison
from memoria.text import counted, visible


def print_comparison(result: Comparison) -> None:
    out = console(sys.stdout)
    headings = ("same", "only in A", "only in B", "different")
    table = headed("table", *headings, right=headings)
    for name, counts in result.tables.items():
        figures = (counts.same, counts.only_a, counts.only_b, counts.different)
        if any(figures):
            table.add_row(name, *(f"{figure:,}" for figure in figures))
    if table.row_count:
        out.print(table)
    if empty := len(result.tables) - table.row_count:
        out.print(f"{counted(empty, 'table')} without rows on either side.")
    for name, counts in result.tables.items():
        for line in _examples(counts):
            out.print(Text(visible(f"  {name} {line}")))
    if zeros := sum(counts.signs_of_zeros for counts in result.tables.values()):
        differ = "differs" if zeros == 1 else "differ"
        reason = "SQLite and columns of jsonb keep no -0.0"
        out.print(f"{counted(zeros, 'row')} {differ} in nothing but the sign of a zero: {reason}.")
    if result.not_compared:
        listed = ", ".join(f"{name} ({counted(count, 'row')})" for name, count in result.not_compared.items())
        out.print(Text(visible(f"Not compared: {listed}.")))
    for side in result.edited:
        out.print(Text(visible(f"{side} was edited after its export.")))
    rows = sum(counts.same for counts in result.tables.values())
    verdict = f"Equal: {counted(rows, 'row')}." if result.equal else "Different."
    for letter, side in (("A", result.a), ("B", result.b)):
        out.print(Text(visible(f"{letter}: {side}")))
    out.print(verdict)


def _examples(counts: TableComparison) -> list[str]:
    return [
        *(f"{key!r}: only in A" for key in counts.first_only_a),
        *(f"{key!r}: only in B" for key in counts.first_only_b),
        *(f"{d.key!r}: different in {', '.join(d.columns)}" for d in counts.first_different),
    ]
