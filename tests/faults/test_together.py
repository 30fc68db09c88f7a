"""Several runs on one database at once: each sees one moment, and each happens whole or not at all."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable
from pathlib import Path

import psycopg2
import pytest

from tests.backup.backups import equal, memoria
from tests.conftest import KINDS
from tests.faults.faults import BOTH, LARGE_ROWS, Make, connected, execute, grown, run, started
from tests.faults.writer import AMOUNT, Writer, prepare

pytest_plugins = ["tests.faults.fault_databases"]
POSTGRESQL = KINDS[-1]
Snapshots = Callable[[str], Path]


@pytest.mark.parametrize("kind", BOTH)
def test_one_snapshot_imported_four_times_at_once(make: Make, snapshots: Snapshots, kind: str) -> None:
    url, path = make(kind, "migrated"), snapshots("sample")
    with contextlib.ExitStack() as stack:
        runs = [
            stack.enter_context(started("import-data", path, "--database-url", url, "--no-input")) for _ in range(4)
        ]
        ended = [run.ended(60) for run in runs]
    assert {one.returncode for one in ended} <= {0, 4}, ended
    assert 0 in {one.returncode for one in ended}
    for one in ended:
        assert "deadlock" not in one.stderr
        assert one.returncode == 0 or one.is_one_sentence(), one.stderr
    assert equal(str(path), url)
    assert len(execute(url, "SELECT 1 FROM memoria_imports")) == [one.returncode for one in ended].count(0)


@pytest.mark.parametrize("kind", ["sqlite-wal", "sqlite-delete", POSTGRESQL])
def test_a_backup_while_a_writer_commits(make: Make, tmp_path: Path, kind: str) -> None:
    vendor, _, journal = kind.partition("-") if kind.startswith("sqlite") else (kind, "", "")
    url, path, copy = make(vendor, "large"), tmp_path / "x.sql", make(vendor, "migrated")
    if journal:
        execute(url, f"PRAGMA journal_mode = {journal}")
    prepare(url)
    with Writer(url) as writer:
        ended = memoria(vendor, "backup-database", path, "--database-url", url)
    assert ended.returncode == 0, ended.stderr
    assert writer.commits > 0
    restored = memoria(vendor, "restore-database", path, "--database-url", copy, "--no-safety-backup")
    assert restored.returncode == 0, restored.stderr
    assert execute(copy, "SELECT sum(access_count) FROM long_term_memory") == [(AMOUNT * LARGE_ROWS,)]
    ((clusters,),) = execute(copy, "SELECT count(*) FROM clusters")
    assert execute(copy, "SELECT count(DISTINCT cluster_id) FROM cluster_members") == [(clusters,)]
    ((left,),) = execute(copy, "SELECT access_count FROM long_term_memory WHERE memory_id = 'big-00001'")
    assert left == AMOUNT - clusters


@pytest.mark.parametrize("kind", BOTH)
def test_backups_while_imports_replace_everything(make: Make, snapshots: Snapshots, tmp_path: Path, kind: str) -> None:
    """Each backup is of one import or of the one before."""
    url, copy = make(kind), make(kind, "migrated")
    one, other = snapshots("sample"), tmp_path / "other.ndjson"
    execute(url, "DELETE FROM cluster_members", "UPDATE long_term_memory SET summary = 'other'")
    assert run("export-data", other, "--database-url", url).returncode == 0
    for number, source in enumerate((one, other)):
        path = tmp_path / f"{number}.sql"
        with started("import-data", source, "--database-url", url, "--no-input") as importing:
            ended = memoria(kind, "backup-database", path, "--database-url", url)
            imported = importing.ended()
        assert (ended.returncode, imported.returncode) in ((0, 0), (4, 0), (0, 4)), (ended, imported)
        if ended.returncode == 0:
            restored = memoria(kind, "restore-database", path, "--database-url", copy, "--no-safety-backup")
            assert restored.returncode == 0, restored.stderr
            assert equal(str(one), copy) != equal(str(other), copy)


def test_a_column_that_goes_while_rows_are_exported(make: Make, tmp_path: Path) -> None:
    """It waits until they are out; nothing that an export has yet to read can change."""
    url = make(POSTGRESQL, "large")
    with started("export-data", tmp_path / "x.ndjson", "--database-url", url) as exporting:
        exporting.strike(signal.SIGSTOP, grown(tmp_path))
        with connected(url) as cursor:
            cursor.execute("SET lock_timeout = 100")
            with pytest.raises(psycopg2.errors.LockNotAvailable):
                cursor.execute("ALTER TABLE memory_relationships DROP COLUMN reasoning")
        exporting.process.send_signal(signal.SIGCONT)
        assert exporting.ended().returncode == 0
