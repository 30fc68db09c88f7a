"""`memoria` is `manage.py`: the same commands, bound to the project's settings."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import django
import pytest

from memoria import __version__
from tests.conftest import ROOT
from tests.faults.faults import CREATE, Make, run

pytest_plugins = ["tests.faults.fault_databases"]
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
    assert ours.stderr.decode() == theirs.stderr == f"CommandError: {url} does not exist: {CREATE.format('it')}\n"


def test_a_wrong_environment_is_one_sentence() -> None:
    ours = memoria("export-data", "-", DATABASE_URL="postgresql://ann:se/cret@host:x/name")
    assert (ours.returncode, ours.stdout) == (2, b"")
    assert ours.stderr.startswith(b"memoria: DATABASE_URL: not a database URL: ")
    assert b"cret" not in ours.stderr
    assert ours.stderr.count(b"\n") == 1


def test_a_command_does_not_load_the_admins_pages() -> None:
    """Nor another database's driver: what is not needed costs every run its time."""
    script = (
        "import sys; sys.argv = ['memoria', 'export-data', 'x.json', '--database-url', 'sqlite:///none.sqlite3'];"
        "import atexit; atexit.register(lambda: print({'django.contrib.auth.admin', 'import_export.admin',"
        " 'psycopg2'} & set(sys.modules)));"
        "from memoria.cli import main; main()"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (1, "set()\n")


def test_the_admin_is_loaded_with_the_urls() -> None:
    script = (
        "import django; django.setup(); import memoria_site.urls; from django.contrib import admin;"
        "from django.contrib.auth.models import Group; print(admin.site.is_registered(Group))"
    )
    variables = {**os.environ, "DJANGO_SETTINGS_MODULE": "memoria_site.settings"}
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=variables, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "True\n")


def test_a_wrong_argument_is_one_line(tmp_path: Path) -> None:
    """Also where the program was found by its whole path."""
    program = tmp_path / "memoria"
    program.write_text(f"#!{sys.executable}\nfrom memoria.cli import main\nmain()\n")
    program.chmod(0o755)
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([program, "export-memories", "--spice"], env=variables, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (
        2,
        "memoria export-memories: error: unrecognized arguments: --spice (see memoria export-memories --help)\n",
    )


@pytest.mark.parametrize("command", ["import", "export"])
def test_commands_of_an_app_that_the_pages_need(command: str) -> None:
    ended = run(command, "memories.json")
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr.startswith(f"memoria: {command} is no command of this program: {command}-data ")


@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",)])
def test_an_overview(arguments: tuple[str, ...]) -> None:
    """Its own commands, each with the beginning of its help; those of Django, but for migrate, are a word away."""
    ended = subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("usage: memoria COMMAND [options]")
    commands = {path.stem for path in (ROOT / "memoria" / "management" / "commands").glob("[a-z]*.py")}
    assert set(re.findall(r"(?m)^  ([a-z-]+) ", ended.stdout)) == commands | {"migrate"}
    assert max(map(len, ended.stdout.splitlines())) <= 90


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_nobody_reads_to_the_end(argument: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as nobody:
        command = [sys.executable, "manage.py", argument]
        ended = subprocess.run(command, cwd=ROOT, stdout=nobody, stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.parametrize("arguments", [("--version",), ("-V",), ("version",), ("export-data", "--version")])
def test_the_version_is_our_own(arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    expected = f"memoria {__version__} (Django {django.get_version()}, Python {platform.python_version()})\n"
    assert (ended.returncode, ended.stdout.decode(), ended.stderr) == (0, expected, "")


@pytest.mark.parametrize("arguments", [("exprot-data",), ("help", "exprot-data"), ("--help", "exprot-data")])
def test_an_unknown_command_is_a_wrong_argument(arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr.startswith("Unknown command: 'exprot-data'. Did you mean export-data?\n")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("import-data", "x", "--on-conflict", "new"), "--on-conflict new; --on-conflict belongs to import-memories"),
        (("import-memories", "x", "--no-truncate"), "--no-truncate; --no-truncate belongs to import-data"),
        (
            ("export-data", "x", "--namespace=y"),
            "--namespace=y; --namespace belongs to export-memories and import-memories",
        ),
        (("export-data", "x", "--spice"), "--spice"),
    ],
)
def test_an_option_of_another_command(arguments: tuple[str, ...], hint: str) -> None:
    ended = run(*arguments)
    command = f"manage.py {arguments[0]}"
    assert (ended.returncode, ended.stderr) == (
        2,
        f"{command}: error: unrecognized arguments: {hint} (see {command} --help)\n",
    )


def test_help_before_a_command() -> None:
    ended = run("--help", "export-data")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert b"export-data [-h]" in ended.stdout
