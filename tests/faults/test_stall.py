"""A link that stalls in the middle, and stays open: a command ends by itself within the limit that docs name."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import KINDS
from tests.faults.faults import Make, Proxy, connected, execute, run, started, state

pytest_plugins = ["tests.faults.fault_databases"]
POSTGRESQL = KINDS[-1]
Snapshots = Callable[[str], Path]
SOON = {"MEMORIA_STALL_TIMEOUT": "1"}
LIMIT = 1 + 2 + 5 + 10
"""Seconds: the limit, those to connect once more and to ask, and what a slow machine needs beside them."""


def stalled(url: str, *command: str | Path, sent: float = float("inf"), received: float = float("inf")) -> str:
    """What a command says behind a link that stalls."""
    with Proxy(url, lambda data, before: 0 if before > sent else None, stalls=True, stalls_at=received) as proxy:
        through = f"{proxy.url}&connect_timeout=2"
        arguments = [through if part == "URL" else part for part in command]
        began = time.monotonic()
        with started(*arguments, env=SOON) as running:
            ended = running.ended(60)
        assert time.monotonic() - began < LIMIT
    assert ended.returncode == 1
    assert ended.is_one_sentence(), ended.stderr
    return ended.message().partition(" was lost ")[2]


def test_an_export(make: Make, tmp_path: Path) -> None:
    url = make(POSTGRESQL, "large")
    command = ("export-data", tmp_path / "x.json", "--database-url", "URL")
    assert stalled(url, *command, received=5_000_000) == "(nothing came through for 1 s); nothing was changed"
    assert list(tmp_path.iterdir()) == []


def test_a_comparison(make: Make) -> None:
    url = make(POSTGRESQL, "large")
    said = stalled(url, "compare-data", "URL", "URL", received=5_000_000)
    assert said == "(nothing came through for 1 s); nothing was changed"


@pytest.mark.parametrize("command", ["import-data", "import-memories"])
def test_an_import(make: Make, snapshots: Snapshots, command: str) -> None:
    url = make(POSTGRESQL)
    before = state(url)
    options = ("--no-input",) if command == "import-data" else ("--namespace", "copy", "--new-ids")
    said = stalled(url, command, snapshots("large"), *options, "--database-url", "URL", sent=5_000_000)
    assert said == "(nothing came through for 1 s); nothing was changed"
    # The server keeps what it has until its own keepalives find out: the proxy is gone by now.
    end = time.monotonic() + 30
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    while execute(url, sessions) != [(0,)]:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert state(url) == before


def test_an_undo(make: Make, snapshots: Snapshots) -> None:
    url = make(POSTGRESQL)
    assert run("import-memories", snapshots("large"), "--database-url", url).returncode == 0
    said = stalled(url, "undo-import", "1", "--no-input", "--database-url", "URL", received=30_000)
    assert said == "(nothing came through for 1 s); nothing was changed"


def test_a_server_that_is_at_work_is_left_alone(make: Make, snapshots: Snapshots) -> None:
    """It waits for a lock, much longer than the limit."""
    url = make(POSTGRESQL, "migrated")
    with connected(url, autocommit=False) as cursor:
        cursor.execute("LOCK TABLE clusters IN ACCESS EXCLUSIVE MODE")
        with started("import-data", snapshots("sample"), "--database-url", url, env=SOON) as running:
            time.sleep(4)
            assert running.process.poll() is None
            cursor.connection.rollback()
            assert running.ended(60).returncode == 0


def test_a_slow_reader_of_a_pipe_is_no_stall(make: Make) -> None:
    url = make(POSTGRESQL, "large")
    with started("export-data", "-", "--database-url", url, env=SOON, stdout=subprocess.PIPE) as running:
        assert running.process.stdout is not None
        running.process.stdout.read(1_000_000)
        time.sleep(4)
        rest = running.process.stdout.read()
        assert running.process.wait(30) == 0
    assert rest.rstrip().endswith(b"}")


def test_a_limit_that_is_none(make: Make, tmp_path: Path) -> None:
    ended = run(
        "export-data",
        tmp_path / "x",
        "--database-url",
        make(POSTGRESQL, "migrated"),
        env={"MEMORIA_STALL_TIMEOUT": "0"},
    )
    assert (ended.returncode, ended.stderr) == (
        1,
        "CommandError: MEMORIA_STALL_TIMEOUT is '0': write seconds, from 1 up to 86400\n",
    )
