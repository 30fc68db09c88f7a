"""What a version wrote is read by every later one.

`tests/support/samples/releases/` holds snapshots and backups as each version wrote them. `WRITE_RELEASE=1` writes those
of this one, once for each release.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from memoria import __version__
from tests.backup.backups import backed_up, equal, memoria
from tests.conftest import KINDS, ROOT, MakeDatabase
from tests.faults.faults import run
from tests.support.samples.engine import import_
from tests.support.samples.hostile import fill

RELEASES = ROOT / "tests" / "support" / "samples" / "releases"
SNAPSHOTS = ["x.json", "x.ndjson", "x.ndjson.gz", "x.ndjson.zst"]
BACKUPS = {
    "sqlite": ["sqlite.sql", "sqlite.sql.gz"],
    "postgresql": ["postgresql.sql.zst", "postgresql.dump"],
}


@pytest.mark.skipif("WRITE_RELEASE" not in os.environ, reason="writes files: only when it is asked for")
def test_write(make_database: MakeDatabase) -> None:
    folder = RELEASES / __version__
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for kind in KINDS[:2]:
        url = make_database(kind, migrated=True)
        fill(url)
        for name in SNAPSHOTS if kind == "sqlite" else []:
            assert run("export-data", folder / name, "--database-url", url).returncode == 0
        for name in BACKUPS[kind.partition("-")[0]]:
            backed_up(kind, url, folder / name)


def test_this_version_is_among_them() -> None:
    assert __version__ in os.listdir(RELEASES)


@pytest.fixture(params=sorted(os.listdir(RELEASES)))
def release(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The files of one version, in a folder that may be written to."""
    return Path(shutil.copytree(RELEASES / request.param, tmp_path / "release"))


def test_snapshots(release: Path, migrated_url: str) -> None:
    for name in SNAPSHOTS:
        report = import_(migrated_url, release / name)
        assert (report.exit_code, report.issues, report.notes) == (0, [], [])
        assert equal(str(release / "x.ndjson"), migrated_url)


@pytest.mark.parametrize("kind", KINDS)
def test_backups(release: Path, make_database: MakeDatabase, kind: str) -> None:
    for name in BACKUPS[kind.partition("-")[0]]:
        url = make_database(kind, migrated=True)
        for arguments in (
            ("verify-backup", release / name, *([] if kind == "sqlite" else ["--database-url", url])),
            ("restore-database", release / name, "--database-url", url, "--no-owner"),
        ):
            ended = memoria(kind, *arguments)
            assert ended.returncode == 0, ended.stderr
        assert equal(str(release / "x.ndjson"), url)
