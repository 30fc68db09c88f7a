from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

NAMES = ["migrate", "load-sample-data", "export-data", "import-data", "compare-data"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path}/memoria.sqlite3",
        "MEMORIA_EXPORT_DIR": f"{tmp_path}/new folder",
    }


def run(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Exit code, and what a person sees: stdout and stderr as they come."""
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    return result.returncode, result.stdout.decode()


def quickstart(environment: dict[str, str]) -> tuple[int, str]:
    return run([sys.executable, "scripts/quickstart.py"], environment)


def commands(output: str) -> list[str]:
    return [line.removeprefix("$ ") for line in output.splitlines() if line.startswith("$ ")]


def test_from_a_database_of_each_kind(environment: dict[str, str], database_url: str, tmp_path: Path) -> None:
    """Into a copy on SQLite; a second time as well, which one kind is enough for."""
    environment["DATABASE_URL"] = database_url
    again = "Nothing was loaded: the database 'default' already holds 510 rows: "
    for loaded in ("Loaded 510 rows: ", *([again] if database_url.startswith("sqlite") else [])):
        code, output = quickstart(environment)
        assert code == 0, output
        assert [command.split()[2] for command in commands(output)] == NAMES
        assert f"\n{loaded}" in output
        assert commands(output)[-1].split()[3] == '"$DATABASE_URL"', "an address may hold a password"
        assert "\nEqual: 510 rows.\n" in output
        assert "What to try next" in output
    assert sorted(path.name for path in (tmp_path / "new folder").iterdir()) == [
        "quickstart-copy.sqlite3",
        "quickstart.ndjson",
    ]


def test_the_printed_commands_can_be_pasted(environment: dict[str, str]) -> None:
    _, output = quickstart(environment)
    for command in commands(output):
        code, output = run(["sh", "-c", command], environment)
        assert code == 0, output


def test_stops_at_the_command_that_fails(environment: dict[str, str], tmp_path: Path) -> None:
    folder = environment["MEMORIA_EXPORT_DIR"]
    Path(folder).write_text("a file where a folder should be")

    code, output = quickstart(environment)

    assert code == 1
    assert [command.split()[2] for command in commands(output)] == NAMES[:3]
    assert output.splitlines()[-1] == "The quickstart stopped: export-data failed with exit code 1."
    assert "What happened" not in output
    assert "Traceback" not in output
