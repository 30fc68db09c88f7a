"""Many small tables: every table of the schema with the same number of rows, where starting and planning weigh more."""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.cases import Case, same, say
from benchmarks.measure import run
from benchmarks.postgresql import Place
from benchmarks.project import NO_DATABASE, ROOT, compare, manage
from benchmarks.sqlite import Files, empty_target, remove_target, url

ROWS = 10_000
MOMENT = "2025-01-02 03:04:05.{:06}"
NAMES = (
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB 'django_*'"
    " AND name NOT GLOB 'auth_*' AND name NOT GLOB 'memoria_*' ORDER BY name"
)


@dataclass(frozen=True)
class Tables:
    """Where the files are. Databases for these cases are made anew each time: it takes a second."""

    files: Files

    @property
    def source(self) -> Path:
        return self.files.folder / "tables.db"

    def written(self, suffix: str) -> Path:
        return self.files.runs / f"tables{suffix}"


def make_database(tables: Tables) -> None:
    """Fill every table of an empty database; row `n` of each refers to row `n` of the tables it depends on."""
    say(f"generating {ROWS:,} rows in every table")
    shutil.copyfile(tables.files.empty, tables.source)
    with closing(sqlite3.connect(tables.source)) as connection, connection:
        for (table,) in connection.execute(NAMES).fetchall():
            columns = connection.execute("SELECT name, type, pk FROM pragma_table_info(?)", (table,)).fetchall()
            foreign = {row[3] for row in connection.execute(f'PRAGMA foreign_key_list("{table}")')}
            listed = ", ".join(f'"{name}"' for name, _, _ in columns)
            marks = ", ".join("?" for _ in columns)
            connection.executemany(f'INSERT INTO "{table}" ({listed}) VALUES ({marks})', rows(columns, foreign))


def rows(columns: Sequence[tuple[str, str, int]], foreign: set[str]) -> Iterator[list[str | int | float]]:
    for number in range(1, ROWS + 1):
        yield [value(name, kind.lower(), number, bool(key) or name in foreign) for name, kind, key in columns]


def value(column: str, kind: str, number: int, is_key: bool) -> str | int | float:
    """Something that the column can hold. Keys of all tables are the same, so that references lead somewhere."""
    if "int" in kind:
        return number
    if "bool" in kind:
        return number % 2
    if "real" in kind or "doub" in kind or "floa" in kind:
        return number % 29 / 7
    if "date" in kind or "time" in kind:
        return MOMENT.format(number)
    if column == "namespace":
        return f"namespace-{number % 4}"
    if is_key or "char" in kind:
        return f"key-{number:06}"
    return f'{{"{column}": "of row {number}"}}'  # JSON, and text as well


def counts(database: Path) -> dict[str, int]:
    with closing(sqlite3.connect(database)) as connection:
        names = [name for (name,) in connection.execute(NAMES)]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def sqlite_cases(tables: Tables) -> list[list[Case]]:
    """Out of SQLite, then into it."""
    source, snapshot, dump = tables.source, tables.written(".ndjson"), tables.written(".sql")
    target = tables.files.target

    def check() -> None:
        same(counts(target), counts(source), "rows in the target")

    out = [
        Case("sqlite export", manage("export-data", str(snapshot), "--database-url", url(source)), ours=True),
        Case("sqlite .dump", ("sqlite3", str(source), ".dump"), stdout=dump),
    ]
    into = [
        Case(
            "sqlite import",
            manage("import-data", str(snapshot), "--database-url", url(target)),
            prepare=partial(empty_target, tables.files),
            check=check,
            clean=partial(remove_target, tables.files),
            ours=True,
        ),
        Case(
            "sqlite restore",
            ("sqlite3", str(target)),
            stdin=dump,
            prepare=partial(remove_target, tables.files),
            check=check,
            clean=partial(remove_target, tables.files),
        ),
    ]
    return [out, into]


def postgresql_cases(tables: Tables, place: Place) -> list[list[Case]]:
    """Out of PostgreSQL, then into it. `pg_dump` takes the whole database: schema and migrations are small."""
    server = place.server
    filled, target = "memoria_bench_tables", server.url(place.target)
    server.drop(filled)
    server.create(filled, template=place.empty)
    source = server.url(filled)
    move = tables.written("-move.ndjson")
    for arguments in (
        ("export-data", str(move), "--database-url", url(tables.source)),
        ("import-data", str(move), "--database-url", source),
    ):
        run(manage(*arguments), environment=NO_DATABASE, directory=ROOT)
    server.checkpoint()
    snapshot, dump = tables.written("-postgresql.ndjson"), tables.written(".dump")
    out = [
        Case("postgresql export", manage("export-data", str(snapshot), "--database-url", source), ours=True),
        Case("postgresql pg_dump", (server.program("pg_dump"), f"--file={tables.written('.pg.sql')}", source)),
        Case(
            "postgresql pg_dump -Fc -Z0",
            (server.program("pg_dump"), "--format=custom", "--compress=0", f"--file={dump}", source),
        ),
    ]

    def prepare(template: str) -> None:
        server.create(place.target, template=template)
        server.checkpoint()

    into = [
        Case(
            "postgresql import",
            manage("import-data", str(snapshot), "--database-url", target),
            prepare=partial(prepare, place.empty),
            check=partial(compare, source, target),
            clean=partial(server.drop, place.target),
            ours=True,
        ),
        Case(
            "postgresql pg_restore -1",
            (server.program("pg_restore"), "--single-transaction", f"--dbname={target}", str(dump)),
            prepare=partial(prepare, "template0"),
            check=partial(compare, source, target),
            clean=partial(server.drop, place.target),
        ),
    ]
    return [out, into]
