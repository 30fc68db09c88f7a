"""What containers and systemd start: checked by their own programs, and run as processes."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import load_command_class

from tests.conftest import ROOT, MakeDatabase
from tests.site.servers import environment, free_port, get, wait_for

START = ROOT / "deploy" / "start"
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
BIN = Path(sys.executable).parent


@pytest.mark.skipif(sys.platform != "linux", reason="its linter is a program for Linux")
def test_the_dockerfile() -> None:
    ended = subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")


def test_what_the_dockerfile_copies_is_there_and_not_ignored() -> None:
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(names) == allowed
    assert all((ROOT / name).exists() for name in names)


def test_compose() -> None:
    services: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert set(services) == {"database", "site", "worker", "backup"}
    for name in ("site", "worker", "backup"):
        service = services[name]
        assert (service["read_only"], service["cap_drop"], service["volumes"]) == (True, ["ALL"], ["data:/data"])
        part = {"site": "web"}.get(name, name)
        assert service["command"] == [part]
        assert f"\n{part})\n" in START.read_text()
        assert service["environment"]["MEMORIA_WORKER"] == "1"
    assert services["site"]["ports"] == ["127.0.0.1:8000:8000"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", unit.read_text(), flags=re.MULTILINE)
        (tmp_path / unit.name).write_text(text)
    command = ["systemd-analyze", "verify", *sorted(tmp_path.iterdir())]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_options_of_the_backup_are_those_of_the_command() -> None:
    parser = load_command_class("memoria", "backup-database").create_parser("memoria", "backup-database")
    found = re.findall(r"backup-database (\S+) (--keep.*?)( &)?$", _all_texts(), re.MULTILINE)
    assert len(found) == 2
    for destination, options, _ in found:
        given = parser.parse_args([destination, *options.split()])
        assert (given.keep_daily, given.keep_weekly, given.keep_monthly) == (7, 4, 12)


def _all_texts() -> str:
    return "".join(path.read_text() for path in (START, ROOT / "deploy" / "systemd" / "memoria-backup.service"))


def started(folder: Path, url: str, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
    variables = environment(folder, url) | {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "MEMORIA_DATA": str(folder),
        "SECRET_KEY": "",
        **more,
    }
    return subprocess.Popen([START, *arguments], cwd=ROOT, env=variables, stderr=subprocess.PIPE)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    return process.returncode, said.decode()


def test_web(make_database: MakeDatabase, tmp_path: Path) -> None:
    port = free_port()
    process = started(tmp_path, make_database("sqlite"), "web", MEMORIA_BIND=f"127.0.0.1:{port}")
    wait_for(process, port)
    assert get(port, "/healthz")[::2] == (200, b"ok\n")
    key = tmp_path / "secret-key"
    assert (len(key.read_text().strip()), stat.S_IMODE(key.stat().st_mode)) == (64, 0o600)
    assert [path.name for path in tmp_path.glob("secret-key*")] == ["secret-key"]
    assert ended(process)[0] == 0


def test_worker(make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database("sqlite")
    variables = environment(tmp_path, url) | {"MEMORIA_WORKER": "1"}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=variables, check=True)
    process = started(tmp_path, url, "worker", MEMORIA_WORKER="1")
    time.sleep(3)
    assert process.poll() is None
    assert ended(process)[0] in (0, -signal.SIGTERM)


def test_backup(make_database: MakeDatabase, tmp_path: Path) -> None:
    process = started(tmp_path, make_database("sqlite", migrated=True), "backup")
    end = time.monotonic() + 60
    while not list(tmp_path.glob("backup/*.sql.zst.json")):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.1)
    code, said = ended(process)
    assert (code, "verified by restoring it" in said) == (143, True)


def test_another_part(tmp_path: Path) -> None:
    process = started(tmp_path, "sqlite://:memory:", "nothing")
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (
        2,
        b"start: there is no part called nothing: choose web, worker or backup\n",
    )
