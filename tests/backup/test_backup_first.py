"""`--backup-first`: a database is backed up before an import, or nothing is imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backup.backups import POSTGRESQL, listing, memoria
from tests.faults.faults import Make, run

pytest_plugins = ["tests.faults.fault_databases"]

COMMANDS = {"import-data": ("--no-input",), "import-memories": ("--new-ids", "--namespace", "copy")}


@pytest.fixture
def snapshot(make: Make, tmp_path: Path) -> Path:
    path, url = tmp_path / "all.json", make("sqlite", "migrated")
    assert run("load-sample-data", "--database-url", url).returncode == 0
    assert run("export-data", path, "--database-url", url).returncode == 0
    return path


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
def test_the_database_as_it_was(make: Make, tmp_path: Path, snapshot: Path, kind: str, command: str) -> None:
    url = make(kind, "migrated")
    assert run("load-sample-data", "--database-url", url).returncode == 0
    place = tmp_path / "kept" / "{database}-{timestamp}.sql"
    arguments = (command, snapshot, *COMMANDS[command], "--database-url", url, "--backup-first", place)
    assert run(*arguments, "--dry-run").returncode == 0
    assert not place.parent.exists(), "a dry run writes nothing"
    ended = memoria(kind, *arguments)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.startswith("Backed up ")
    (entry,) = listing(place.parent)
    assert entry["state"] == "verified"


@pytest.mark.parametrize("command", COMMANDS)
def test_without_the_backup_nothing_is_imported(make: Make, tmp_path: Path, snapshot: Path, command: str) -> None:
    url = make("sqlite", "migrated")
    assert run("load-sample-data", "--database-url", url).returncode == 0
    (tmp_path / "file").write_bytes(b"")
    place = tmp_path / "file" / "x.sql"
    ended = run(command, snapshot, *COMMANDS[command], "--database-url", url, "--backup-first", place)
    assert ended.returncode == 1
    assert ended.is_one_sentence()
    assert run("list-imports", "--database-url", url, "--json").stdout.decode() == "[]\n"
    wrong = run(command, snapshot, *COMMANDS[command], "--database-url", url, "--backup-first", tmp_path / "x.zip")
    assert wrong.returncode == 2
