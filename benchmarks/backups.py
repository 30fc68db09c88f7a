"""`python -m benchmarks.backups`: a backup beside the program that does the same without proof.

Goals: without verification within the time of `sqlite3 .dump`, and within 1.05 times that of `pg_dump`; at most 120 MB
in any process, also with verification and in a restore.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks import postgresql, servers
from benchmarks.cases import Case, Results, interleave
from benchmarks.data import Shape
from benchmarks.measure import CommandFailed
from benchmarks.postgresql import Place
from benchmarks.project import NO_DATABASE, manage
from benchmarks.report import tell
from benchmarks.sqlite import Files, make_databases, url

GOAL_SQLITE, GOAL_POSTGRESQL, GOAL_MEMORY = 1.0, 1.05, 120.0


@dataclass(frozen=True)
class Pair:
    """Our case and the reference, by their names in the results."""

    ours: str
    reference: str
    limit: float


PAIRS = (
    Pair("sqlite backup, WAL", "sqlite .dump", GOAL_SQLITE),
    Pair("sqlite backup, rollback journal", "sqlite .dump", GOAL_SQLITE),
    Pair("postgresql backup .sql", "pg_dump", GOAL_POSTGRESQL),
    Pair("postgresql backup .dump", "pg_dump -Fc", GOAL_POSTGRESQL),
)


def main() -> int:
    """0 when every case ran, whether the goals were met or not; 1 when one failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backups", description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000, help="long-term memories (%(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="of each, in turns (%(default)s); the median counts")
    options = parser.parse_args()
    results: Results = {}
    try:
        with tempfile.TemporaryDirectory(prefix="memoria-backups-") as name:
            files = Files(Path(name), Shape(options.rows), Shape(100))
            make_databases(files)
            interleave(list(sqlite_cases(files)), options.runs, results)
            with servers.start(files.folder / "postgresql", 18) as server:
                place = Place(server, files)
                postgresql.make_databases(place)
                interleave(list(postgresql_cases(place)), options.runs, results)
    except (CommandFailed, servers.NoServer) as error:
        print(f"The benchmark cannot run: {error}", file=sys.stderr)
        return 1
    show(results)
    return 1 if any(result.failure for result in results.values()) else 0


def sqlite_cases(files: Files) -> Iterator[Case]:
    source, wal = files.source(), files.runs / "wal.db"
    with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(wal)) as copy:
        database.backup(copy)
        copy.execute("PRAGMA journal_mode = wal")
    yield Case("sqlite .dump", ("sqlite3", str(source), ".dump"), stdout=files.dump)
    yield backup_case("sqlite backup, WAL", files.runs / "wal.sql", url(wal), "--no-verify")
    yield backup_case("sqlite backup, rollback journal", files.runs / "delete.sql", url(source), "--no-verify")
    yield backup_case("sqlite backup, verified", files.runs / "verified.sql", url(wal))
    yield restore_case("sqlite restore", files.runs / "verified.sql", url(files.runs / "restored.db"))


def postgresql_cases(place: Place) -> Iterator[Case]:
    source, runs = place.server.url(place.source()), place.files.runs
    programs = NO_DATABASE | {"MEMORIA_PG_BIN": str(place.server.programs)}
    for name, options, suffix in (("pg_dump", "--format=plain", "sql"), ("pg_dump -Fc", "--format=custom", "dump")):
        dump = runs / f"reference.{suffix}"
        yield Case(name, (place.server.program("pg_dump"), options, f"--file={dump}", source), clean=dump.unlink)
        path = runs / f"unverified.{suffix}"
        yield backup_case(f"postgresql backup .{suffix}", path, source, "--no-verify", environment=programs)
    yield backup_case("postgresql backup .dump, verified", runs / "verified.dump", source, environment=programs)
    yield replace(
        restore_case("postgresql restore .dump", runs / "verified.dump", place.server.url(place.target)),
        environment=programs,
        prepare=partial(postgresql.make_target, place, "template0"),
        clean=partial(postgresql.remove_target, place),
    )


def backup_case(
    name: str, path: Path, database: str, *options: str, environment: Mapping[str, str] = NO_DATABASE
) -> Case:
    command = manage("backup-database", str(path), "--database-url", database, *options)
    return Case(name, command, environment=environment, ours=True)


def restore_case(name: str, path: Path, database: str) -> Case:
    command = manage("restore-database", str(path), "--database-url", database, "--no-input", "--no-safety-backup")
    return Case(name, command, ours=True)


def show(results: Results) -> None:
    for name, result in results.items():
        if result.failure:
            print(f"{name}: {result.failure}", file=sys.stderr)
        else:
            print(f"{name:36}{result.seconds:8.2f} s {result.tree_peak_mb:8.0f} MB")
    for pair in PAIRS:
        ours, reference = results[pair.ours], results[pair.reference]
        if ours.runs and reference.runs:
            tell(f"{pair.ours} / {pair.reference}", ours.seconds / reference.seconds, pair.limit)
    peaks = [result.tree_peak_mb for name, result in results.items() if "backup" in name or "restore" in name]
    tell("memory of any backup or restore, MB", max(peaks, default=0.0), GOAL_MEMORY)


if __name__ == "__main__":
    sys.exit(main())
