"""An export or import struck at its system calls: it has not happened, or happened whole, and says which.

Each test strikes a few calls; `MEMORIA_TEST_CALLS=0` strikes every one with every fault, which takes an hour.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.faults import BOTH, Make, execute, partials, run, state, without_history
from tests.faults.system_calls import KILLED, calls, needs_strace, require_durable, require_honest, strikes

pytest_plugins = ["tests.faults.fault_databases"]
pytestmark = needs_strace

_MOMENT = {"SOURCE_DATE_EPOCH": "1780000000"}
"""With it the same data gives the same bytes."""


@pytest.mark.parametrize(
    ("kind", "name"), [("sqlite", "x.json"), ("sqlite", "x.ndjson"), ("sqlite", "x.ndjson.gz"), (BOTH[1], "x.ndjson")]
)
def test_export(make: Make, tmp_path: Path, kind: str, name: str) -> None:
    url, folder = make(kind), tmp_path / "folder"
    path, old = folder / name, b"what was exported before"
    arguments = ("export-data", path, "--database-url", url)
    found = calls(*arguments, log=tmp_path / "log", env=_MOMENT)
    require_durable(found, folder)
    new = path.read_bytes()
    for strike in strikes(found, seed=34):
        path.write_bytes(old)
        ended = strike.on(*arguments, env=_MOMENT)
        content = path.read_bytes()
        assert content in (old, new), (strike, ended)
        require_honest(ended, strike, happened=content == new)
        if strike.fault != KILLED:
            assert partials(folder) == [], (strike, ended)
    assert run(*arguments, env=_MOMENT).returncode == 0
    assert list(folder.iterdir()) == [path]
    assert path.read_bytes() == new


@pytest.mark.parametrize("kind", BOTH)
def test_import(make: Make, snapshots: Callable[[str], Path], tmp_path: Path, kind: str) -> None:
    def changed() -> str:
        url = make(kind)
        execute(url, "DELETE FROM cluster_members", "UPDATE long_term_memory SET summary = 'before'")
        return url

    url, path = changed(), snapshots("sample")
    before = without_history(state(url))
    found = calls("import-data", path, "--database-url", url, "--no-input", log=tmp_path / "log")
    after = without_history(state(url))
    assert before != after
    for strike in strikes(found, seed=37):
        url = changed()
        ended = strike.on("import-data", path, "--database-url", url, "--no-input")
        now = without_history(state(url))
        assert now in (before, after), (strike, ended)
        require_honest(ended, strike, happened=now == after)
