"""Several databases whose backups go to one place, or whose names look alike there."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.backup.backups import POSTGRESQL, backed_up, listing, memoria, psql_database, refused, sidecar
from tests.faults.faults import Make, execute, path_of

pytest_plugins = ["tests.faults.fault_databases"]


@contextmanager
def alike(make: Make, folder: Path, kind: str) -> Iterator[tuple[str, str]]:
    """Two databases that `{database}` spells in the same way; only the first has rows."""
    full = make(kind)
    if kind == "sqlite":
        (folder / "other").mkdir()
        empty = folder / "other" / "memoria.sqlite3"
        shutil.copyfile(path_of(make(kind, "migrated")), empty)
        yield full, f"sqlite:///{empty}"
        return
    name = full.split("/")[3].split("?")[0]
    with psql_database(full, f'"{name.replace("_", " ")}"') as found:
        empty_url = found.replace('"', "").replace(" ", "%20")
        execute(empty_url, "CREATE TABLE t (a int)")
        yield full, empty_url


@pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
def test_retention_leaves_another_databases_backups_alone(make: Make, tmp_path: Path, kind: str) -> None:
    place = tmp_path / "ret" / "{database}-{timestamp}.sql"
    with alike(make, tmp_path, kind) as (full, empty):
        for _ in range(2):
            backed_up(kind, full, place, "--keep-last", "1")
            backed_up(kind, empty, place, "--keep-last", "1")
    found = listing(place.parent)
    assert len(found) == 2
    assert len({entry["name"].partition("-2")[0] for entry in found}) == 1
    assert len({entry["database"] for entry in found}) == 2
    assert [entry["sequence"] for entry in found] == [2, 2]
    assert [entry["state"] for entry in found] == ["verified", "verified"]  # the empty one is not suspicious


def test_a_database_is_the_same_from_any_folder(make: Make, tmp_path: Path) -> None:
    """And another folder's database of the same relative name is another one."""
    first, second = (path_of(make("sqlite", "migrated")).parent for _ in range(2))
    place = tmp_path / "b-{timestamp}.sql"
    backed_up("sqlite", f"sqlite:///{first}/memoria.sqlite3", place, "--keep-last", "1")
    for folder in (first, second):
        relative = os.path.relpath(folder / "memoria.sqlite3", Path.cwd())
        backed_up("sqlite", f"sqlite:///{relative}", place, "--keep-last", "1")
    databases = [(entry["sequence"], entry["database"]) for entry in listing(tmp_path)]
    assert databases == [(2, f"sqlite:///{first}/memoria.sqlite3"), (1, f"sqlite:///{second}/memoria.sqlite3")]


def test_a_backup_of_another_database_is_not_replaced(make: Make, tmp_path: Path) -> None:
    mine, theirs = make("sqlite"), make("sqlite", "migrated")
    path = backed_up("sqlite", mine, tmp_path / "x.sql")
    before = path.read_bytes()
    said = refused("sqlite", "backup-database", path, "--database-url", theirs, code=2)
    assert said == f"{path} is a backup of {mine}, and this is one of {theirs}: name another file, or remove that one"
    assert path.read_bytes() == before
    backed_up("sqlite", mine, path)
    assert sidecar(path)["sequence"] == 2


class TestADatabaseIsNotReplaced:
    @pytest.mark.parametrize("own", [True, False])
    def test_by_a_backup(self, make: Make, tmp_path: Path, own: bool) -> None:
        url, other = make("sqlite"), tmp_path / "data.sql"
        shutil.copyfile(path_of(url), other)
        source = f"sqlite:///{other}" if own else url
        said = refused("sqlite", "backup-database", other, "--database-url", source)
        assert said == f"cannot write {other}: it is a SQLite database; name another file"
        assert os.listdir(tmp_path) == ["data.sql"]
        assert execute(f"sqlite:///{other}", "SELECT count(*) FROM clusters") == [(17,)]

    def test_by_a_sidecar(self, make: Make, tmp_path: Path) -> None:
        url, other = make("sqlite"), tmp_path / "x.sql.json"
        shutil.copyfile(path_of(url), other)
        said = refused("sqlite", "backup-database", tmp_path / "x.sql", "--database-url", url)
        assert said == f"cannot write {other}: it is a SQLite database; name another file"
        assert execute(f"sqlite:///{other}", "SELECT count(*) FROM clusters") == [(17,)]

    @pytest.mark.parametrize(("mode", "end"), [("wal", "-wal"), ("wal", "-shm"), ("delete", "-journal")])
    @pytest.mark.parametrize("name", ["w.sqlite3", "w"])
    def test_nor_what_belongs_to_it(self, make: Make, tmp_path: Path, mode: str, end: str, name: str) -> None:
        url, path = make("sqlite", "migrated"), tmp_path / name
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute(f"PRAGMA journal_mode = {mode}")
            database.execute("CREATE TABLE t (a)")
            database.execute("PRAGMA cache_size = 1")
            database.execute("BEGIN")
            database.execute("INSERT INTO t SELECT zeroblob(5000) FROM pragma_function_list")
            if mode == "wal":
                database.execute("COMMIT")
            target = Path(f"{path}{end}")
            before = target.read_bytes()
            assert before
            ended = memoria("sqlite", "export-data", target, "--format", "json", "--database-url", url)
            assert ended.returncode == 1
            assert ended.message() == f"cannot write {target}: it holds changes of a SQLite database; name another file"
            assert target.read_bytes() == before

    def test_nor_a_log_whose_database_has_another_name(self, make: Make, tmp_path: Path) -> None:
        for magic in ("377f0682", "377f0683", "d9d505f920a163d7"):
            target = tmp_path / "data.sql"
            target.write_bytes(bytes.fromhex(magic) + bytes(100))
            said = refused("sqlite", "backup-database", target, "--database-url", make("sqlite", "migrated"))
            assert said == f"cannot write {target}: it holds changes of a SQLite database; name another file"
