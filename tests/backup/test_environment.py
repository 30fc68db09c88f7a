"""What is set around a run, for programs or for a database, changes no backup."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.backup.backups import POSTGRESQL, backed_up, is_root, memoria, refused, sidecar
from tests.conftest import KINDS
from tests.faults.faults import Make, execute, path_of, role, run, small_disk

pytest_plugins = ["tests.faults.fault_databases"]
AROUND = {
    "PGTZ": "Asia/Kathmandu",
    "PGDATESTYLE": "SQL, DMY",
    "PGCLIENTENCODING": "LATIN1",
    "PGOPTIONS": "-c quote_all_identifiers=on -c bytea_output=escape -c IntervalStyle=sql_standard",
    "PG_COLOR": "always",
}
VALUES = [
    "CREATE TABLE vals (t timestamptz, d date, i interval, b bytea, c text)",
    "INSERT INTO vals VALUES ('2026-03-04 05:06+00', '2026-03-04', '-1 day 2 h', '\\x00ff', '€')",
]


@pytest.mark.parametrize("name", ["x.sql", "x.dump"])
@pytest.mark.parametrize("how", ["restored", "read"])
def test_variables_of_libpq(make: Make, tmp_path: Path, how: str, name: str) -> None:
    url = make(POSTGRESQL, "migrated")
    execute(url, *VALUES)
    quiet = sidecar(backed_up(POSTGRESQL, url, tmp_path / f"quiet-{name}"))["contents"]
    with role(url, options="LOGIN SUPERUSER" if how == "restored" else "LOGIN IN ROLE pg_read_all_data") as theirs:
        path = tmp_path / name
        ended = memoria(POSTGRESQL, "backup-database", path, "--database-url", theirs, env=AROUND)
        assert ended.returncode == 0, ended.stderr
        assert sidecar(path)["verified"]["how"] == how
        assert sidecar(path)["contents"] == quiet
        if how == "restored":
            execute(url, "DELETE FROM vals")
            ended = memoria(POSTGRESQL, "restore-database", path, "--database-url", theirs, env=AROUND)
            assert ended.returncode == 0, ended.stderr
            assert execute(url, "SELECT i = '-1 day 2 h', b = '\\x00ff', c FROM vals") == [(True, True, "€")]


def test_settings_of_the_database(make: Make, tmp_path: Path) -> None:
    url = make(POSTGRESQL, "migrated")
    quiet = sidecar(backed_up(POSTGRESQL, url, tmp_path / "quiet.sql"))["contents"]
    name = urlsplit(url).path[1:]
    for setting in ("quote_all_identifiers = on", "TimeZone = 'Asia/Kathmandu'", "DateStyle = 'SQL, DMY'"):
        execute(url, f"ALTER DATABASE {name} SET {setting}")
    path = backed_up(POSTGRESQL, url, tmp_path / "x.sql")
    assert sidecar(path)["contents"] == quiet
    assert b"COPY public.clusters (" in path.read_bytes()
    ended = memoria(POSTGRESQL, "restore-database", path, "--database-url", url)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.skipif(len(KINDS) < 3, reason="there is one version of PostgreSQL only")
def test_an_archive_of_a_newer_pg_dump(make: Make, tmp_path: Path) -> None:
    path = backed_up(KINDS[2], make(KINDS[2], "migrated"), tmp_path / "x.dump")
    said = refused(KINDS[1], "restore-database", path, "--database-url", make(KINDS[1], "migrated"))
    assert said.startswith("pg_restore failed with exit code 1: unsupported version (")
    assert said.endswith(" in file header; name the folder of a newer pg_restore in MEMORIA_PG_BIN")


@pytest.mark.skipif(not is_root(), reason="only root mounts a small disk")
class TestNoRoom:
    def test_for_the_trial_of_a_good_backup(self, make: Make, tmp_path: Path) -> None:
        path = backed_up("sqlite", make("sqlite", "large"), tmp_path / "x.sql")
        with small_disk(tmp_path / "small", "1m") as folder:
            said = refused("sqlite", "verify-backup", path, env={"TMPDIR": str(folder)})
            assert said == (
                f"a scratch database in {folder} (TMPDIR names another folder):"
                " no space left on the device; nothing was changed"
            )
        assert run("verify-backup", path).returncode == 0

    def test_for_the_trial_of_a_backup(self, make: Make, tmp_path: Path) -> None:
        """Zeros take little room in the file, and much in the database: no message names our private folder."""
        url = make("sqlite", "migrated")
        execute(url, "CREATE TABLE big (a)", "PRAGMA journal_mode = wal")
        execute(url, "INSERT INTO big SELECT zeroblob(1000000) FROM pragma_function_list LIMIT 8")
        with small_disk(tmp_path / "small", "5m") as folder:
            said = refused("sqlite", "backup-database", folder / "x.sql.zst", "--database-url", url)
            assert said == f"a scratch database in {folder}: no space left on the device; nothing was changed"
            assert list(folder.iterdir()) == []
        assert path_of(url).is_file()
