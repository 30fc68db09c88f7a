"""A run that the system gives no more memory: one sentence, and nothing has happened."""

from __future__ import annotations

import contextlib
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.faults.faults import BOTH, Ended, Make, Running, copying, execute, partials, path_of, started, state

pytest_plugins = ["tests.faults.fault_databases"]
MORE = [4, 12]
"""Megabytes that a run still gets from the moment on that is tried. With one of them a thread of the interpreter's may
end before it has begun, and whoever starts it waits for ever."""


def limited(run: Running, moment: Callable[[], object], megabytes: int) -> Ended:
    run.strike(signal.SIGSTOP, moment)
    process = psutil.Process(run.process.pid)
    process.rlimit(resource.RLIMIT_AS, (process.memory_info().vms + (megabytes << 20),) * 2)
    run.process.send_signal(signal.SIGCONT)
    return run.ended()


@pytest.mark.parametrize("name", ["x.json", "x.ndjson.zst"])
@pytest.mark.parametrize("kind", BOTH)
def test_export(make: Make, tmp_path: Path, kind: str, name: str) -> None:
    url, path, old = make(kind, "large"), tmp_path / name, b"what was exported before"
    for megabytes in MORE:
        path.write_bytes(old)
        with started("export-data", path, "--database-url", url, fresh=True) as run:
            ended = limited(run, lambda: partials(tmp_path), megabytes)
        assert (ended.returncode == 0) == (path.read_bytes() != old), ended
        assert partials(tmp_path) == [], ended
        require_sentence(ended)


@pytest.mark.parametrize("kind", BOTH)
def test_import(make: Make, snapshots: Callable[[str], Path], kind: str) -> None:
    url, path = make(kind), snapshots("large")
    execute(url, "DELETE FROM long_term_memory")
    before = state(url)
    for megabytes in MORE:
        with moment(url) as begun, started("import-data", path, "--database-url", url, "--no-input", fresh=True) as run:
            ended = limited(run, begun, megabytes)
        require_sentence(ended)
        if ended.returncode == 0:
            break
        assert state(url) == before


def moment(url: str) -> contextlib.AbstractContextManager[Callable[[], object]]:
    """When rows are being written."""
    if not url.startswith("sqlite"):
        return copying(url)
    return contextlib.nullcontext(Path(f"{path_of(url)}-journal").exists)


def require_sentence(ended: Ended) -> None:
    if ended.returncode:
        assert (ended.returncode, ended.is_one_sentence()) == (1, True), ended
        assert "memory" in ended.message(), ended
