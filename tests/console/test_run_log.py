"""`MEMORIA_LOG`: one record for each run, and nothing else on standard error."""

from __future__ import annotations

import json
import logging
import re
import sys
from pathlib import Path

import pytest

from memoria.log_lines import JsonLines, Lines
from tests.conftest import RunMemoria


@pytest.fixture
def env(tmp_path: Path, run_memoria: RunMemoria) -> dict[str, str]:
    env = {"DATABASE_URL": f"sqlite:///{tmp_path}/memoria.sqlite3"}
    assert run_memoria("migrate", env=env).returncode == 0
    assert run_memoria("load-sample-data", env=env).returncode == 0
    return {**env, "MEMORIA_LOG": "json"}


def test_a_run(env: dict[str, str], tmp_path: Path, run_memoria: RunMemoria) -> None:
    path = tmp_path / "all.json"
    ended = run_memoria("export-data", str(path), env=env)
    (line,) = ended.stderr.decode().splitlines()
    told = json.loads(line)
    assert (ended.returncode, ended.stdout) == (0, b"")
    assert re.fullmatch(r"20\d\d-.*Z", told.pop("time"))
    assert re.fullmatch(r"[0-9a-f]{12}", told.pop("run"))
    assert told.pop("seconds") > 0
    assert told["rows"] == 510
    assert told["database"] == env["DATABASE_URL"]
    assert (told["level"], told["message"], told["command"], told["exit_code"]) == ("info", "ended", "export-data", 0)
    piped = run_memoria("export-data", "-", env=env)
    assert piped.stdout.count(b"\n") > 510
    assert json.loads(piped.stderr)["rows"] == 510


def test_what_is_refused(env: dict[str, str], tmp_path: Path, run_memoria: RunMemoria) -> None:
    (tmp_path / "cut.json").write_text("{")
    url = "postgresql://ada:s3cret@127.0.0.1:1/x"
    for arguments in (("import-data", str(tmp_path / "cut.json")), ("export-data", "x.json", "--database-url", url)):
        ended = run_memoria(*arguments, env=env)
        (line,) = ended.stderr.decode().splitlines()
        told = json.loads(line)
        assert (ended.returncode, told["level"], told["command"]) == (1, "error", arguments[0])
        assert "CommandError" not in line
        assert "s3cret" not in line


def test_lines(env: dict[str, str], tmp_path: Path, run_memoria: RunMemoria) -> None:
    ended = run_memoria("export-data", str(tmp_path / "all.json"), env={**env, "MEMORIA_LOG": "lines"})
    line = ended.stderr.decode()
    assert re.match(r'20\S+Z INFO memoria\.command: ended command="export-data" run="[0-9a-f]{12}" seconds=', line)
    assert line.count("\n") == 1


def test_another_word(env: dict[str, str], run_memoria: RunMemoria) -> None:
    ended = run_memoria("list-imports", env={**env, "MEMORIA_LOG": "xml"})
    assert ended.returncode == 2
    assert ended.stderr == b"memoria: MEMORIA_LOG is 'xml': write json or lines, or leave it out.\n"


def test_a_record_of_the_site() -> None:
    try:
        raise ValueError("no\nsuch thing")
    except ValueError:
        record = logging.LogRecord("django.request", logging.ERROR, "", 0, "%s: /x\ny", ("GET",), sys.exc_info())
    record.created = 0.0
    told = json.loads(JsonLines().format(record))
    assert "ValueError: no" in told.pop("traceback")
    assert told == {
        "time": "1970-01-01T00:00:00.000000Z",
        "level": "error",
        "logger": "django.request",
        "message": "GET: /x\ny",
    }
    assert Lines().format(record).splitlines()[0] == "1970-01-01T00:00:00.000000Z ERROR django.request: GET: /x\\ny"
