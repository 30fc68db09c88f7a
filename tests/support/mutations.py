"""Takes one check after another out of the program, and says which of them no test misses.

    python -m tests.support.mutations memoria/backup --tests tests/backup --sample 40

A check is a `raise` at the end of an `if`. Each is tried in a clone of what is committed; the program here stays as it
is. Nothing runs this by itself: it takes about a minute for each check.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Check:
    file: str
    first: int
    last: int
    """Lines of the `raise`, from 1."""
    column: int

    def without(self, source: str) -> str:
        lines = source.splitlines()
        lines[self.first - 1 : self.last] = [" " * self.column + "pass"]
        return "\n".join(lines) + "\n"


def checks(file: Path) -> Iterator[Check]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.If) and isinstance(raised := node.body[-1], ast.Raise):
            assert raised.end_lineno is not None
            yield Check(str(file.relative_to(ROOT)), raised.lineno, raised.end_lineno, raised.col_offset)


def is_missed(check: Check, clone: Path, tests: list[str]) -> bool:
    """Whether a test fails without the check."""
    file = clone / check.file
    source = file.read_text()
    file.write_text(check.without(source))
    try:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-W", "error", "-p", "no:cacheprovider", *tests]
        environment = {**os.environ, "DATABASE_URL": "sqlite://:memory:", "PYTHONDONTWRITEBYTECODE": "1"}
        ended = subprocess.run(command, cwd=clone, env=environment, capture_output=True)
        # Workers that are stopped after the first failure say 2, as for an error of pytest's own.
        if ended.returncode and b" failed" not in ended.stdout:
            raise RuntimeError(ended.stdout.decode() + ended.stderr.decode())
        return ended.returncode != 0
    finally:
        file.write_text(source)


def main() -> int:
    """0 when every check that was tried is missed by a test, 1 when one is not."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.mutations", description=__doc__.partition("\n")[0])
    parser.add_argument("place", type=Path, help="a folder or a file of the program")
    parser.add_argument("--tests", nargs="+", required=True, help="what pytest is given")
    parser.add_argument("--sample", type=int, help="how many checks, chosen at random; all if left out")
    parser.add_argument("--seed", type=int, default=85)
    options = parser.parse_args()
    place = ROOT / options.place
    found = [check for file in sorted(place.rglob("*.py") if place.is_dir() else [place]) for check in checks(file)]
    chosen = found if options.sample is None else random.Random(options.seed).sample(found, options.sample)
    not_missed = 0
    with tempfile.TemporaryDirectory(prefix="memoria-mutations-") as folder:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), folder], check=True)
        for check in chosen:
            missed = is_missed(check, Path(folder), options.tests)
            not_missed += not missed
            print(f"{'missed' if missed else 'NOT MISSED'}  {check.file}:{check.first}", flush=True)
    print(f"{len(chosen)} of {len(found)} checks taken out; {not_missed} that no test misses")
    return 1 if not_missed else 0


if __name__ == "__main__":
    sys.exit(main())
