"""`restore-database`: all of it or nothing, with others connected, and what was there is kept."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.backup.backups import (
    POSTGRESQL,
    backed_up,
    environment,
    equal,
    files,
    memoria,
    refused,
    scratch_databases,
)
from tests.backup.test_verify import resealed
from tests.conftest import KINDS, ROOT
from tests.faults.faults import BOTH, Make, connected, execute, path_of, state

pytest_plugins = ["tests.faults.fault_databases"]


def names(folder: Path) -> list[str]:
    return sorted(path.name.partition("-2")[0] for path in folder.iterdir())


@pytest.mark.parametrize("name", ["x.sql.zst", "x.dump"])
@pytest.mark.parametrize("kind", KINDS)
def test_everything_comes_back_and_what_was_there_is_kept(make: Make, tmp_path: Path, kind: str, name: str) -> None:
    if kind == "sqlite" and name == "x.dump":
        name = "x.sql"
    url = make(kind)
    before = state(url)
    path = backed_up(kind, url, tmp_path / name)
    execute(
        url, "DELETE FROM cluster_members", "UPDATE clusters SET summary = 'later'", "DROP TABLE memory_relationships"
    )
    execute(url, "CREATE TABLE extra(a int)", "CREATE VIEW v AS SELECT a FROM extra")
    after = state(url)
    ended = memoria(kind, "restore-database", path, "--database-url", url)
    assert ended.returncode == 0, ended.stderr
    assert state(url) == before
    (safety,) = [p for p in tmp_path.iterdir() if p.name.startswith("before-restore-") and p.suffix == ".sql"]
    assert ended.stderr.splitlines()[1:] == [
        "Restart what uses the database.",
        f"What was there before is in {safety}; remove it when you are content.",
    ]
    again = memoria(kind, "restore-database", safety, "--database-url", url, "--no-safety-backup")
    assert again.returncode == 0, again.stderr
    assert state(url) == after


@pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
def test_into_a_new_database(make: Make, tmp_path: Path, kind: str) -> None:
    url = make(kind)
    path = backed_up(kind, url, tmp_path / "x.sql")
    into = str(tmp_path / "new.db") if kind == "sqlite" else "restored_into"
    target = f"sqlite:///{into}" if kind == "sqlite" else url.replace(url.split("/")[3].split("?")[0], into, 1)
    try:
        ended = memoria(kind, "restore-database", path, "--database-url", url, "--into", into)
        assert ended.returncode == 0, ended.stderr
        assert equal(url, target)
        assert "It is a new database: point what uses the old one at it, or remove it after a drill." in ended.stderr
        taken = refused(kind, "restore-database", path, "--database-url", url, "--into", into)
        assert taken == (
            f"{into} is there already: --into names a new file"
            if kind == "sqlite"
            else f'the database "{into}" exists already: choose another name, or drop it first'
        )
        assert equal(url, target)
    finally:
        if kind != "sqlite":
            execute(url, f"DROP DATABASE IF EXISTS {into} WITH (FORCE)")


class TestRefused:
    @pytest.mark.parametrize(("kind", "other"), [("sqlite", POSTGRESQL), (POSTGRESQL, "sqlite")])
    def test_the_wrong_kind(self, make: Make, tmp_path: Path, kind: str, other: str) -> None:
        path, url = backed_up(kind, make(kind), tmp_path / "x.sql"), make(other)
        before = state(url)
        said = refused(other, "restore-database", path, "--database-url", url)
        assert said.endswith("between the two go export-data and import-data")
        assert state(url) == before

    @pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
    def test_of_a_newer_version(self, make: Make, tmp_path: Path, kind: str) -> None:
        url = make(kind)
        path = backed_up(kind, url, tmp_path / "x.sql")
        resealed(path, generator="memoria 9.0.0")
        assert refused(kind, "restore-database", path, "--database-url", url) == (
            f"{path} was made by memoria 9.0.0, newer than this 0.1.0: upgrade first"
        )

    def test_of_an_older_version(self, make: Make, tmp_path: Path) -> None:
        url = make("sqlite")
        path = backed_up("sqlite", url, tmp_path / "x.sql")
        resealed(path, generator="memoria 0.0.9")
        ended = memoria("sqlite", "restore-database", path, "--database-url", url)
        assert ended.returncode == 0
        assert "Run `memoria migrate`: the backup was made by memoria 0.0.9, and this is 0.1.0." in ended.stderr

    @pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
    def test_rows_that_are_not_those_of_the_sidecar(self, make: Make, tmp_path: Path, kind: str) -> None:
        """The trial fails after all statements ran; nothing of it stays."""
        url = make(kind)
        path = backed_up(kind, url, tmp_path / "x.sql")
        text = path.read_bytes()
        path.write_bytes(text.replace(b"Thursday", b"Saturday"))
        assert path.read_bytes() != text
        resealed(path, size=path.stat().st_size, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
        before = state(url)
        said = refused(kind, "restore-database", path, "--database-url", url)
        assert "has other content" in said
        assert state(url) == before
        if kind != "sqlite":
            said = refused(kind, "restore-database", path, "--database-url", url, "--into", "never_made")
            assert "has other content" in said
            assert execute(url, "SELECT 1 FROM pg_database WHERE datname = 'never_made'") == []

    def test_a_role_that_is_not_there(self, make: Make, tmp_path: Path) -> None:
        url = make(POSTGRESQL)
        execute(url, "CREATE ROLE short_lived", "ALTER TABLE clusters OWNER TO short_lived")
        path = backed_up(POSTGRESQL, url, tmp_path / "x.sql")
        execute(url, "REASSIGN OWNED BY short_lived TO CURRENT_USER", "DROP ROLE short_lived")
        before = state(url)
        assert 'role "short_lived" does not exist' in refused(
            POSTGRESQL, "restore-database", path, "--database-url", url
        )
        assert state(url) == before
        ended = memoria(POSTGRESQL, "restore-database", path, "--database-url", url, "--no-owner")
        assert ended.returncode == 0, ended.stderr
        assert state(url) == before

    def test_what_is_there_cannot_be_backed_up(self, make: Make, tmp_path: Path) -> None:
        url = make("sqlite")
        path = backed_up("sqlite", url, tmp_path / "x.sql")
        damaged = bytearray(path_of(url).read_bytes())
        damaged[8192:60_000] = bytes(60_000 - 8192)
        path_of(url).write_bytes(damaged)
        said = refused("sqlite", "restore-database", path, "--database-url", url)
        assert path_of(url).read_bytes() == damaged
        move = f"move {path_of(url)} away, with its -wal if there is one, and restore again"
        assert said == f"{url}: database disk image is malformed: {move}"
        ended = memoria("sqlite", "restore-database", path, "--database-url", url, "--no-safety-backup")
        assert ended.returncode == 1
        path_of(url).rename(tmp_path / "damaged")
        ended = memoria("sqlite", "restore-database", path, "--database-url", url)
        assert ended.returncode == 0, ended.stderr
        assert execute(url, "SELECT count(*) FROM long_term_memory") == [(160,)]

    def test_what_is_there_is_no_database(self, make: Make, tmp_path: Path) -> None:
        backup = backed_up("sqlite", make("sqlite"), tmp_path / "x.sql")
        target = tmp_path / "there.sqlite3"
        target.write_bytes(b"not a database, and long enough to be looked at" * 100)
        url = f"sqlite:///{target}"
        for arguments in ((), ("--no-safety-backup",)):
            message = refused("sqlite", "restore-database", backup, "--no-input", *arguments, "--database-url", url)
            assert message == (
                f"{url} is not a SQLite database: move {target} away, with its -wal if there is one, and restore again"
            )
        target.rename(tmp_path / "away.sqlite3")
        assert memoria("sqlite", "restore-database", backup, "--database-url", url).returncode == 0

    def test_a_journal_without_its_database(self, make: Make, tmp_path: Path) -> None:
        path = backed_up("sqlite", make("sqlite"), tmp_path / "x.sql")
        (tmp_path / "new.db-wal").write_bytes(b"frames")
        said = refused("sqlite", "restore-database", path, "--database-url", f"sqlite:///{tmp_path}/new.db")
        assert said.startswith(f"{tmp_path}/new.db-wal is there without its database")
        assert sorted(files(tmp_path)) == ["new.db-wal", "x.sql", "x.sql.json"]


class TestOthersAreConnected:
    @pytest.mark.parametrize("mode", ["wal", "delete"])
    def test_an_idle_connection_sees_it(self, make: Make, tmp_path: Path, mode: str) -> None:
        url = make("sqlite")
        path = backed_up("sqlite", url, tmp_path / "x.sql")
        with closing(sqlite3.connect(path_of(url), isolation_level=None)) as other:
            other.execute(f"PRAGMA journal_mode = {mode}")
            other.execute("DELETE FROM clusters")
            ended = memoria("sqlite", "restore-database", path, "--database-url", url)
            assert ended.returncode == 0, ended.stderr
            assert other.execute("SELECT count(*) FROM clusters").fetchone() == (17,)
            assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert other.execute("PRAGMA journal_mode").fetchone() == (mode,)
            other.execute("DELETE FROM clusters")
        assert execute(url, "SELECT count(*) FROM clusters") == [(0,)]

    @pytest.mark.parametrize(
        ("mode", "statements", "code"),
        [
            ("wal", ("BEGIN", "SELECT * FROM clusters"), 0),
            ("wal", ("BEGIN IMMEDIATE", "DELETE FROM clusters"), 4),
            ("delete", ("BEGIN", "SELECT * FROM clusters"), 4),
            ("delete", ("BEGIN IMMEDIATE", "DELETE FROM clusters"), 4),
            ("delete", ("BEGIN EXCLUSIVE",), 4),
        ],
    )
    def test_a_transaction(self, make: Make, tmp_path: Path, mode: str, statements: tuple[str, ...], code: int) -> None:
        url = make("sqlite")
        path = backed_up("sqlite", url, tmp_path / "x.sql")
        execute(url, f"PRAGMA journal_mode = {mode}", "DELETE FROM memory_relationships")
        with closing(sqlite3.connect(path_of(url), isolation_level=None)) as other:
            for statement in statements:
                other.execute(statement).fetchone()
            ended = memoria(
                "sqlite", "restore-database", path, "--database-url", url, env={"MEMORIA_LOCK_TIMEOUT": "0.5"}
            )
            assert ended.returncode == code, ended.stderr
            other.execute("ROLLBACK")
            rows = other.execute("SELECT count(*) FROM memory_relationships").fetchone()
            assert rows == ((138,) if code == 0 else (0,))
            assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    @pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
    def test_readers_see_the_old_or_the_new(self, make: Make, tmp_path: Path, kind: str) -> None:
        """Two tables are read in one transaction, again and again: both are of the backup, or both are not."""
        url = make(kind)
        path = backed_up(kind, url, tmp_path / "x.sql")
        if kind == "sqlite":
            execute(url, "PRAGMA journal_mode = wal")
        execute(url, "DELETE FROM cluster_members", "DELETE FROM clusters", "DELETE FROM memory_relationships")
        seen: list[tuple[int, int]] = []
        stop = threading.Event()

        def read() -> None:
            sql = "SELECT (SELECT count(*) FROM clusters), (SELECT count(*) FROM memory_relationships)"
            with connected(url) as cursor:
                while not stop.is_set():
                    with contextlib.suppress(psycopg2.errors.UndefinedTable):  # planned before, executed after
                        cursor.execute(sql)
                        seen.append(cursor.fetchone())

        reader = threading.Thread(target=read)
        reader.start()
        try:
            ended = memoria(kind, "restore-database", path, "--database-url", url)
            assert ended.returncode == 0, ended.stderr
            time.sleep(0.1)
        finally:
            stop.set()
            reader.join()
        assert set(seen) == {(0, 0), (17, 138)}
        assert seen[-1] == (17, 138)

    def test_a_table_that_is_locked(self, make: Make, tmp_path: Path) -> None:
        url = make(POSTGRESQL)
        path = backed_up(POSTGRESQL, url, tmp_path / "x.sql")
        with connected(url, autocommit=False) as cursor:
            cursor.execute("LOCK TABLE clusters IN ACCESS SHARE MODE")
            ended = memoria(
                POSTGRESQL,
                *("restore-database", path, "--database-url", url, "--no-safety-backup"),
                env={"MEMORIA_LOCK_TIMEOUT": "0.5"},
            )
            assert ended.returncode == 4, ended.stderr
        assert execute(url, "SELECT count(*) FROM clusters") == [(17,)]
        assert scratch_databases(url) == []


class TestTerminal:
    def answered(self, url: str, path: Path, answer: bytes) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        command = [sys.executable, "manage.py", "restore-database", str(path), "--database-url", url]
        variables: dict[str, Any] = {**os.environ, **environment("sqlite"), "DATABASE_URL": url}
        process = subprocess.Popen(command, cwd=ROOT, stdin=theirs, stderr=subprocess.PIPE, env=variables)
        os.write(ours, answer)
        _, said = process.communicate(timeout=60)
        os.close(ours)
        os.close(theirs)
        return process.returncode, said.decode()

    @pytest.mark.parametrize(("option", "proven"), [((), ""), (("--no-verify",), ", never verified")])
    def test_it_asks(self, make: Make, tmp_path: Path, option: tuple[str, ...], proven: str) -> None:
        url = make("sqlite")
        path = backed_up("sqlite", url, tmp_path / "x.sql", *option)
        execute(url, "DELETE FROM clusters")
        code, said = self.answered(url, path, b"no\n")
        assert code == 1
        question = re.search(r"This replaces .*Continue\?", said, re.DOTALL)
        assert question is not None
        asked = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(\d s", "NOW UTC (0 s", " ".join(question[0].split()))
        assert re.sub(r"691 rows|\d+ other tables \d+ → \d+", "N", asked) == (
            f"This replaces {url} by the backup of NOW UTC (0 s old, N{proven}); rows before → after: long_term_memory"
            " 160 → 160, short_term_memory 37 → 37, clusters 0 → 17, cluster_members 158 → 158, memory_relationships"
            " 138 → 138, N. Continue?"
        )
        assert said.endswith("CommandError: not confirmed; nothing was changed\n")
        assert execute(url, "SELECT count(*) FROM clusters") == [(0,)]
        assert names(tmp_path) == ["x.sql", "x.sql.json"]
        assert self.answered(url, path, b"y\n")[0] == 0
        assert execute(url, "SELECT count(*) FROM clusters") == [(17,)]


@pytest.mark.parametrize("kind", BOTH)
def test_a_dry_run_replaces_nothing(make: Make, tmp_path: Path, kind: str) -> None:
    url = make(kind)
    path = backed_up(kind, url, tmp_path / "x.sql.zst")
    execute(url, "DELETE FROM cluster_members")
    before, there = state(url), files(tmp_path)
    report = tmp_path / "report.json"
    ended = memoria(kind, "restore-database", path, "--database-url", url, "--dry-run", "--report", report)
    assert (ended.returncode, state(url)) == (0, before)
    assert {name: data for name, data in files(tmp_path).items() if name != "report.json"} == there
    (line,) = ended.stderr.splitlines()
    assert re.fullmatch(
        rf"Would replace \S+, which holds [\d,]+ rows, by the backup of \S+ \S+ UTC,"
        rf" {re.escape(str(path))}, with [\d,]+ rows\. Nothing was changed\.",
        line,
    )
    told = json.loads(report.read_bytes())
    assert (told["dry_run"], told["safety_backup"], told["next_steps"]) == (True, "", [])
    assert {name.rpartition(".")[2]: rows for name, rows in told["replaced"].items()}["cluster_members"] == 0


@pytest.mark.parametrize("kind", BOTH)
def test_a_dry_run_makes_no_new_database(make: Make, tmp_path: Path, kind: str) -> None:
    url = make(kind)
    path = backed_up(kind, url, tmp_path / "x.sql")
    name = str(tmp_path / "new.sqlite3") if kind == "sqlite" else "memoria_new_one"
    ended = memoria(kind, "restore-database", path, "--database-url", url, "--into", name, "--dry-run")
    assert (ended.returncode, (tmp_path / "new.sqlite3").exists()) == (0, False)
    assert kind == "sqlite" or scratch_databases(url) == []
    assert ended.stderr.endswith(f", to {name}, which holds nothing. Nothing was changed.\n")
    assert memoria(kind, "restore-database", path, "--database-url", url, "--into", name).returncode == 0


def test_a_dry_run_finds_a_damaged_backup(make: Make, tmp_path: Path) -> None:
    url = make("sqlite")
    path = backed_up("sqlite", url, tmp_path / "x.sql")
    path.write_bytes(path.read_bytes().replace(b"INSERT", b"INSERS", 1))
    sentence = refused("sqlite", "restore-database", path, "--database-url", url, "--dry-run")
    assert sentence.startswith(f"{path} is damaged")


def test_the_latest(make: Make, tmp_path: Path) -> None:
    url, folder = make("sqlite"), tmp_path / "backup"
    names = [backed_up("sqlite", url, folder / f"x-{number}.sql") for number in (1, 2)]
    unverified = memoria("sqlite", "backup-database", folder / "x-3.sql", "--database-url", url, "--no-verify")
    assert unverified.returncode == 0
    ended = memoria("sqlite", "restore-database", folder, "--latest", "--database-url", url, "--dry-run")
    assert f", {names[1]}, " in ended.stderr
    other = make("sqlite")
    backed_up("sqlite", other, folder / "y.sql")
    sentence = refused("sqlite", "restore-database", folder, "--latest", "--database-url", url, "--no-input")
    assert (
        sentence
        == f"{folder} has backups of {' and of '.join(sorted([url, other]))}: name one file, or a pattern of names"
    )
    (tmp_path / "empty").mkdir()
    sentence = refused("sqlite", "restore-database", tmp_path / "empty", "--latest", "--database-url", url)
    assert sentence == f"there is no verified backup in {tmp_path}/empty; list-backups shows what there is"
