"""Databases whose names are no text in the locale, or in none."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.backup.backups import memoria, sidecar
from tests.faults.faults import CREATE, run

C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize("name", [b"\xfe.db", "é ü.sqlite3".encode()])
@pytest.mark.parametrize("locale", [{}, C])
def test_backup_and_restore(tmp_path: Path, name: bytes, locale: dict[str, str]) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/" + name)
    with closing(sqlite3.connect(path)) as database:
        database.executescript("CREATE TABLE t(a); INSERT INTO t VALUES(1)")
    backup, url = tmp_path / "x.sql", f"sqlite:///{path}"
    for _ in range(2):
        ended = memoria("sqlite", "backup-database", backup, "--database-url", url, env=locale)
        assert ended.returncode == 0, ended.stderr
    assert sidecar(backup)["sequence"] == 2
    spelled = f"{tmp_path}/{name.decode(errors='backslashreplace')}"
    assert sidecar(backup)["database"] == f"sqlite:///{spelled}"
    with closing(sqlite3.connect(path)) as database:
        database.executescript("DELETE FROM t; CREATE TABLE u(a)")
    report = tmp_path / "report.json"
    arguments = ("--database-url", url, "--report", report)
    ended = memoria("sqlite", "restore-database", backup, *arguments, env=locale)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT name, (SELECT a FROM t) FROM sqlite_master").fetchall() == [("t", 1)]
    into = os.fsdecode(os.fsencode(tmp_path) + b"/new-" + name)
    ended = memoria("sqlite", "restore-database", backup, "--database-url", url, "--into", into, env=locale)
    assert ended.returncode == 0, ended.stderr
    assert Path(into).is_file()
    assert run("list-backups", tmp_path, "--json", env=locale).returncode == 0


@pytest.mark.parametrize("locale", [{}, C])
def test_one_that_is_not_there(tmp_path: Path, locale: dict[str, str]) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xfe.db")
    ended = memoria("sqlite", "backup-database", tmp_path / "x.sql", "--database-url", f"sqlite:///{path}", env=locale)
    assert ended.returncode == 1
    assert ended.message() == f"sqlite:///{tmp_path}/\\udcfe.db does not exist: {CREATE.format('it')}"
