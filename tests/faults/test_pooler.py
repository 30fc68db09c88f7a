"""Behind a connection pooler: a command works, twice, and leaves nothing behind; or the sentence names the pooler."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from tests.backup.backups import programs
from tests.conftest import KINDS, MakeDatabase
from tests.faults.faults import execute, run
from tests.support.pgbouncer import needs_pgbouncer, pooled

pytestmark = needs_pgbouncer
POSTGRESQL = [kind for kind in KINDS if kind != "sqlite"]
WAY_OUT = "name the server itself, by its own host and port, or a pool in session mode"
NEEDS_SESSION = (
    "is behind a pooler that gives sessions to others between transactions (transaction mode), and a backup or a"
    f" restore needs one of its own: {WAY_OUT}"
)
MANY = "INSERT INTO clusters (summary, centroid, size) SELECT 'number ' || n, '[]', 1 FROM generate_series(1, 1200) n"
# What the pooler itself keeps for each of its clients, and puts back.
LEFT = (
    "SELECT name || ' = ' || setting FROM pg_settings WHERE source = 'session'"
    " AND name NOT IN ('client_encoding', 'DateStyle', 'TimeZone', 'application_name', 'standard_conforming_strings')"
    " UNION ALL SELECT 'table ' || relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'"
    " UNION ALL SELECT 'lock ' || objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
)


def done(*arguments: str | Path) -> str:
    ended = run(*arguments)
    assert (ended.returncode, ended.stderr) == (0, ""), arguments
    return ended.stdout


def left_behind(url: str) -> list[tuple[str]]:
    """In any session of the pool: each is kept while the others are looked at."""
    found = []
    sessions = [psycopg2.connect(url) for _ in range(5)]
    for session in sessions:
        with session.cursor() as cursor:
            cursor.execute(LEFT)
            found += cursor.fetchall()
    for session in sessions:
        with closing(session):
            session.rollback()
    return found


def every_command(at: Sequence[str], url: str, folder: Path) -> None:
    out, parts = folder / "out.ndjson", folder / "parts.ndjson"
    done("export-data", out, "-v", "0", *at)
    done("export-data", parts, "-v", "0", "--jobs", "3", *at)
    assert out.read_bytes().splitlines()[1:-1] == parts.read_bytes().splitlines()[1:-1]
    done("import-data", out, "--dry-run", "-v", "0", *at)
    done("import-data", out, "--no-input", "-v", "0", *at)
    done("import-data", out, "--no-input", "--migrate", "-v", "0", *at)
    done("import-memories", out, "--namespace", "copy", "--new-ids", "--dry-run", "-v", "0", *at)
    done("import-memories", out, "--namespace", "copy", "--new-ids", "-v", "0", *at)
    number = str(json.loads(done("list-imports", "--json", *at))[0]["id"])
    done("undo-import", number, "--dry-run", "-v", "0", *at)
    done("undo-import", number, "--no-input", "-v", "0", *at)
    done("compare-data", out, url, "-v", "0")
    done("export-memories", "--namespace", "research", "--output", folder / "some.json", "-v", "0", *at)


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_transaction_mode(
    kind: str, make_database: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMORIA_PG_BIN", programs(kind))
    direct = make_database(kind, migrated=True)
    with pooled(direct, "transaction") as url:
        at = ("--database-url", url)
        done("load-sample-data", "-v", "0", *at)
        execute(direct, MANY)
        every_command(at, url, tmp_path)
        every_command(at, url, tmp_path)
        backup = tmp_path / "out.dump"
        done("backup-database", backup, "-v", "0", "--database-url", direct)
        for command in (("backup-database", tmp_path / "other.dump"), ("restore-database", backup, "--no-input")):
            ended = run(*command, *at)
            name = url.replace("postgres@", "")
            assert (ended.returncode, ended.stderr) == (1, f"CommandError: {name} {NEEDS_SESSION}\n")
        assert left_behind(url) == []


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_an_import_that_fails_or_is_refused_leaves_nothing(
    kind: str, make_database: MakeDatabase, tmp_path: Path
) -> None:
    direct = make_database(kind, migrated=True)
    with pooled(direct, "transaction") as url:
        done("load-sample-data", "-v", "0", "--database-url", direct)
        done("export-data", tmp_path / "out.ndjson", "-v", "0", "--database-url", direct)
        execute(direct, "ALTER TABLE clusters ADD CHECK (size < 0) NOT VALID")
        for option, problem in (
            ("--no-input", "violates check constraint"),
            ("--no-truncate", "its key is in the database already"),
        ):
            ended = run("import-data", tmp_path / "out.ndjson", option, "--database-url", url)
            assert ended.returncode == 1
            assert problem in ended.stderr
        assert left_behind(url) == []


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_session_mode(kind: str, make_database: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMORIA_PG_BIN", programs(kind))
    direct = make_database(kind, migrated=True)
    with pooled(direct, "session") as url:
        at = ("--database-url", url)
        done("load-sample-data", "-v", "0", *at)
        execute(direct, MANY)
        every_command(at, url, tmp_path)
        done("backup-database", tmp_path / "out.dump", "-v", "0", *at)
        done("verify-backup", tmp_path / "out.dump", "-v", "0", *at)
        done("restore-database", tmp_path / "out.dump", "--no-input", "-v", "0", *at)


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_statement_mode(kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    direct = make_database(kind, migrated=True)
    done("export-data", tmp_path / "all.json", "-v", "0", "--database-url", direct)
    with pooled(direct, "statement") as url:
        name = url.replace("postgres@", "")
        for command in (
            ("export-data", tmp_path / "out.json"),
            ("import-data", tmp_path / "all.json", "--no-input"),
            ("import-memories", tmp_path / "all.json", "--dry-run"),
            ("list-imports",),
            ("backup-database", tmp_path / "out.dump"),
        ):
            ended = run(*command, "--database-url", url)
            assert (ended.returncode, ended.stderr) == (
                1,
                f"CommandError: {name} is behind a pooler that allows no transactions (statement mode): {WAY_OUT}\n",
            )
