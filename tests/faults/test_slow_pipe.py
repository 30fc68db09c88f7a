"""A pipe that is slow holds nobody up: it is read to its end before the database is touched."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import KINDS
from tests.faults.faults import Make, execute, run, started

pytest_plugins = ["tests.faults.fault_databases"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "command",
    [("import-memories", "-"), ("import-memories", "-", "--dry-run"), ("import-data", "-", "--no-input")],
    ids=" ".join,
)
@pytest.mark.parametrize("content", ["sample", "migrated"])
def test_into(make: Make, tmp_path: Path, kind: str, command: tuple[str, ...], content: str) -> None:
    """Also where the tables are empty, which takes one reading of the file."""
    path, url = tmp_path / "all.ndjson", make(kind, content)
    assert run("export-data", path, "--database-url", make("sqlite")).returncode == 0
    data = path.read_bytes()
    with started(*command, "--database-url", url, stdin=subprocess.PIPE) as running:
        assert running.process.stdin is not None
        running.process.stdin.write(data[: len(data) // 2])
        running.process.stdin.flush()
        end = time.monotonic() + 1.0
        while time.monotonic() < end:  # it has begun by then, and waits for the other half
            assert running.process.poll() is None
            execute(url, "UPDATE clusters SET size = size", "DELETE FROM teams WHERE team_id = 'nobody'")
            time.sleep(0.02)
        running.process.stdin.write(data[len(data) // 2 :])
        running.process.stdin.close()
        running.process.stdin = None
        assert running.ended(60).returncode == 0
