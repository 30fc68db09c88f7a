"""Where a snapshot goes: what stands there decides, and what its name ends with."""

from __future__ import annotations

import os
import secrets
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from memoria.snapshot.files import OutputFile
from tests.conftest import ROOT
from tests.faults.faults import Make, run

pytest_plugins = ["tests.faults.fault_databases"]


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="there is no /dev/shm here")
def test_a_file_in_dev_shm_is_an_ordinary_one(make: Make) -> None:
    path = Path("/dev/shm", f"memoria-{secrets.token_hex(4)}.ndjson")
    try:
        for _ in range(2):  # new, and in place of an older one
            ended = run("export-data", path, "--report", f"{path}.report", "--database-url", make("sqlite"))
            assert ended.returncode == 0, ended.stderr
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        failed = run("export-data", path, "--database-url", "sqlite:////nonexistent/x.sqlite3")
        assert failed.returncode == 1
        assert run("compare-data", path, path).returncode == 0, "a run that fails leaves the older file"
    finally:
        for name in (path, Path(f"{path}.report")):
            name.unlink(missing_ok=True)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("into", ["file", "pipe"])
def test_a_descriptor_is_written_as_it_is(make: Make, tmp_path: Path, name: str, into: str) -> None:
    """Also where it leads to an ordinary file: whoever opened that has it open."""
    environment = {**os.environ, "DATABASE_URL": make("sqlite")}
    command = [sys.executable, ROOT / "manage.py", "export-data", name, "-v", "0"]
    path = tmp_path / "out.json"
    if into == "file":
        with path.open("wb") as file:
            subprocess.run(command, env=environment, stdout=file, check=True, timeout=60)
            assert os.fstat(file.fileno()).st_ino == path.stat().st_ino
    else:
        path.write_bytes(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)
    assert run("compare-data", path, environment["DATABASE_URL"]).returncode == 0
    assert os.listdir(tmp_path) == ["out.json"] or into == "pipe"


def test_a_link_to_a_device(tmp_path: Path) -> None:
    (tmp_path / "x.json").symlink_to("/dev/null")
    with OutputFile(str(tmp_path / "x.json")) as file:
        file.write(b"{}")
        file.commit()
    assert (tmp_path / "x.json").is_symlink()


COMPRESSED = "a snapshot is plain, .gz or .zst; name it so"
OTHER = "a snapshot is JSON, and a file of that name would not be: name it .json or .ndjson, or say --format json"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("x.json.bz2", COMPRESSED),
        ("x.ndjson.XZ", COMPRESSED),
        ("x.zip", COMPRESSED),
        ("x.tgz", COMPRESSED),
        ("x.csv", OTHER),
        ("x.csv.gz", OTHER),
        ("x.sqlite3", OTHER),
    ],
)
@pytest.mark.parametrize("command", [("export-data",), ("export-memories", "--output")])
def test_names_of_other_formats(make: Make, tmp_path: Path, command: tuple[str, ...], name: str, sentence: str) -> None:
    path = tmp_path / name
    ended = run(*command, path, "--database-url", make("sqlite"))
    assert (ended.returncode, ended.stderr) == (2, f"CommandError: {path}: {sentence}\n")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["x.JSON.GZ", "x.NDJSON.Zstd", "dump.2026", "x"])
def test_names_that_are_taken(make: Make, tmp_path: Path, name: str) -> None:
    path, url = tmp_path / name, make("sqlite")
    assert run("export-data", path, "--database-url", url).returncode == 0
    head = path.read_bytes()[:4]
    wanted = {"GZ": b"\x1f\x8b", "Zstd": b"\x5b\x2a\x4d\x18"}.get(name.rpartition(".")[2], b"{")
    assert head.startswith(wanted)
    assert run("compare-data", path, url).returncode == 0
