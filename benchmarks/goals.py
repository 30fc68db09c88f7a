"""What the project promises about speed and memory, and what was measured of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from benchmarks.cases import FORMATS, Results
from benchmarks.data import Shape
from benchmarks.tables import ROWS

PEAK_LIMIT_MB = 150.0  # of 10^6 bytes
FORMAT_NAMES = {"ndjson": "NDJSON", "json": "JSON"}


@dataclass(frozen=True)
class Goal:
    """One promise. `measured` is None where the cases it needs were not run; `unit` is x (a ratio) or MB."""

    title: str
    limit: float
    measured: float | None
    unit: str = "x"
    at_least: bool = False
    detail: str = ""

    @property
    def met(self) -> bool | None:
        if self.measured is None:
            return None
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


@dataclass
class Outcome:
    """All that was measured. `scaled` are the same cases on `scale` times the rows, where asked for."""

    shape: Shape
    small: Shape
    scale: int
    lz4: bool | None = None
    results: Results = field(default_factory=dict)
    scaled: Results = field(default_factory=dict)
    tables: Results = field(default_factory=dict)
    """Those of many small tables."""
    memories: Results = field(default_factory=dict)
    """Those of merges, and of exports of one namespace."""

    def seconds(self, name: str) -> float | None:
        """The median of a case; that of `dumpdata` and `loaddata` is scaled to all rows."""
        if name.endswith((" dumpdata", " loaddata")):
            return self.scaled_seconds(name)
        result = self.results.get(name)
        return result.seconds if result and result.runs else None

    def scaled_seconds(self, name: str) -> float | None:
        """What a command takes for all rows: its time without any, and the rest in proportion to them."""
        small, empty = self.seconds(f"{name} small"), self.seconds(f"{name} empty")
        if small is None or empty is None:
            return None
        return empty + (small - empty) * self.shape.rows / self.small.rows

    def ratio(self, above: str, below: str) -> float | None:
        """The median time of one case in medians of another."""
        dividend, divisor = self.seconds(above), self.seconds(below)
        return None if dividend is None or divisor is None else dividend / divisor


def goals(outcome: Outcome, engines: Iterable[str]) -> list[Goal]:
    """The table of goals for the engines that were measured."""
    found: list[Goal] = []
    if "sqlite" in engines:
        found += sqlite_goals(outcome)
    if "postgresql" in engines:
        found += postgresql_goals(outcome)
    for engine in engines:
        found += tables_goals(outcome, engine)
        found += memories_goals(outcome, engine)
    return found + list(scale_goals(outcome))


def sqlite_goals(outcome: Outcome) -> Iterator[Goal]:
    for form in FORMATS:
        name, export = FORMAT_NAMES[form], f"sqlite export {form}"
        yield Goal(f"SQLite export, {name} / `sqlite3 .dump`", 0.7, outcome.ratio(export, "sqlite .dump"))
        yield dumpdata_goal(outcome, "SQLite", name, export)
    for form in FORMATS:
        name, imported = FORMAT_NAMES[form], f"sqlite import {form}"
        yield Goal(f"SQLite import, {name} / `sqlite3 <` dump", 1.0, outcome.ratio(imported, "sqlite restore"))
        yield Goal(f"SQLite dry run, {name} / import", 0.5, outcome.ratio(f"sqlite dry run {form}", imported))
        yield loaddata_goal(outcome, "SQLite", name, imported)


def postgresql_goals(outcome: Outcome) -> Iterator[Goal]:
    for form in FORMATS:
        name, export = FORMAT_NAMES[form], f"postgresql export {form} --jobs"
        for jobs, limit, words in ((1, 1.2, "one connection"), (2, 1.0, "`--jobs 2`")):
            measured = outcome.ratio(f"{export} {jobs}", "postgresql pg_dump")
            yield Goal(f"PostgreSQL export, {name}, {words} / `pg_dump`", limit, measured)
        yield dumpdata_goal(outcome, "PostgreSQL", name, f"{export} 1")
    for form in FORMATS:
        name, imported = FORMAT_NAMES[form], f"postgresql import {form}"
        measured = outcome.ratio(imported, "postgresql pg_restore -1")
        yield Goal(f"PostgreSQL import, {name} / `pg_restore -1`", 1.1, measured)
        if outcome.lz4:
            yield Goal(f"PostgreSQL import, {name} / `pg_restore -1`, server with lz4", 0.7, measured)
        dry_run = outcome.ratio(f"postgresql dry run {form}", imported)
        yield Goal(f"PostgreSQL dry run, {name} / import", 0.25, dry_run)
        yield loaddata_goal(outcome, "PostgreSQL", name, imported)


def tables_goals(outcome: Outcome, engine: str) -> Iterator[Goal]:
    title, out, into = {
        "sqlite": ("SQLite", ".dump", "restore"),
        "postgresql": ("PostgreSQL", "pg_dump", "pg_restore -1"),
    }[engine]
    for ours, reference in (("export", out), ("import", into)):
        found = [outcome.tables.get(f"{engine} {name}") for name in (ours, reference)]
        above, below = (result.seconds if result and result.runs else None for result in found)
        measured = None if above is None or below is None else above / below
        yield Goal(f"{title} {ours}, every table with {ROWS:,} rows / `{reference}`", 1.3, measured)


def memories_goals(outcome: Outcome, engine: str) -> Iterator[Goal]:
    title = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[engine]
    for above, below, limit, words in (
        ("merge", "import", 1.15, "merge into an empty namespace / `import-data`"),
        ("merge identical", "import", 0.5, "merge of what is there already / `import-data`"),
        ("merge --new-ids", "import", 1.4, "merge with `--new-ids` / `import-data`"),
        ("export namespace", "export whole", 0.35, "export of one of four namespaces / whole export"),
        ("merge", "merge --no-undo", 1.2, "merge / `--no-undo`"),
        ("import", "import --no-undo", 1.2, "`import-data` into empty tables / `--no-undo`"),
        ("replace", "replace --no-undo", 1.2, "`import-data` that replaces all rows / `--no-undo`"),
    ):
        found = [outcome.memories.get(f"{engine} {name}") for name in (above, below)]
        dividend, divisor = (result.seconds if result and result.runs else None for result in found)
        measured = None if dividend is None or divisor is None else dividend / divisor
        yield Goal(f"{title}: {words}", limit, measured)


def dumpdata_goal(outcome: Outcome, engine: str, form: str, export: str) -> Goal:
    measured = outcome.ratio(f"{engine.lower()} dumpdata", export)
    return Goal(f"{engine}: `dumpdata` (scaled) / export, {form}", 20.0, measured, at_least=True)


def loaddata_goal(outcome: Outcome, engine: str, form: str, imported: str) -> Goal:
    measured = outcome.ratio(f"{engine.lower()} loaddata", imported)
    return Goal(f"{engine}: `loaddata` (scaled) / import, {form}", 12.0, measured, at_least=True)


def scale_goals(outcome: Outcome) -> Iterator[Goal]:
    """The promises about many rows: of every command the worst figure, and which command it is of."""
    few, many = f"{outcome.shape.rows:,}", f"{outcome.shape.rows * outcome.scale:,}"
    names = [name for name, result in outcome.scaled.items() if result.runs and outcome.results[name].runs]
    peaks = {name: outcome.scaled[name].tree_peak_mb for name in names}
    growth = {name: peaks[name] / outcome.results[name].tree_peak_mb for name in names}
    per_row = {name: outcome.scaled[name].seconds / outcome.scale / outcome.results[name].seconds for name in names}
    for title, limit, unit, figures in (
        (f"peak memory of any command at {many} rows", PEAK_LIMIT_MB, "MB", peaks),
        (f"the same / its peak at {few} rows", 1.10, "x", growth),
        (f"time per row, {many} / {few} rows", 1.15, "x", per_row),
    ):
        measured, worst = max(((figure, name) for name, figure in figures.items()), default=(None, ""))
        yield Goal(title, limit, measured, unit, detail=f"worst: {worst}" if worst else "needs --scale")
