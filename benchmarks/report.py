"""The outcome as tables on a terminal, as JSON and as Markdown."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.cases import Result, Results
from benchmarks.goals import Goal, Outcome
from benchmarks.tables import ROWS

CASE_COLUMNS = ("command", "median s", "fastest s", "slowest s", "peak MB", "own peak MB", "runs")
GOAL_COLUMNS = ("goal", "limit", "measured", "met", "")
WIDTH = 140  # of the tables where stdout is no terminal
FRACTION_BELOW = 10.0  # figures below it are shown with two digits after the point

METHOD = """\
Every command ran as a process of its own, from its start to its end; the commands of a group took turns,
and the figure is the median. Before each run everything was written out to the disk (`sync`, before a way
into PostgreSQL also `CHECKPOINT`); page caches were left as they were. *Peak* is the largest resident
memory of one process of the command (`ru_maxrss`; below some 8 MB it cannot be told), *own peak* that of
its first process alone, both in MB of 10^6 bytes; the PostgreSQL server is in neither. An export ends
with a file that is flushed to the disk and a sha256 over it; `sqlite3 .dump` does neither. `pg_dump`
takes the five tables and the three, without rows, that they refer to. `pg_restore -1` and `sqlite3 <`
make the tables and the same indexes from a dump that is not compressed (`-Fc -Z0`), in one transaction;
an import goes into a migrated database. After the first run of each way in the rows were counted, the
indexes compared, and, after an import, `compare-data` had to find source and target equal. Snapshots of
one and of two connections had to hold the same bytes but for header and footer."""


def figure(value: float | None, unit: str = "") -> str:
    """A figure with its unit, or a dash where there is none."""
    if value is None:
        return "-"
    digits = 2 if abs(value) < FRACTION_BELOW else 1
    return f"{value:,.{digits}f}{' ' if unit else ''}{unit}"


def tell(what: str, measured: float, limit: float, more: str = "") -> None:
    """One line for a figure that must not pass its limit."""
    print(f"{what:52}{measured:8.2f}  (at most {limit:g}){'' if measured <= limit else '  NOT MET'}  {more}".rstrip())


def goal_cells(goal: Goal) -> tuple[str, ...]:
    met = {True: "yes", False: "NO", None: "not measured"}[goal.met]
    limit = f"{'≥' if goal.at_least else '≤'} {goal.limit:g} {goal.unit}"
    return goal.title, limit, figure(goal.measured, goal.unit), met, goal.detail


def case_rows(outcome: Outcome) -> list[tuple[str, ...]]:
    """The cells of every case, then of those on more rows, then what was scaled."""
    found = cells_of(outcome.results, outcome.shape.rows, outcome.small.rows)
    found += cells_of(outcome.scaled, outcome.shape.rows * outcome.scale, outcome.small.rows)
    found += [case_cells(f"{name}, memories", result) for name, result in outcome.memories.items()]
    found += [case_cells(f"{name}, every table with {ROWS:,} rows", result) for name, result in outcome.tables.items()]
    for engine in ("sqlite", "postgresql"):
        for tool in ("dumpdata", "loaddata"):
            seconds = outcome.scaled_seconds(f"{engine} {tool}")
            if seconds is not None:
                title = f"{engine} {tool}, scaled to {outcome.shape.rows:,} rows"
                found.append((title, figure(seconds), "", "", "", "", ""))
    return found


def cells_of(results: Results, rows: int, small: int) -> list[tuple[str, ...]]:
    return [case_cells(title(name, rows, small), result) for name, result in results.items()]


def title(name: str, rows: int, small: int) -> str:
    """A case's name with the number of its long-term memories."""
    tool, _, size = name.rpartition(" ")
    if size == "empty":
        return f"{tool}, no rows"
    return f"{tool}, {small:,} rows" if size == "small" else f"{name}, {rows:,} rows"


def case_cells(name: str, result: Result) -> tuple[str, ...]:
    if result.failure is not None:
        return name, "FAILED", "", "", "", "", ""
    times = [run.seconds for run in result.runs]
    seconds = (figure(result.seconds), figure(min(times)), figure(max(times)))
    own = figure(result.own_peak_mb or None)
    return name, *seconds, figure(result.tree_peak_mb), own, str(len(times))


def show(outcome: Outcome, goals: Sequence[Goal], machine: Mapping[str, str]) -> None:
    """Print the tables to stdout."""
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    for name, value in machine.items():
        console.print(f"{name}: {value}", highlight=False)
    cases = Table(*CASE_COLUMNS, title="What was measured")
    for cells in case_rows(outcome):
        cases.add_row(*cells)
    promises = Table(*GOAL_COLUMNS, title="Goals")
    for goal in goals:
        style = {True: "green", False: "red", None: "dim"}[goal.met]
        promises.add_row(*goal_cells(goal), style=style)
    for number, table in ((6, cases), (3, promises)):
        for column in table.columns[1:number]:
            column.justify = "right"
        console.print(table)


def write_json(path: Path, outcome: Outcome, goals: Sequence[Goal], machine: Mapping[str, str]) -> None:
    """Write all runs, not only their medians."""
    report = {
        "machine": machine,
        "rows": outcome.shape.counts,
        "seed": outcome.shape.seed,
        "sorted_ids": outcome.shape.sorted_ids,
        "small_rows": outcome.small.counts,
        "scale": outcome.scale,
        "cases": {name: case_record(result) for name, result in outcome.results.items()},
        "memories_cases": {name: case_record(result) for name, result in outcome.memories.items()},
        "tables_cases": {name: case_record(result) for name, result in outcome.tables.items()},
        "scaled_cases": {name: case_record(result) for name, result in outcome.scaled.items()},
        "goals": [{**asdict(goal), "met": goal.met} for goal in goals],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def case_record(result: Result) -> dict[str, object]:
    median = result.seconds if result.runs else None
    return {"seconds": median, "failure": result.failure, "runs": [asdict(run) for run in result.runs]}


def write_markdown(path: Path, outcome: Outcome, goals: Sequence[Goal], machine: Mapping[str, str]) -> None:
    """Write what docs/benchmarks.md shows of a run."""
    counts = ", ".join(f"{count:,} {table}" for table, count in outcome.shape.counts.items())
    order = "in the order of their ids" if outcome.shape.sorted_ids else "in another order than their ids"
    parts = [
        "\n".join(f"- {name}: {value}" for name, value in machine.items()),
        f"Rows: {counts}, inserted {order}; seed {outcome.shape.seed}.",
        markdown_table(GOAL_COLUMNS, map(goal_cells, goals), left={0, 4}),
        markdown_table(CASE_COLUMNS, case_rows(outcome), left={0}),
        METHOD,
        f"`dumpdata` and `loaddata` ran on {outcome.small.rows:,} long-term memories and what belongs to"
        " them,\nand on none; *scaled* adds to the time without rows the rest in proportion to the rows.",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]], left: set[int]) -> str:
    """A Markdown table; the columns at the positions `left` are flush left, the others right."""
    rule = ["---" if position in left else "---:" for position in range(len(heads))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))
