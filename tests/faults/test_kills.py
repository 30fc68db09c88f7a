"""Runs that are killed at random moments: what they leave is exactly the state before, or the state after."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.faults import BOTH, Make, execute, run, started, state, without_history

pytest_plugins = ["tests.faults.fault_databases"]
Snapshots = Callable[[str], Path]
KILLS = int(os.environ.get("MEMORIA_TEST_KILLS", "3"))
"""Random moments for each case; 200 where there is time."""


def alone(url: str) -> None:
    """The server has noticed that the killed run is gone."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    end = time.monotonic() + 30
    while not url.startswith("sqlite") and execute(url, others) != [(0,)]:
        assert time.monotonic() < end
        time.sleep(0.02)


def killed(url: str, command: tuple[str | Path, ...], moment: float) -> bool:
    """Whether the run was still going on."""
    with started(*command, "--database-url", url) as running:
        time.sleep(moment)
        running.process.kill()
        code = running.ended(60).returncode
    alone(url)
    return code == -signal.SIGKILL


def rows(url: str) -> dict[str, Any]:
    """All but the numbers of keys that a run took and gave back."""
    found = without_history(state(url))
    return {name: value for name, value in found.items() if not name.startswith("sequence ")}


def states(url: str) -> list[str]:
    return [state for (state,) in execute(url, "SELECT state FROM memoria_imports ORDER BY id")]


@pytest.mark.parametrize("kind", BOTH)
def test_a_merge_and_its_undo(make: Make, snapshots: Snapshots, kind: str) -> None:
    url, path = make(kind), snapshots("large")
    merge = ("import-memories", path, "--new-ids", "--namespace", "copy")
    before = rows(url)
    began = time.monotonic()
    assert run(*merge, "--database-url", url).returncode == 0
    whole = time.monotonic() - began
    after = rows(url)
    began = time.monotonic()
    assert run("undo-import", "1", "--no-input", "--database-url", url).returncode == 0
    whole_undo = time.monotonic() - began
    assert rows(url) == before
    rng, struck = random.Random(64), 0
    for _ in range(KILLS):
        done = states(url).count("done")
        struck += killed(url, merge, rng.uniform(0.1, 1.1) * whole)
        is_there = states(url).count("done") > done
        assert rows(url) == (after if is_there else before)
        if not is_there:
            ended = run(*merge, "--database-url", url)
            assert ended.returncode == 0, ended.stderr
        number = str(len(states(url)))
        struck += killed(url, ("undo-import", number, "--no-input"), rng.uniform(0.1, 1.1) * whole_undo)
        is_undone = states(url)[-1] == "undone"
        assert rows(url) == (before if is_undone else after)
        if not is_undone:
            assert run("undo-import", number, "--no-input", "--database-url", url).returncode == 0
            assert rows(url) == before
    assert struck >= KILLS // 2, "most runs must have been struck"
