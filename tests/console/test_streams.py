"""Standard streams that are closed, or that do not know every letter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.backup.backups import backed_up
from tests.conftest import ROOT
from tests.faults.faults import Ended, Make, path_of, run

pytest_plugins = ["tests.faults.fault_databases"]
ASCII = [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]


def without_stdout(*arguments: str | Path) -> Ended:
    command = ["sh", "-c", 'exec "$0" manage.py "$@" >&-', sys.executable, *map(str, arguments)]
    ended = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    return Ended(ended.returncode, b"", ended.stderr.decode())


@pytest.fixture
def backup(make: Make, tmp_path: Path) -> Path:
    return backed_up("sqlite", make("sqlite", "migrated"), tmp_path / "é.sql")


def test_a_closed_standard_output(make: Make, backup: Path) -> None:
    """An exit code is an answer without it; a list is not."""
    assert without_stdout("check-backups", backup.parent) == Ended(0, b"", "")
    for form in ((), ("--json",)):
        ended = without_stdout("list-backups", backup.parent, *form)
        assert ended == Ended(1, b"", "CommandError: cannot write <stdout>: it is closed\n")
    full, empty = make("sqlite"), make("sqlite", "migrated")
    for other, code in ((full, 0), (empty, 1)):
        ended = without_stdout("compare-data", full, other, "--verbosity", "1")
        assert (ended.returncode, ended.stderr) == (code, "")


@pytest.mark.parametrize("environment", ASCII)
def test_one_that_knows_ascii_only(make: Make, backup: Path, environment: dict[str, str]) -> None:
    """Names are spelled out, and nothing fails."""
    checked = run("check-backups", backup.parent, env=environment)
    listed = run("list-backups", backup.parent, env=environment)
    other = path_of(make("sqlite", "migrated")).rename(backup.parent / "ü.sqlite3")
    compared = run("compare-data", f"sqlite:///{other}", f"sqlite:///{other}", env=environment)
    for ended, letter in ((checked, "é"), (listed, "é"), (compared, "ü")):
        assert (ended.returncode, ended.stderr) == (0, "")
        spelled = [f"\\x{ord(letter):x}", "".join(f"\\udc{byte:02x}" for byte in letter.encode())]
        assert any(spelling.encode() in ended.stdout for spelling in spelled), ended.stdout
