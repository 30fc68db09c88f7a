"""This project as the benchmark sees it: `manage.py`, in a process of its own, and `DATABASE_URL`."""

import functools
import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.measure import run

ROOT = Path(__file__).resolve().parent.parent
NO_DATABASE = {"DATABASE_URL": "sqlite:///:memory:"}  # for commands that are told theirs by an option


def manage(*arguments: str) -> tuple[str, ...]:
    """The command line of one `manage.py` command; its directory is to be `ROOT`."""
    return (sys.executable, str(ROOT / "manage.py"), *arguments)


def default_database(url: str) -> Mapping[str, str]:
    """The environment that makes `url` the default database."""
    return {"DATABASE_URL": url}


def migrate(url: str) -> None:
    """Make the tables in the empty database at `url`."""
    run(manage("migrate", "--no-input", "--verbosity", "0"), environment=default_database(url), directory=ROOT)


def compare(one: str, other: str) -> None:
    """Raise `CommandFailed` unless `compare-data` finds the two databases or snapshots equal."""
    run(manage("compare-data", one, other), environment=NO_DATABASE, directory=ROOT)


@functools.cache
def schema_digest() -> str:
    """Changes with the migrations and the column types: tables of an older schema are not used again."""
    digest = hashlib.sha256()
    for source in sorted([ROOT / "memoria" / "fields.py", *(ROOT / "memoria" / "migrations").glob("*.py")]):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]
