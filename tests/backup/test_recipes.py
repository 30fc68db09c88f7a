"""The crontab and the systemd units of docs/operations.md do what the page says."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backup.backups import listing
from tests.conftest import ROOT
from tests.faults.faults import Make

pytest_plugins = ["tests.faults.fault_databases"]
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
CRON = {"PATH": "/usr/bin:/bin", "HOME": "/", "SHELL": "/bin/sh", "LOGNAME": "root"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def here(text: str, tmp_path: Path) -> str:
    """The page's places as those of this test."""
    return text.replace("/srv/memoria", str(tmp_path / "srv")).replace("/var/backups/memoria", str(tmp_path / "out"))


@pytest.fixture
def checkout(make: Make, tmp_path: Path) -> Path:
    """What stands in for /srv/memoria: this checkout, with an environment of its own."""
    folder = tmp_path / "srv"
    folder.mkdir()
    for name in ("memoria", "memoria_site", "scripts", "manage.py"):
        (folder / name).symlink_to(ROOT / name)
    bin = folder / ".venv" / "bin"
    bin.mkdir(parents=True)
    (bin / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (bin / "memoria").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/manage.py" "$@"\n')
    (bin / "python").chmod(0o755)
    (bin / "memoria").chmod(0o755)
    (folder / "environment").write_text(f"export DATABASE_URL={make('sqlite')}\n")
    return folder


def cron_jobs(crontab: str) -> list[str]:
    """The commands of a crontab, as cron hands them to its shell."""
    commands = []
    for line in crontab.splitlines():
        if re.match(r"\s*(#|$|\w+\s*=)", line):
            continue
        fields = line.split(None, 5)
        assert all(re.fullmatch(r"[\d*/,-]+", field) for field in fields[:5]), line
        command = re.sub(r"(?<!\\)%", "\n", fields[5])
        assert "\n" not in command, "what follows a bare % is not part of the command"
        commands.append(command.replace("\\%", "%"))
    return commands


def test_the_crontab(checkout: Path, tmp_path: Path) -> None:
    (crontab,) = blocks("crontab")
    backup, check = cron_jobs(here(crontab, tmp_path))
    for command in (backup, check):
        ended = subprocess.run(
            ["/bin/sh", "-c", command], cwd="/", env=CRON, stdin=subprocess.DEVNULL, capture_output=True
        )
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
    assert [entry["state"] for entry in listing(tmp_path / "out")] == ["verified"]
    os.truncate(next((tmp_path / "out").glob("*.zst")), 9)
    ended = subprocess.run(["/bin/sh", "-c", check], cwd="/", env=CRON, stdin=subprocess.DEVNULL, capture_output=True)
    assert (ended.returncode, ended.stdout, ended.stderr.count(b"\n")) == (1, b"", 1)


def test_the_systemd_units(checkout: Path, tmp_path: Path) -> None:
    service_text, timer_text = (
        (ROOT / "deploy" / "systemd" / f"memoria-backup.{kind}").read_text() for kind in ("service", "timer")
    )
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(here(service_text, tmp_path))
    service = parser["Service"]
    command = shlex.split(service["ExecStart"])
    assert not [word for word in command if "%" in word or "$" in word], "systemd would fill these in"
    assert command[0].startswith(str(checkout)), "systemd wants an absolute path"
    variables = dict(
        line.removeprefix("export ").split("=", 1) for line in (checkout / "environment").read_text().splitlines()
    )
    ended = subprocess.run(
        command, cwd=service["WorkingDirectory"], env={"PATH": CRON["PATH"], **variables}, capture_output=True
    )
    assert ended.returncode == 0, ended.stderr
    assert [entry["state"] for entry in listing(tmp_path / "out")] == ["verified"]
    parser.read_string(timer_text)
    assert parser["Timer"]["OnCalendar"] == "*-*-* 03:15:00"
