"""A database where nothing can be written: it is read, or the sentence names the way that works."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.faults import Make, execute, path_of, run, small_disk

pytest_plugins = ["tests.faults.fault_databases"]
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
WAL = (
    "cannot be opened: if it is in WAL mode, even a reader writes beside it, and its folder must be writable; copy the"
    " file and its -wal to a folder that is, and name the copy"
)


@pytest.fixture
def mounted(make: Make, tmp_path: Path) -> Iterator[Path]:
    """A read-only disk with a database in WAL mode, and one that is in none."""
    with small_disk(tmp_path / "disk", "64m") as disk:
        source = path_of(make("sqlite"))
        for name in ("plain.sqlite3", "wal.sqlite3"):
            shutil.copy(source, disk / name)
        execute(f"sqlite:///{disk}/wal.sqlite3", "PRAGMA journal_mode = wal", "UPDATE clusters SET size = size")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        yield disk


@pytest.mark.parametrize(
    "command",
    [
        ("export-data", "out.json"),
        ("export-memories", "--output", "out.json"),
        ("backup-database", "out.sql"),
        ("list-imports",),
        ("import-data", "all.json", "--dry-run"),
        ("import-data", "all.json", "--no-input"),
        ("import-memories", "all.json"),
    ],
)
def test_wal_mode(mounted: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    arguments = [str(tmp_path / part) if part.startswith(("out.", "all.")) else part for part in command]
    plain = ("--database-url", f"sqlite:///{mounted}/plain.sqlite3")
    assert run("export-data", tmp_path / "all.json", *plain).returncode == 0
    url = f"sqlite:///{mounted}/wal.sqlite3"
    ended = run(*arguments, "--database-url", url)
    assert (ended.returncode, ended.stderr) == (1, f"CommandError: {url} {WAL}\n")
    copy = tmp_path / "copy.sqlite3"
    shutil.copy(mounted / "wal.sqlite3", copy)
    assert run(*arguments, "--database-url", f"sqlite:///{copy}").returncode == 0


def test_any_other_mode_is_read(mounted: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{mounted}/plain.sqlite3"
    assert run("export-data", tmp_path / "all.json", "--database-url", url).returncode == 0
    assert run("compare-data", tmp_path / "all.json", url).returncode == 0
    ended = run("import-data", tmp_path / "all.json", "--no-input", "--database-url", url)
    assert (ended.returncode, ended.stderr) == (1, f"CommandError: {url} is read-only\n")
    ended = run("import-data", tmp_path / "all.json", "--dry-run", "--database-url", url)
    assert (ended.returncode, "its file cannot be written" in ended.stderr) == (1, True)


@pytest.mark.parametrize(
    "command",
    [("export-data",), ("export-memories", "--output"), ("backup-database",), ("export-data", "-", "--report")],
)
def test_a_folder_that_is(mounted: Path, command: tuple[str, ...]) -> None:
    name = mounted / ("out.sql" if command[0] == "backup-database" else "out.json")
    ended = run(*command, name, "--database-url", f"sqlite:///{mounted}/plain.sqlite3")
    assert ended.returncode == 1
    assert ended.stderr.startswith(
        f"CommandError: cannot write {'to ' + str(mounted) if command[0][0] == 'b' else name}"
    )
    assert "read-only file system" in ended.stderr or "permission denied" in ended.stderr
    assert "Errno" not in ended.stderr
    assert ended.is_one_sentence()
