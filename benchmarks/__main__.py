"""`python -m benchmarks`: generate, measure, print, write."""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from benchmarks import machine, memories, postgresql, report, servers, sqlite, tables
from benchmarks.cases import Case, Results, interleave, say
from benchmarks.data import Shape
from benchmarks.goals import Outcome, goals
from benchmarks.measure import CommandFailed
from benchmarks.postgresql import Place
from benchmarks.sqlite import Files

ENGINES = ("sqlite", "postgresql")
SCALE = 10
DISK_BYTES_PER_ROW = 80_000  # source, target, snapshots and dumps of one engine, and PostgreSQL's log
QUICK_ROWS = 2_000
RESULTS = Path(__file__).parent / "results" / "latest.json"


def main() -> int:
    """Return 0 when every case ran, met goals or not; 1 when one failed; 2 for wrong arguments."""
    options = arguments()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # stops the server on the way
    shape = Shape(options.rows, options.seed, options.sorted_ids)
    small = replace(shape, rows=min(options.dumpdata_rows, options.rows))
    outcome = Outcome(shape, small, SCALE)
    engines = [options.only] if options.only else list(ENGINES)
    try:
        with work_folder(options.work) as folder:
            check_space(folder, shape.rows * (SCALE if options.scale else 1))
            described = machine.describe(folder)
            sqlite.make_databases(Files(folder, shape, small))
            tables.make_database(tables.Tables(Files(folder, shape, small)))
            if "sqlite" in engines:
                measure_sqlite(options, folder, outcome)
            if "postgresql" in engines:
                described |= measure_postgresql(options, folder, outcome)
    except (CommandFailed, servers.NoServer) as error:
        say(f"The benchmark cannot start: {error}")
        return 1
    found = goals(outcome, engines)
    report.show(outcome, found, described)
    report.write_json(options.output, outcome, found, described)
    if options.markdown:
        report.write_markdown(options.markdown, outcome, found, described)
    return complain([outcome.results, outcome.tables, outcome.memories, outcome.scaled])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure Memoria's commands against dumpdata, loaddata, sqlite3, pg_dump and pg_restore.",
        epilog="Exit codes: 0 every case ran, goals met or not; 1 one failed; 2 wrong arguments.",
    )
    add = parser.add_argument
    add("--rows", type=int, default=50_000, help="long-term memories (%(default)s); other tables follow")
    add("--dumpdata-rows", type=int, default=2_000, help="the same for dumpdata and loaddata (%(default)s)")
    add("--seed", type=int, default=1, help="of the invented rows (%(default)s)")
    add("--sorted-ids", action="store_true", help="insert rows in the order of their ids")
    add("--runs", type=int, default=3, help="of every case (%(default)s); the median counts")
    add("--scale", action="store_true", help=f"measure our commands with {SCALE} times the rows as well")
    add("--scale-runs", type=int, help="of those (as --runs)")
    add("--quick", action="store_true", help=f"{QUICK_ROWS:,} rows and one run: does it work?")
    add("--only", choices=ENGINES, help="measure one database")
    add("--work", type=Path, metavar="DIR", help="keep the generated databases here, for the next run")
    add(
        "--postgres-version",
        type=int,
        choices=(16, 18),
        default=18,
        help="of the server that is started (%(default)s)",
    )
    add("--postgres-url", metavar="URL", help="use this server; its user must be able to create databases")
    add("--output", type=Path, metavar="FILE", default=RESULTS, help="the figures as JSON (%(default)s)")
    add("--markdown", type=Path, metavar="FILE", help="the figures as Markdown")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.runs, options.scale_runs = QUICK_ROWS, 1, 1
    options.scale_runs = options.scale_runs or options.runs
    if options.rows < 100 or options.dumpdata_rows < 100 or options.runs < 1 or options.scale_runs < 1:
        parser.error("--rows and --dumpdata-rows start at 100, --runs and --scale-runs at 1")
    return options


@contextmanager
def work_folder(chosen: Path | None) -> Iterator[Path]:
    """The user's folder, which is kept, or a temporary one; what the commands wrote is deleted in both."""
    kept: AbstractContextManager[str]
    if chosen is None:
        kept = tempfile.TemporaryDirectory(prefix="memoria-benchmark-")
    else:
        chosen.mkdir(parents=True, exist_ok=True)
        kept = nullcontext(str(chosen))
    with kept as name:
        folder = Path(name).resolve()
        try:
            yield folder
        finally:
            shutil.rmtree(folder / "runs", ignore_errors=True)


def check_space(folder: Path, rows: int) -> None:
    free, needed = shutil.disk_usage(folder).free, rows * DISK_BYTES_PER_ROW
    if free < needed:
        raise CommandFailed(f"{folder} has {free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB are needed.")


def scaled(shape: Shape) -> Shape:
    return replace(shape, rows=shape.rows * SCALE)


def measure_groups(groups: list[list[Case]], runs: int, results: Results) -> None:
    for cases in groups:
        interleave(cases, runs, results)


def only_ours(groups: list[list[Case]]) -> list[list[Case]]:
    return [[case for case in cases if case.ours] for cases in groups]


def measure_sqlite(options: argparse.Namespace, folder: Path, outcome: Outcome) -> None:
    """Measure SQLite's cases, and ours with many rows where asked for."""
    files = Files(folder, outcome.shape, outcome.small)
    measure_groups([sqlite.out_cases(files), sqlite.in_cases(files)], options.runs, outcome.results)
    measure_groups(tables.sqlite_cases(tables.Tables(files)), options.runs, outcome.tables)
    measure_groups(memories.cases(files, memories.sqlite_target(files)), options.runs, outcome.memories)
    if options.scale:
        files = replace(files, shape=scaled(files.shape))
        sqlite.make_databases(files)
        groups = only_ours([sqlite.out_cases(files), sqlite.in_cases(files)])
        measure_groups(groups, options.scale_runs, outcome.scaled)
    shutil.rmtree(files.runs)


def measure_postgresql(options: argparse.Namespace, folder: Path, outcome: Outcome) -> dict[str, str]:
    """Do the same with PostgreSQL; return what there is to say about the server."""
    if options.postgres_url:
        running = servers.join(options.postgres_url)
    else:
        running = servers.start(folder / f"postgresql-{options.postgres_version}", options.postgres_version)
    with running as server:
        outcome.lz4 = server.offers_lz4()
        measure_place(options, Place(server, Files(folder, outcome.shape, outcome.small)), outcome)
        return {
            "PostgreSQL": f"{server.version()}; {server.settings}",
            "TOAST compression with lz4": "offered" if outcome.lz4 else "not offered by this server",
        }


def measure_place(options: argparse.Namespace, place: Place, outcome: Outcome) -> None:
    keep = options.work is not None
    places = [place]
    try:
        make_all_databases(place)
        groups = [postgresql.out_cases(place), postgresql.in_cases(place)]
        measure_groups(groups, options.runs, outcome.results)
        measure_groups(tables.postgresql_cases(tables.Tables(place.files), place), options.runs, outcome.tables)
        merging = memories.cases(place.files, memories.postgresql_target(place))
        measure_groups(merging, options.runs, outcome.memories)
        if options.scale:
            many = replace(place, files=replace(place.files, shape=scaled(place.files.shape)))
            places.append(many)
            make_all_databases(many)
            groups = only_ours([postgresql.out_cases(many), postgresql.in_cases(many)])
            measure_groups(groups, options.scale_runs, outcome.scaled)
    finally:
        if not keep:
            for used in places:
                postgresql.drop_databases(used)


def make_all_databases(place: Place) -> None:
    """PostgreSQL's rows come from SQLite's."""
    sqlite.make_databases(place.files)
    postgresql.make_databases(place)


def complain(measured: list[Results]) -> int:
    """Say which cases failed; return the exit code."""
    failures = [(name, result) for results in measured for name, result in results.items() if result.failure]
    for name, result in failures:
        say(f"\n{name}: {result.failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
