"""A server in recovery: it can be read, also for a backup, and whoever wants to write is sent to the primary."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.backup.backups import POSTGRESQL, backed_up, memoria, programs, refused
from tests.conftest import GIVEN_SERVER
from tests.faults.faults import Make, execute, run

pytest_plugins = ["tests.faults.fault_databases"]
pytestmark = pytest.mark.skipif(bool(GIVEN_SERVER), reason="a standby is made of a server of the tests' own")
READ_ONLY = "is read-only (a hot standby): name the primary"


@pytest.fixture
def standby(make: Make, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The URLs of a database with the sample data and an import on the primary, and on its standby."""
    url = make(POSTGRESQL)
    first = tmp_path / "first.json"
    assert run("export-data", first, "--database-url", url).returncode == 0
    assert run("import-data", first, "--no-input", "--database-url", url).returncode == 0
    data = Path(parse_qs(urlsplit(url).query)["host"][0])
    folder = data.with_name(f"standby-{urlsplit(url).path[1:]}")
    owner = data.stat().st_uid
    folder.mkdir(mode=0o700)
    os.chown(folder, owner, -1)
    control = [f"{programs(POSTGRESQL)}/pg_ctl", "--silent", "--wait", f"--pgdata={folder}"]
    options = {"user": owner, "cwd": "/", "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    copy = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", f"--pgdata={folder}", f"--dbname={url}"]
    try:
        subprocess.run([f"{programs(POSTGRESQL)}/pg_basebackup", *copy], **options)  # type: ignore[call-overload]
        for lock in folder.glob(".s.PGSQL.*.lock"):  # the primary's, whose socket lies among its data
            lock.unlink()
        subprocess.run([*control, "-o", f"-h '' -k {folder}", f"--log={folder}/log", "start"], **options)  # type: ignore[call-overload]
        try:
            yield url, url.replace(str(data), str(folder))
        finally:
            subprocess.run([*control, "--mode=immediate", "stop"], **options)  # type: ignore[call-overload]
    finally:
        shutil.rmtree(folder)


def test_it_is_read_and_never_written(standby: tuple[str, str], tmp_path: Path) -> None:
    primary, url = standby
    assert execute(url, "SELECT pg_is_in_recovery()") == [(True,)]
    read, tried, snapshot = tmp_path / "read.sql", tmp_path / "tried.dump", tmp_path / "s.json"

    ended = memoria(POSTGRESQL, "backup-database", read, "--database-url", url)
    assert ended.returncode == 0, ended.stderr
    assert "verified by reading it" in ended.stderr
    backed_up(POSTGRESQL, url, tried, "--verify-url", primary)
    ended = memoria(POSTGRESQL, "verify-backup", tried, "--database-url", url)
    assert (ended.returncode, "verified by reading it" in ended.stderr) == (0, True)
    for jobs, path in ("1", snapshot), ("2", tmp_path / "by two.json"):
        ended = run("export-data", path, "--jobs", jobs, "--database-url", url)
        assert ended.returncode == 0, ended.stderr
    assert run("compare-data", url, snapshot).returncode == 0

    for arguments in (
        ("import-data", snapshot, "--no-input"),
        ("import-data", snapshot, "--no-input", "--migrate"),
        ("import-data", snapshot, "--dry-run"),
        ("import-memories", snapshot),
        ("undo-import", "1", "--no-input"),
        ("restore-database", read, "--no-safety-backup"),
        ("restore-database", read, "--into", "other"),
    ):
        said = refused(POSTGRESQL, *arguments, "--database-url", url)
        assert said.endswith(READ_ONLY), (arguments, said)
