"""inspect-snapshot, as a process."""

import json
from pathlib import Path

import pytest

from tests.conftest import RunMemoria
from tests.support.samples.rows import layout_c


@pytest.fixture
def snapshot(tmp_path: Path, run_memoria: RunMemoria) -> Path:
    env = {"DATABASE_URL": f"sqlite:///{tmp_path}/memoria.sqlite3"}
    assert run_memoria("migrate", env=env).returncode == 0
    assert run_memoria("load-sample-data", env=env).returncode == 0
    path = tmp_path / "research.ndjson.zst"
    done = run_memoria("export-memories", "--namespace", "research", "--output", str(path), "--no-clusters", env=env)
    assert done.returncode == 0
    return path


def test_what_it_holds(snapshot: Path, run_memoria: RunMemoria) -> None:
    ended = run_memoria("inspect-snapshot", str(snapshot))
    lines = ended.stdout.decode().splitlines()
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert lines[0].startswith(f"{snapshot}: ndjson, zstd, ")
    assert lines[1].startswith("Exported 20")
    assert [line.split() for line in lines if line.strip().startswith(("long_term", "research"))] == [
        ["long_term_memory", "40"],
        ["research", "80"],
    ]
    assert lines[-1].startswith("It is complete: ")
    told = json.loads(run_memoria("inspect-snapshot", str(snapshot), "--json").stdout)
    assert (told["operation"], told["edited"], told["exit_code"]) == ("inspect", False, 0)
    assert told["tables"]["long_term_memory"] == 40
    assert told["file"]["size"] == snapshot.stat().st_size
    assert {"clusters", "cluster_members"} <= told["left_out"].keys()


def test_several_files(snapshot: Path, tmp_path: Path, run_memoria: RunMemoria) -> None:
    cut, older = tmp_path / "cut.zst", tmp_path / "older.json"
    cut.write_bytes(snapshot.read_bytes()[:-9])
    older.write_bytes(layout_c(clusters=[]))
    ended = run_memoria("inspect-snapshot", str(cut), str(older), str(snapshot), "--json")
    assert ended.returncode == 1
    assert [json.loads(line)["file"]["layout"] for line in ended.stdout.splitlines()] == ["C", "1"]
    said = ended.stderr.decode().splitlines()
    assert said[0].startswith(f"{cut}: ")
    assert "cut" in said[0]
    assert said[1] == "CommandError: 1 file of 3 refused"
    alone = run_memoria("inspect-snapshot", str(cut))
    assert (alone.returncode, alone.stderr.decode()) == (1, f"CommandError: {said[0]}\n")


def test_an_edited_one(snapshot: Path, tmp_path: Path, run_memoria: RunMemoria) -> None:
    plain = tmp_path / "plain.json"
    env = {"DATABASE_URL": f"sqlite:///{tmp_path}/memoria.sqlite3"}
    assert run_memoria("export-data", str(plain), env=env).returncode == 0
    plain.write_bytes(plain.read_bytes().replace(b"research", b"reserach"))
    ended = run_memoria("inspect-snapshot", str(plain))
    assert ended.returncode == 0
    assert ended.stdout.decode().splitlines()[-1] == "It is complete: 510 rows. It was edited after its export."


def test_what_is_none(tmp_path: Path, run_memoria: RunMemoria) -> None:
    backup = tmp_path / "x.sql"
    backup.write_text("-- SQL\n")
    ended = run_memoria("inspect-snapshot", str(backup))
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert "a backup is restored by restore-database" in ended.stderr.decode()
    assert run_memoria("inspect-snapshot", str(tmp_path / "none")).returncode == 1
