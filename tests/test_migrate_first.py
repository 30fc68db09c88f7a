"""--migrate creates tables in the transaction that writes the rows: they stay where those do."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import KINDS, MakeDatabase
from tests.faults.faults import BOTH, Make, Watch, execute, gone, path_of, run, started, state

pytest_plugins = ["tests.faults.fault_databases"]
COMMANDS = ["import-data", "import-memories"]
Snapshots = Callable[[str], Path]


def cut(snapshots: Snapshots, folder: Path) -> Path:
    whole = snapshots("sample").read_bytes()
    (folder / "cut.ndjson").write_bytes(whole[: len(whole) // 2])
    return folder / "cut.ndjson"


def with_an_unknown_column(snapshots: Snapshots, folder: Path) -> Path:
    whole = snapshots("sample").read_bytes()
    (folder / "unknown.ndjson").write_bytes(
        re.sub(rb'"importance_score": ?', b'"unheard_of": 1, \\g<0>', whole, count=1)
    )
    return folder / "unknown.ndjson"


@pytest.mark.parametrize("spoil", [cut, with_an_unknown_column])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_refused_file_leaves_no_table(
    database_url: str,
    snapshots: Snapshots,
    tmp_path: Path,
    command: str,
    spoil: Callable[[Snapshots, Path], Path],
) -> None:
    before = state(database_url)
    ended = run(command, spoil(snapshots, tmp_path), "--migrate", "--database-url", database_url)
    assert ended.returncode == 1
    assert "Created" not in ended.stderr
    assert state(database_url) == before


@pytest.mark.parametrize("kind", BOTH)
def test_tables_that_were_missing_only(make: Make, snapshots: Snapshots, tmp_path: Path, kind: str) -> None:
    url = make(kind)
    execute(url, "DROP TABLE memory_relationships")
    before = state(url)
    ended = run("import-data", cut(snapshots, tmp_path), "--migrate", "--database-url", url)
    assert (ended.returncode, state(url) == before) == (1, True)
    ended = run("import-data", snapshots("sample"), "--migrate", "--database-url", url)
    assert ended.returncode == 0
    assert ended.stderr.startswith(f"Created memory_relationships in {url.partition('://')[0]}://")
    assert execute(url, "SELECT count(*) FROM memory_relationships") == [(138,)]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_new_file_goes_again(snapshots: Snapshots, tmp_path: Path, command: str) -> None:
    (folder := tmp_path / "new").mkdir()
    url = f"sqlite:///{folder}/new.sqlite3"
    ended = run(command, cut(snapshots, tmp_path), "--migrate", "--database-url", url)
    assert (ended.returncode, list(folder.iterdir())) == (1, [])
    ended = run(command, snapshots("sample"), "--migrate", "--database-url", url)
    assert ended.returncode == 0
    assert ended.stderr.startswith(f"Created 20 tables in {url}.\n")
    assert execute(url, "SELECT count(*) FROM cluster_members") == [(158,)]


def test_no_folder_for_a_new_file(snapshots: Snapshots, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/nowhere/new.sqlite3"
    ended = run("import-data", snapshots("sample"), "--migrate", "--database-url", url)
    assert (ended.returncode, ended.message()) == (1, f"cannot write {url}: no such file")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("kind", BOTH)
def test_stopped_in_the_middle(
    make_database: MakeDatabase, snapshots: Snapshots, kind: str, number: signal.Signals
) -> None:
    url = make_database(kind)
    before = state(url)
    with started("import-data", snapshots("large"), "--migrate", "--database-url", url) as running:
        if kind == "sqlite":
            running.strike(number, lambda: path_of(url).stat().st_size > 1 << 20)
        else:
            any_copy = "SELECT 1 FROM pg_stat_progress_copy WHERE datname = current_database() AND tuples_processed > 0"
            with Watch(url, any_copy) as halfway:
                running.strike(number, halfway)
        running.ended()
    if kind != "sqlite":
        assert gone(url)
    assert state(url) == before


@pytest.mark.parametrize("kind", KINDS)
def test_two_at_once(make_database: MakeDatabase, snapshots: Snapshots, kind: str) -> None:
    """One creates the tables; the other finds them, or has to come again."""
    url = make_database(kind)
    arguments = ("import-memories", snapshots("sample"), "--migrate", "--database-url", url)
    with started(*arguments) as one, started(*arguments) as other:
        ended = [running.ended(timeout=60) for running in (one, other)]
    assert sorted(each.returncode for each in ended) in ([0, 0], [0, 4]), ended
    for late in (each for each in ended if each.returncode):
        assert late.is_one_sentence()
        assert late.message().endswith("; try again when it is done")
    assert execute(url, "SELECT count(*) FROM cluster_members") == [(158,)]
