"""Merges, undo and exports of one namespace, beside the import of the same file."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from benchmarks import postgresql, servers, sqlite
from benchmarks.cases import Case, Unproven, same
from benchmarks.measure import run
from benchmarks.postgresql import Place
from benchmarks.project import NO_DATABASE, ROOT, compare, manage
from benchmarks.sqlite import Files, url

QUARTERS = 4
MERGES = {
    "merge": (),
    "merge --no-undo": ("--no-undo",),
    "merge --new-ids": ("--new-ids", "--namespace", "copy"),
}


@dataclass(frozen=True)
class Target:
    """A database that is made anew for each run, of one engine."""

    engine: str
    url: str
    source: str
    """The URL of a database with the rows of `snapshot`."""
    snapshot: str
    quarters: str
    """The URL of one whose rows lie in equal namespaces."""
    empty: Callable[[], object]
    """Makes the target, without rows."""
    full: Callable[[], object]
    """Makes it with the rows of the source."""
    remove: Callable[[], object]
    counts: Callable[[], dict[str, int]]


def cases(files: Files, target: Target) -> list[list[Case]]:
    """What enters, what enters beside rows that are there, what leaves."""
    return [
        [*import_cases(target), *(merge_case(files, target, name, options) for name, options in MERGES.items())],
        [identical_case(target), *replace_cases(target)],
        quarter_cases(files, target),
    ]


def import_cases(target: Target) -> list[Case]:
    """The reference, with and without what it takes to undo it."""
    return [
        Case(
            f"{target.engine} {name}",
            manage("import-data", target.snapshot, "--database-url", target.url, *options),
            prepare=target.empty,
            check=partial(compare, target.source, target.url),
            clean=target.remove,
        )
        for name, options in (("import", ()), ("import --no-undo", ("--no-undo",)))
    ]


def merge_case(files: Files, target: Target, name: str, options: tuple[str, ...]) -> Case:
    def check() -> None:
        same(target.counts(), files.shape.counts, "rows in the target")
        if "--new-ids" not in options:
            compare(target.source, target.url)

    return Case(
        f"{target.engine} {name}",
        manage("import-memories", target.snapshot, "--database-url", target.url, *options),
        prepare=target.empty,
        check=check,
        clean=target.remove,
        ours=True,
    )


def identical_case(target: Target) -> Case:
    return Case(
        f"{target.engine} merge identical",
        manage("import-memories", target.snapshot, "--database-url", target.url),
        prepare=target.full,
        check=partial(compare, target.source, target.url),
        clean=target.remove,
        ours=True,
    )


def replace_cases(target: Target) -> list[Case]:
    """All rows are replaced, the dearest thing to undo."""
    return [
        Case(
            f"{target.engine} {name}",
            manage("import-data", target.snapshot, "--no-input", "--database-url", target.url, *options),
            prepare=target.full,
            check=partial(compare, target.source, target.url),
            clean=target.remove,
            ours=not options,
        )
        for name, options in (("replace", ()), ("replace --no-undo", ("--no-undo",)))
    ]


def quarter_cases(files: Files, target: Target) -> list[Case]:
    whole, quarter = files.runs / f"{target.engine}-whole.json", files.runs / f"{target.engine}-quarter.json"

    def check() -> None:
        held = json.loads(quarter.read_bytes().rpartition(b'"integrity": ')[2].rstrip(b"}\n") + b"}")["counts"]
        same(held["long_term_memory"] // 2, files.shape.rows // QUARTERS // 2, "memories of a quarter, halved")

    return [
        Case(
            f"{target.engine} export whole",
            manage("export-memories", "--output", str(whole), "--database-url", target.quarters),
            clean=partial(whole.unlink, missing_ok=True),
        ),
        Case(
            f"{target.engine} export namespace",
            manage("export-memories", "--namespace", "n1", "--output", str(quarter), "--database-url", target.quarters),
            check=check,
            clean=partial(quarter.unlink, missing_ok=True),
            ours=True,
        ),
    ]


def sqlite_target(files: Files) -> Target:
    snapshot, quarters = files.runs / "memories-sqlite.ndjson", files.runs / "quarters.db"
    export(url(files.source()), str(snapshot))
    shutil.copyfile(files.source(), quarters)
    with closing(sqlite3.connect(quarters)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        for sql in spread():
            connection.execute(sql)

    def full() -> None:
        sqlite.remove_target(files)
        shutil.copyfile(files.source(), files.target)

    return Target(
        "sqlite",
        url(files.target),
        url(files.source()),
        str(snapshot),
        url(quarters),
        partial(sqlite.empty_target, files),
        full,
        partial(sqlite.remove_target, files),
        lambda: sqlite.contents(files.target)[0],
    )


def postgresql_target(place: Place) -> Target:
    server, files = place.server, place.files
    snapshot, quarters = files.runs / "memories-postgresql.ndjson", "memoria_bench_quarters"
    export(server.url(place.source()), str(snapshot))
    server.drop(quarters)
    server.create(quarters, template=place.source())
    with servers.connect(server.url(quarters)) as connection, connection.cursor() as cursor:
        for sql in spread():
            cursor.execute(sql)
    return Target(
        "postgresql",
        server.url(place.target),
        server.url(place.source()),
        str(snapshot),
        server.url(quarters),
        partial(postgresql.make_target, place, place.empty),
        partial(postgresql.make_target, place, place.source()),
        partial(postgresql.remove_target, place),
        lambda: postgresql.contents(server.url(place.target))[0],
    )


def spread() -> list[str]:
    """Statements that put the memories into equal namespaces, and edges into those of their sources."""
    memories = [
        f"UPDATE {table} SET namespace = 'n' || (n % {QUARTERS}) FROM"
        f" (SELECT memory_id AS id, row_number() OVER (ORDER BY memory_id) AS n FROM {table}) numbered"
        " WHERE id = memory_id"
        for table in ("long_term_memory", "short_term_memory")
    ]
    edges = (
        "UPDATE memory_relationships SET namespace ="
        " (SELECT m.namespace FROM long_term_memory m WHERE m.memory_id = source_memory_id)"
        " WHERE EXISTS (SELECT 1 FROM long_term_memory m WHERE m.memory_id = source_memory_id)"
    )
    return [*memories, edges]


def export(source: str, snapshot: str) -> None:
    command = manage("export-data", snapshot, "--database-url", source)
    if run(command, environment=NO_DATABASE, directory=ROOT):
        raise Unproven("an export wrote to standard output")
