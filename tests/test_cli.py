"""`memoria` is `manage.py`: the same commands, bound to the project's settings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.faults import Make, run

pytest_plugins = ["tests.fault_databases"]
MEMORIA = "import sys; sys.argv[0] = 'memoria'; from memoria.cli import main; main()"


def memoria(*arguments: str, folder: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[bytes]:
    unset = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "-c", MEMORIA, *arguments],
        cwd=folder,
        env={**unset, "PYTHONPATH": str(ROOT), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )


def test_the_same_bytes_as_manage_py(make: Make, tmp_path: Path) -> None:
    url = make("sqlite")
    variables = {"SOURCE_DATE_EPOCH": "1767225600"}
    ours = memoria("export-data", "-", "--database-url", url, folder=tmp_path, **variables)
    assert ours.returncode == 0, ours.stderr
    assert ours.stdout == run("export-data", "-", "--database-url", url, env=variables).stdout
    assert list(tmp_path.iterdir()) == []


def test_the_same_refusal(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none.sqlite3"
    ours, theirs = memoria("export-data", "-", "--database-url", url), run("export-data", "-", "--database-url", url)
    assert ours.returncode == theirs.returncode == 1
    assert ours.stderr.decode() == theirs.stderr == f"CommandError: {url} does not exist\n"


def test_a_wrong_environment_is_one_sentence() -> None:
    ours = memoria("export-data", "-", DATABASE_URL="postgresql://ann:se/cret@host:x/name")
    assert (ours.returncode, ours.stdout) == (1, b"")
    assert ours.stderr.startswith(b"memoria: DATABASE_URL is not the URL of a database: ")
    assert b"cret" not in ours.stderr
    assert ours.stderr.count(b"\n") == 1
