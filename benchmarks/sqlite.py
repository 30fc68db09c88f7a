"""SQLite: the databases to measure with, and the cases."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from benchmarks.cases import FORMATS, Case, same, say
from benchmarks.data import COLUMNS, GENERATOR, TABLES, Shape, rows
from benchmarks.measure import run
from benchmarks.project import compare, default_database, manage, migrate, schema_digest

FILL_CACHE_KB = 400_000  # rows arrive in another order than the indexes': they need room


def url(path: Path) -> str:
    """The URL of the SQLite file at an absolute path."""
    return f"sqlite:///{quote(str(path))}"


@dataclass(frozen=True)
class Files:
    """Where the files of one shape are. `small` is the shape that `dumpdata` and `loaddata` work on."""

    folder: Path
    shape: Shape
    small: Shape

    @property
    def runs(self) -> Path:
        """The folder of what the measured commands write."""
        return self.folder / "runs"

    def source(self, shape: Shape | None = None) -> Path:
        chosen = shape or self.shape
        return self.folder / f"source-{name(chosen)}.db"

    @property
    def empty(self) -> Path:
        """A migrated database without rows."""
        return self.folder / f"empty-{schema_digest()}.db"

    @property
    def target(self) -> Path:
        return self.runs / "target.db"

    def snapshot(self, form: str) -> Path:
        return self.runs / f"sqlite-{name(self.shape)}.{form}"

    @property
    def dump(self) -> Path:
        return self.runs / f"sqlite-{name(self.shape)}.sql"


def name(shape: Shape) -> str:
    """What files and databases of this shape are called."""
    return f"{shape.rows}-{shape.seed}{'-sorted' if shape.sorted_ids else ''}"


def fingerprint(shape: Shape) -> str:
    """What a database was made from; one with another fingerprint is made anew."""
    made_from = {"generator": GENERATOR, "schema": schema_digest(), "shape": name(shape)}
    return json.dumps(made_from, sort_keys=True)


def make_databases(files: Files) -> None:
    """Make the databases that are not there yet: an empty one, the large one, the small one."""
    files.runs.mkdir(parents=True, exist_ok=True)
    if not files.empty.exists():
        draft = files.empty.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        migrate(url(draft))
        draft.rename(files.empty)
    for shape in (files.shape, files.small):
        mark = files.source(shape).with_suffix(".json")
        if not mark.exists() or mark.read_text() != fingerprint(shape):
            say(f"generating {shape.rows:,} long-term memories and what belongs to them in SQLite")
            mark.unlink(missing_ok=True)
            shutil.copyfile(files.empty, files.source(shape))
            fill(files.source(shape), shape)
            mark.write_text(fingerprint(shape))


def fill(database: Path, shape: Shape) -> None:
    """Insert the generated rows by plain SQL in one transaction. Not durable: a cut run is made anew."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA cache_size = -{FILL_CACHE_KB}")
        for table in TABLES:
            columns = ", ".join(f'"{column}"' for column in COLUMNS[table])
            marks = ", ".join("?" for _ in COLUMNS[table])
            connection.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', rows(shape, table))


def contents(database: Path) -> tuple[dict[str, int], list[str]]:
    """Rows per table, and the names of the indexes on the five tables."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        counts = {table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in TABLES}
        schema = connection.execute("SELECT type, name, tbl_name FROM sqlite_schema ORDER BY name")
        return counts, [name for kind, name, table in schema if kind == "index" and table in TABLES]


def out_cases(files: Files) -> list[Case]:
    """Rows leave an SQLite database."""
    source = files.source()
    ours = [
        Case(
            f"sqlite export {form}",
            manage("export-data", str(files.snapshot(form)), "--database-url", url(source)),
            ours=True,
        )
        for form in FORMATS
    ]
    return [
        *ours,
        Case("sqlite .dump", ("sqlite3", str(source), ".dump"), stdout=files.dump),
        *dumpdata_cases("sqlite", files.runs, url(files.source(files.small)), url(files.empty)),
    ]


def dumpdata_cases(engine: str, folder: Path, small: str, empty: str) -> list[Case]:
    """Django's own way out, of the small database and, to know what it costs to start, of an empty one."""
    return [
        Case(
            f"{engine} dumpdata {size}",
            manage("dumpdata", "memoria", "--output", str(folder / f"{engine}-dumpdata-{size}.json")),
            environment=default_database(database),
        )
        for size, database in (("small", small), ("empty", empty))
    ]


def in_cases(files: Files) -> list[Case]:
    """Rows enter an SQLite database."""
    import_data = [import_case(files, form, dry_run=False) for form in FORMATS]
    dry_runs = [import_case(files, form, dry_run=True) for form in FORMATS]
    return [*import_data, restore_case(files), *dry_runs, *loaddata_cases(files)]


def empty_target(files: Files) -> None:
    remove_target(files)
    shutil.copyfile(files.empty, files.target)


def remove_target(files: Files) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):
        Path(f"{files.target}{suffix}").unlink(missing_ok=True)


def holds(files: Files, shape: Shape) -> None:
    """Raise `Unproven` unless the target has the rows of the shape and the indexes of a migrated database."""
    counts, indexes = contents(files.target)
    same(counts, shape.counts, "rows in the target")
    same(indexes, contents(files.empty)[1], "indexes in the target")


def import_case(files: Files, form: str, *, dry_run: bool) -> Case:
    options = ("--dry-run",) if dry_run else ()
    arguments = (str(files.snapshot(form)), "--no-input", "--database-url", url(files.target), *options)

    def check() -> None:
        if dry_run:
            same(contents(files.target), contents(files.empty), "the target after a dry run")
        else:
            holds(files, files.shape)
            compare(url(files.source()), url(files.target))

    return Case(
        f"sqlite {'dry run' if dry_run else 'import'} {form}",
        manage("import-data", *arguments),
        prepare=partial(empty_target, files),
        check=check,
        clean=partial(remove_target, files),
        ours=True,
    )


def restore_case(files: Files) -> Case:
    """The dump makes its tables and indexes itself, in a new file, in one transaction."""
    return Case(
        "sqlite restore",
        ("sqlite3", str(files.target)),
        stdin=files.dump,
        prepare=partial(remove_target, files),
        check=partial(holds, files, files.shape),
        clean=partial(remove_target, files),
    )


def loaddata_cases(files: Files) -> list[Case]:
    """Django's own way in, of what `dumpdata_cases` wrote."""
    return [
        Case(
            f"sqlite loaddata {size}",
            manage("loaddata", str(files.runs / f"sqlite-dumpdata-{size}.json")),
            environment=default_database(url(files.target)),
            prepare=partial(empty_target, files),
            check=partial(holds, files, shape),
            clean=partial(remove_target, files),
        )
        for size, shape in (("small", files.small), ("empty", Shape(0)))
    ]


def program_version() -> str | None:
    """The version of the `sqlite3` program, or None if there is none."""
    if shutil.which("sqlite3") is None:
        return None
    return run(("sqlite3", "--version")).split()[0]
