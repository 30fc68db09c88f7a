"""A case: one command, what must stand before it starts, and how it is proven to have done its work."""

import hashlib
import sqlite3
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from benchmarks.measure import CommandFailed, Measurement, measure
from benchmarks.project import NO_DATABASE, ROOT

Untimed = Callable[[], object]
FORMATS = ("ndjson", "json")


class Unproven(Exception):
    """A command exited with 0 and did not do what it is measured for."""


def nothing() -> None:
    """Needs no preparation, leaves nothing behind."""


@dataclass(frozen=True)
class Case:
    """One command to measure. `prepare`, `check` (after the first run only) and `clean` are not timed."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=lambda: NO_DATABASE)
    stdin: Path | None = None
    stdout: Path | None = None
    prepare: Untimed = nothing
    check: Untimed = nothing
    clean: Untimed = nothing
    ours: bool = False


@dataclass
class Result:
    """The runs of one case, in the order in which they were made, or why there are none."""

    runs: list[Measurement] = field(default_factory=list)
    failure: str | None = None

    @property
    def seconds(self) -> float:
        """The median wall time."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def tree_peak_mb(self) -> float:
        """The highest peak of any process of the command in any run, in MB of 10^6 bytes."""
        return max(run.tree_peak_kb for run in self.runs) * 1024 / 1e6

    @property
    def own_peak_mb(self) -> float:
        """The same of the command's own process; 0 if it ended before it was seen."""
        return max(run.own_peak_kb for run in self.runs) * 1024 / 1e6


Results = dict[str, Result]


def interleave(cases: Sequence[Case], runs: int, results: Results) -> None:
    """Run all cases one after the other, and that `runs` times over; add what they cost to `results`.

    A case that fails is not run again, and says why in its result; the others go on.
    """
    for number in range(runs):
        for case in cases:
            result = results.setdefault(case.name, Result())
            if result.failure is None:
                measure_once(case, result, first=number == 0)
                say(f"{case.name}, run {number + 1} of {runs}: {outcome(result)}")


def measure_once(case: Case, result: Result, *, first: bool) -> None:
    """Prepare, run, prove and clear up one case."""
    try:
        case.prepare()
        cost = measure(case.command, environment=case.environment, stdin=case.stdin, stdout=case.stdout, directory=ROOT)
        if first:
            case.check()
        result.runs.append(cost)
    except (CommandFailed, Unproven, OSError, sqlite3.Error, psycopg2.Error) as error:
        result.failure = str(error)
        result.runs.clear()
    finally:
        case.clean()


def outcome(result: Result) -> str:
    """What there is to say of a run that has just ended; why it failed is said at the end."""
    if result.failure is not None:
        return "FAILED"
    last = result.runs[-1]
    return f"{last.seconds:.2f} s, {last.tree_peak_kb * 1024 / 1e6:.0f} MB"


def say(line: str) -> None:
    """Tell how far the benchmark is."""
    print(line, file=sys.stderr, flush=True)


def rows_digest(snapshot: Path) -> str:
    """A digest of a snapshot without its header and footer lines, the only ones that name a time."""
    digest = hashlib.sha256()
    with snapshot.open("rb") as lines:
        for line in lines:
            if not line.startswith((b'{"metadata"', b'"metadata"', b'{"integrity"', b'"integrity"')):
                digest.update(line)
    return digest.hexdigest()


def same_rows(snapshots: Iterable[Path]) -> None:
    """Raise `Unproven` unless all snapshots hold the same bytes but for header and footer."""
    digests = {snapshot.name: rows_digest(snapshot) for snapshot in snapshots}
    if len(set(digests.values())) > 1:
        raise Unproven(f"{' and '.join(digests)} differ in more than header and footer.")


def same(found: object, expected: object, what: str) -> None:
    """Raise `Unproven` unless `found` is what was expected."""
    if found != expected:
        raise Unproven(f"{what}: found {found}, expected {expected}.")
