"""memoria.backup.store.refusal: what is damaged is said to be, is counted no more, and is whole again when it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from memoria.backup.store import catalogue, refusal
from memoria.backup.store import sidecar as sidecars
from tests.backup.backups import backed_up, listing, memoria, refused
from tests.faults.faults import Make, run

pytest_plugins = ["tests.faults.fault_databases"]


@pytest.fixture
def url(make: Make) -> str:
    return make("sqlite", "migrated")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def states(folder: Path, *options: str) -> list[str]:
    return [entry["state"] for entry in listing(folder, *options)]


def test_a_flipped_bit_is_seen_by_whoever_says_something_of_the_file(url: str, tmp_path: Path) -> None:
    path = backed_up("sqlite", url, tmp_path / "x.sql")
    assert states(tmp_path) == ["verified"]
    assert states(tmp_path, "--quick") == ["verified when made"]
    flip(path)
    assert states(tmp_path, "--quick") == ["verified when made"]
    quick = run("check-backups", tmp_path, "--quick")
    assert quick.returncode == 0
    assert f"{path} was verified when it was made, and is " in quick.stdout.decode()
    assert refused("sqlite", "check-backups", tmp_path) == f"{path}: damaged"
    # Once somebody has seen it, nobody needs to look again.
    assert states(tmp_path, "--quick") == states(tmp_path) == ["refused"]
    assert refused("sqlite", "check-backups", tmp_path, "--quick") == f"{path}: refused"
    flip(path)
    assert run("verify-backup", path).returncode == 0
    assert states(tmp_path, "--quick") == ["verified when made"]
    assert sorted(os.listdir(tmp_path)) == ["x.sql", "x.sql.json"]


@pytest.mark.parametrize("command", [("verify-backup",), ("restore-database", "--no-input")])
def test_whoever_refuses_it_marks_it(url: str, tmp_path: Path, command: tuple[str, ...]) -> None:
    path = backed_up("sqlite", url, tmp_path / "x.sql")
    flip(path)
    ended = run(command[0], path, *command[1:], "--database-url", url)
    assert ended.returncode == 1
    mark = refusal.of(path, catalogue.sidecar_of(path))
    assert mark is not None
    assert mark.reason.startswith(f"{path} is damaged")
    assert states(tmp_path, "--quick") == ["refused"]


def test_a_mark_is_of_one_backup(url: str, tmp_path: Path) -> None:
    """A file that replaces it has nothing to do with it."""
    path = backed_up("sqlite", url, tmp_path / "x.sql")
    flip(path)
    assert states(tmp_path) == ["damaged"]
    assert refusal.path_of(path).exists()
    backed_up("sqlite", url, path)
    assert states(tmp_path, "--quick") == ["verified when made"]
    assert not refusal.path_of(path).exists()


@pytest.mark.parametrize("seen", [True, False], ids=["refused before", "unseen"])
def test_retention_keeps_the_good_and_does_not_count_the_damaged(url: str, tmp_path: Path, seen: bool) -> None:
    pattern = tmp_path / "x-{timestamp}.sql"
    for _ in range(3):
        assert memoria("sqlite", "backup-database", pattern, "--database-url", url, "--fewer-rows").returncode == 0
    good, damaged, newest = (entry.path for entry in catalogue.listed(str(tmp_path), read=False))
    flip(damaged)
    if seen:
        assert run("verify-backup", damaged).returncode == 1
    ended = memoria("sqlite", "backup-database", pattern, "--database-url", url, "--keep-last", "3")
    assert ended.returncode == 0, ended.stderr
    assert all(path.exists() for path in (good, damaged, newest)), "of four one is damaged: three stay"
    ended = memoria("sqlite", "backup-database", pattern, "--database-url", url, "--keep-last", "2")
    assert ended.returncode == 0, ended.stderr
    assert [path.exists() for path in (good, damaged, newest)] == [False, True, False]
    assert [entry["state"] for entry in listing(tmp_path)] == ["refused", "verified", "verified"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(url: str, tmp_path: Path) -> None:
    path = backed_up("sqlite", url, tmp_path / "b" / "x.sql")
    flip(path)
    path.parent.chmod(0o500)
    try:
        said = refused("sqlite", "verify-backup", path)
    finally:
        path.parent.chmod(0o700)
    assert said.endswith(" (it cannot be marked: permission denied)")


@pytest.mark.parametrize("name", ["x.sql.gz", "x.sql.gzip", "x.sql.zst", "x.sql.zstd", "x.sql.GZ", "x.sql.Zstd"])
def test_every_ending_is_known_everywhere(url: str, tmp_path: Path, name: str) -> None:
    path = backed_up("sqlite", url, tmp_path / name)
    for place in (tmp_path, path):
        assert [entry["name"] for entry in listing(place)] == [name]
        assert run("check-backups", place).returncode == 0
    assert run("verify-backup", path).returncode == 0
    backup = sidecars.read(sidecars.path_of(path))
    assert backup.compression == ("gzip" if "gz" in name.lower() else "zstd")


def test_what_is_no_backup(url: str, tmp_path: Path) -> None:
    snapshot = tmp_path / "memories.json"
    assert run("export-data", snapshot, "--database-url", url).returncode == 0
    said = refused("sqlite", "restore-database", snapshot, "--no-input", "--database-url", url)
    assert said == f"{snapshot} is named as a snapshot or a sidecar: a snapshot is read by import-data"
    said = refused("sqlite", "list-backups", snapshot)
    assert said == f"cannot read {snapshot}: it is no folder; verify-backup looks at one file"
    assert refused("sqlite", "verify-backup", tmp_path) == f"there is no backup in {tmp_path}"
    said = refused("sqlite", "restore-database", tmp_path, "--no-input", "--database-url", url)
    assert said == f"cannot read {tmp_path}: it is a folder; name one of its backups, which list-backups shows"
