"""PostgreSQL: the databases to measure with, and the cases."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import sqlite
from benchmarks.cases import FORMATS, Case, nothing, same, same_rows, say
from benchmarks.data import COLUMNS, TABLES, Row, Shape
from benchmarks.project import compare, default_database, manage, migrate, schema_digest
from benchmarks.servers import Server, connect

JOBS = (1, 2)
COPY_BYTES = 1 << 20
COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
PARENTS = ("teams", "workspaces", "chat_history")  # without rows; foreign keys lead there
NAMED_TABLES = tuple(f"--table=public.{table}" for table in (*PARENTS, *TABLES))
INDEXES = "SELECT indexdef FROM pg_indexes WHERE tablename = ANY (%s) ORDER BY indexdef"
MARK = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{}'"


@dataclass(frozen=True)
class Place:
    """A server, and where the rows and the files come from and go to."""

    server: Server
    files: sqlite.Files
    target = "memoria_bench_target"

    @property
    def empty(self) -> str:
        """The name of a migrated database without rows."""
        return f"memoria_bench_empty_{schema_digest()}"

    def source(self, shape: Shape | None = None) -> str:
        """The name of the database that holds the generated rows."""
        return f"memoria_bench_{sqlite.name(shape or self.files.shape)}"

    def snapshot(self, form: str, jobs: int = 1) -> Path:
        jobs_in_name = "" if jobs == 1 else f"-jobs-{jobs}"
        return self.files.runs / f"postgresql-{sqlite.name(self.files.shape)}{jobs_in_name}.{form}"

    @property
    def dump(self) -> Path:
        """The dump that is restored: of `pg_dump -Fc -Z0`."""
        return self.files.runs / f"postgresql-{sqlite.name(self.files.shape)}.dump"


def make_databases(place: Place) -> None:
    """Make the databases that are not there yet, with the rows of the SQLite ones."""
    server = place.server
    if server.fetch(f"SELECT 1 FROM pg_database WHERE datname = '{place.empty}'") is None:
        draft = f"{place.empty}_draft"
        server.create(draft, template="template0")
        migrate(server.url(draft))
        server.fetch(f'ALTER DATABASE "{draft}" RENAME TO "{place.empty}"')
    for shape in (place.files.shape, place.files.small):
        database, mark = place.source(shape), sqlite.fingerprint(shape)
        if server.fetch(MARK.format(database)) != mark:
            say(f"copying {shape.rows:,} long-term memories and what belongs to them into PostgreSQL")
            server.create(database, template=place.empty)
            fill(server.url(database), place.files.source(shape))
            server.fetch(f"COMMENT ON DATABASE \"{database}\" IS '{mark}'")


def drop_databases(place: Place) -> None:
    """Leave nothing on a server that goes on to be used."""
    for database in (place.target, place.source(), place.source(place.files.small), place.empty):
        place.server.drop(database)


def fill(url: str, source: Path) -> None:
    """COPY the rows of an SQLite database into a migrated one, and leave it as one that has settled."""
    with closing(sqlite3.connect(source)) as rows, connect(url) as session, session.cursor() as cursor:
        for table in TABLES:
            columns = ", ".join(f'"{column}"' for column in COLUMNS[table])
            found = rows.execute(f'SELECT {columns} FROM "{table}" ORDER BY rowid')
            cursor.copy_expert(f'COPY "{table}" ({columns}) FROM STDIN', CopyText(found), size=COPY_BYTES)
        for table in ("clusters", "cluster_members"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        cursor.execute("VACUUM (FREEZE, ANALYZE)")


class CopyText:
    """Rows as PostgreSQL's COPY text, read like a file; a `read` returns whole lines, so a little more."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.lines: Iterator[bytes] = map(copy_line, rows)

    def read(self, size: int) -> bytes:
        lines: list[bytes] = []
        length = 0
        for line in self.lines:
            lines.append(line)
            length += len(line)
            if length >= size:
                break
        return b"".join(lines)


def copy_line(row: Row) -> bytes:
    values = (r"\N" if value is None else str(value).translate(COPY_ESCAPES) for value in row)
    return ("\t".join(values) + "\n").encode()


def contents(url: str) -> tuple[dict[str, int], list[str]]:
    """Rows per table, and the definitions of the indexes on the five tables."""
    with connect(url) as session, session.cursor() as cursor:
        counts = {}
        for table in TABLES:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            counts[table] = cursor.fetchone()[0]
        cursor.execute(INDEXES, (list(TABLES),))
        return counts, [definition for (definition,) in cursor]


def out_cases(place: Place) -> list[Case]:
    """Rows leave a PostgreSQL database."""
    server, files = place.server, place.files
    return [
        *(export_case(place, form, jobs) for jobs in JOBS for form in FORMATS),
        dump_case(place, "pg_dump", ("--format=plain",)),
        dump_case(place, "pg_dump -Fc", ("--format=custom",)),
        dump_case(place, "pg_dump -Fc -Z0", ("--format=custom", "--compress=0"), keep=True),
        *sqlite.dumpdata_cases(
            "postgresql", files.runs, server.url(place.source(files.small)), server.url(place.empty)
        ),
    ]


def export_case(place: Place, form: str, jobs: int) -> Case:
    snapshot = place.snapshot(form, jobs)
    arguments = ("--database-url", place.server.url(place.source()), "--jobs", str(jobs))
    one = place.snapshot(form)
    return Case(
        f"postgresql export {form} --jobs {jobs}",
        manage("export-data", str(snapshot), *arguments),
        check=nothing if jobs == 1 else partial(same_rows, (one, snapshot)),
        clean=nothing if jobs == 1 else partial(snapshot.unlink, missing_ok=True),
        ours=True,
    )


def dump_case(place: Place, name: str, options: Sequence[str], *, keep: bool = False) -> Case:
    """The reference; `keep` leaves the dump for `restore_case`."""
    dump = place.dump if keep else place.dump.with_suffix(".deleted")
    command = (place.server.program("pg_dump"), *options, *NAMED_TABLES, f"--file={dump}")
    return Case(
        f"postgresql {name}",
        (*command, place.server.url(place.source())),
        clean=nothing if keep else partial(dump.unlink, missing_ok=True),
    )


def in_cases(place: Place) -> list[Case]:
    """Rows enter a PostgreSQL database."""
    import_data = [import_case(place, form, dry_run=False) for form in FORMATS]
    dry_runs = [import_case(place, form, dry_run=True) for form in FORMATS]
    return [*import_data, restore_case(place), *dry_runs, *loaddata_cases(place)]


def make_target(place: Place, template: str) -> None:
    place.server.create(place.target, template=template)
    place.server.checkpoint()


def remove_target(place: Place) -> None:
    place.server.drop(place.target)


def holds(place: Place, shape: Shape) -> None:
    """Raise `Unproven` unless the target has the rows of the shape and the indexes of a migrated database."""
    counts, indexes = contents(place.server.url(place.target))
    same(counts, shape.counts, "rows in the target")
    same(indexes, contents(place.server.url(place.empty))[1], "indexes in the target")


def import_case(place: Place, form: str, *, dry_run: bool) -> Case:
    target = place.server.url(place.target)
    options = ("--dry-run",) if dry_run else ()

    def check() -> None:
        if dry_run:
            holds(place, Shape(0))
        else:
            holds(place, place.files.shape)
            compare(place.server.url(place.source()), target)

    return Case(
        f"postgresql {'dry run' if dry_run else 'import'} {form}",
        manage("import-data", str(place.snapshot(form)), "--no-input", "--database-url", target, *options),
        prepare=partial(make_target, place, place.empty),
        check=check,
        clean=partial(remove_target, place),
        ours=True,
    )


def restore_case(place: Place) -> Case:
    """The reference: a dump that is not compressed, so that nothing slows it down, in one transaction."""
    target = place.server.url(place.target)
    command = (place.server.program("pg_restore"), "--single-transaction", f"--dbname={target}")
    return Case(
        "postgresql pg_restore -1",
        (*command, str(place.dump)),
        prepare=partial(make_target, place, "template0"),
        check=partial(holds, place, place.files.shape),
        clean=partial(remove_target, place),
    )


def loaddata_cases(place: Place) -> list[Case]:
    """Django's own way in, of what `dumpdata_cases` wrote."""
    return [
        Case(
            f"postgresql loaddata {size}",
            manage("loaddata", str(place.files.runs / f"postgresql-dumpdata-{size}.json")),
            environment=default_database(place.server.url(place.target)),
            prepare=partial(make_target, place, place.empty),
            check=partial(holds, place, shape),
            clean=partial(remove_target, place),
        )
        for size, shape in (("small", place.files.small), ("empty", Shape(0)))
    ]
