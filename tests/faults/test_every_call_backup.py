"""A backup, a pruning or a restore struck at its system calls: done, or as if it had not begun, and it says which.

Each test strikes a few calls; `MEMORIA_TEST_CALLS=0` strikes every one with every fault, which takes an hour.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from memoria.backup.store import catalogue
from memoria.backup.store.file import BackupFile
from tests.backup.backups import backed_up, environment, files, memoria, sidecar
from tests.faults.faults import BOTH, Make, execute, path_of, state
from tests.faults.system_calls import KILLED, calls, needs_strace, require_durable, require_honest, strikes

pytest_plugins = ["tests.faults.fault_databases"]
pytestmark = needs_strace


def pair(path: Path) -> tuple[bytes, bytes]:
    return path.read_bytes(), path.with_name(f"{path.name}.json").read_bytes()


def require_whole(path: Path) -> int:
    """The number of the backup of that name, which is as its sidecar says."""
    found = catalogue.sidecar_of(path)
    with BackupFile(path) as file:
        file.require(found.size, found.sha256)
    return found.sequence


@pytest.mark.parametrize("kind", BOTH)
def test_backup(make: Make, tmp_path: Path, kind: str) -> None:
    url, folder = make(kind), tmp_path / "folder"
    path = backed_up(kind, url, folder / "x.sql.gz")
    arguments = ("backup-database", path, "--database-url", url)
    found = calls(*arguments, log=tmp_path / "log", env=environment(kind))
    require_durable(found, folder)
    for strike in strikes(found, seed=40):
        earlier, number = pair(path), sidecar(path)["sequence"]
        ended = strike.on(*arguments, env=environment(kind))
        happened = require_whole(path) != number
        assert happened or pair(path) == earlier, (strike, ended)
        require_honest(ended, strike, happened=happened)
        if strike.fault != KILLED:
            assert sorted(os.listdir(folder)) == [path.name, f"{path.name}.json"], (strike, ended)
    backed_up(kind, url, path)
    assert sorted(os.listdir(folder)) == [path.name, f"{path.name}.json"]


def test_pruning(make: Make, tmp_path: Path) -> None:
    url, folder = make("sqlite"), tmp_path / "folder"
    for name in [f"x-20260101T00000{second}Z.sql" for second in (1, 2, 3)]:
        backed_up("sqlite", url, folder / name)
    kept = files(folder)
    arguments = ("backup-database", folder / "x-{timestamp}.sql", "--database-url", url, "--keep-last", "1")
    found = calls(*arguments, log=tmp_path / "log")
    for strike in strikes(found, seed=128):
        shutil.rmtree(folder)
        folder.mkdir()
        for name, data in kept.items():
            (folder / name).write_bytes(data)
        ended = strike.on(*arguments)
        found_now = sorted(path for path in folder.glob("x-*.sql") if path.with_name(f"{path.name}.json").exists())
        numbers = [require_whole(path) for path in found_now]
        assert numbers, (strike, ended)
        require_honest(ended, strike, happened=len(numbers) == 1 and found_now[0].name not in kept)


@pytest.mark.parametrize("kind", BOTH)
def test_restore(make: Make, tmp_path: Path, kind: str) -> None:
    path = backed_up(kind, make(kind), tmp_path / "folder" / "x.sql.gz")

    def changed() -> str:
        url = make(kind)
        execute(url, "DELETE FROM cluster_members", "UPDATE long_term_memory SET summary = 'before'")
        return url

    def arguments() -> tuple[str | Path, ...]:
        return ("restore-database", path, "--database-url", url, "--no-input")

    def safety() -> list[Path]:
        return [p for p in path.parent.glob("before-restore-*") if p.with_name(f"{p.name}.json").exists()]

    url = changed()
    before = state(url)
    found = calls(*arguments(), log=tmp_path / "log", env=environment(kind))
    after = state(url)
    assert before != after
    for strike in strikes(found, seed=49):
        url, earlier = changed(), safety()
        ended = strike.on(*arguments(), env=environment(kind))
        now = state(url)
        assert now in (before, after), (strike, ended)
        require_honest(ended, strike, happened=now == after)
        if now == after:
            (new,) = set(safety()).difference(earlier)
            require_whole(new)
        if kind == "sqlite" and strike.fault != KILLED:
            assert os.listdir(path_of(url).parent) == ["memoria.sqlite3"], (strike, ended)
    assert memoria(kind, *arguments()).returncode == 0
    assert state(url) == after
