"""`prune-backups`: the rules of a backup, without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from memoria.backup.errors import WrongArguments
from memoria.backup.prune import Prune
from memoria.backup.store import sidecar as sidecars
from memoria.backup.store.destination import Destination
from memoria.backup.store.retention import Policy
from tests.backup.backups import backed_up, files, memoria, refused
from tests.faults.faults import BOTH, Make

pytest_plugins = ["tests.faults.fault_databases"]
DAYS = ("20260101", "20260102", "20260103", "20260104")


@pytest.fixture
def folder(make: Make, tmp_path: Path) -> Path:
    """Backups of four days, and one that a restore made."""
    made = backed_up("sqlite", make("sqlite"), tmp_path / "made.sql.zst")
    place = tmp_path / "backup"
    place.mkdir()
    for sequence, day in enumerate(DAYS, 1):
        _copy(made, place / f"m-{day}T020000Z.sql.zst", f"{day[:4]}-{day[4:6]}-{day[6:]}T02:00:00.000000Z", sequence)
    _copy(made, place / "before-restore-m-20260102T030000Z.sql.zst", "2026-01-02T03:00:00.000000Z", 1)
    return place


def _copy(made: Path, path: Path, created_at: str, sequence: int) -> None:
    path.write_bytes(made.read_bytes())
    found = sidecars.read(sidecars.path_of(made))
    fields = {name: getattr(found, name) for name in found.__struct_fields__}
    sidecars.write(type(found)(**fields | {"created_at": created_at, "sequence": sequence}), sidecars.path_of(path))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".json"))


def test_what_no_rule_keeps_goes(folder: Path) -> None:
    ended = memoria("sqlite", "prune-backups", folder / "m-{timestamp}.sql.zst", "--keep-last", "2")
    size = sum(1 for _ in folder.iterdir())
    assert (ended.returncode, size) == (0, 6)
    assert ended.stderr.startswith("Removed 2 backups (")
    assert ended.stderr.endswith("): m-20260101T020000Z.sql.zst, m-20260102T020000Z.sql.zst.\n")
    assert names(folder) == [
        "before-restore-m-20260102T030000Z.sql.zst",
        "m-20260103T020000Z.sql.zst",
        "m-20260104T020000Z.sql.zst",
    ]
    ended = memoria("sqlite", "prune-backups", folder / "m-{timestamp}.sql.zst", "--keep-last", "2")
    assert ended.stderr == f"Nothing to remove in {folder}.\n"


def test_safety_copies(folder: Path) -> None:
    ended = memoria("sqlite", "prune-backups", folder / "m-{timestamp}.sql.zst", "--safety-older-than", "30d")
    assert "Removed 1 backup (" in ended.stderr
    assert names(folder) == [f"m-{day}T020000Z.sql.zst" for day in DAYS]


def test_a_dry_run_writes_nothing_not_even_a_mark(folder: Path, tmp_path: Path) -> None:
    (folder / "m-20260104T020000Z.sql.zst").write_bytes(
        bytes(len((folder / "m-20260104T020000Z.sql.zst").read_bytes()))
    )
    before, report = files(folder), tmp_path / "report.json"
    arguments = (folder / "m-{timestamp}.sql.zst", "--keep-daily", "1", "--safety-older-than", "1w", "--dry-run")
    ended = memoria("sqlite", "prune-backups", *arguments, "--report", report)
    assert files(folder) == before
    lines = ended.stderr.splitlines()
    assert lines[:-1] == [
        "Would keep m-20260103T020000Z.sql.zst: daily.",
        "Would keep m-20260104T020000Z.sql.zst: neither counted nor removed.",
    ]
    told = json.loads(report.read_bytes())
    assert (told["operation"], told["dry_run"], told["removed"]) == (
        "prune",
        True,
        [
            "m-20260101T020000Z.sql.zst",
            "m-20260102T020000Z.sql.zst",
            "before-restore-m-20260102T030000Z.sql.zst",
        ],
    )


def test_without_a_rule(folder: Path) -> None:
    before = files(folder)
    sentence = "a rule is missing: --keep-last, -daily, -weekly or -monthly, or --safety-older-than"
    assert refused("sqlite", "prune-backups", folder / "m-{timestamp}.sql.zst", code=2) == sentence
    with pytest.raises(WrongArguments):
        Prune(Destination.parse(str(folder / "m-{timestamp}.sql.zst")), Policy()).run()
    assert files(folder) == before


def test_each_database_keeps_its_own(folder: Path, make: Make) -> None:
    url = make(BOTH[1])
    backed_up(BOTH[1], url, folder / "m-{timestamp}.sql.zst")
    memoria("sqlite", "prune-backups", folder / "m-{timestamp}.sql.zst", "--keep-last", "1")
    assert [name.partition("T")[0] for name in names(folder)][:2] == ["before-restore-m-20260102", "m-20260104"]
    assert len(names(folder)) == 3


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    sentence = refused("sqlite", "prune-backups", tmp_path / "no" / "m-{timestamp}.sql", "--keep-last", "1")
    assert sentence == f"cannot read {tmp_path}/no: no such folder"
    assert not (tmp_path / "no").exists()
