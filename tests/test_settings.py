"""The settings, as a process with that environment sees them."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import ROOT, RunMemoria

# All that the settings read. None unsets it, whatever the developer has set.
UNSET: Mapping[str, str | None] = dict.fromkeys(
    [
        "DATABASE_URL",
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "MEMORIA_BEHIND_PROXY",
        "MEMORIA_HSTS_SECONDS",
        "MEMORIA_INSECURE_HTTP",
        "MEMORIA_DEBUG",
    ]
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the site and the app, so that nothing is written beside the real ones."""
    folder = tmp_path / "checkout"
    for name in ("memoria", "memoria_site"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", folder)
    return folder


def manage(folder: Path, *args: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in UNSET}
    return subprocess.run(
        [sys.executable, folder / "manage.py", *args],
        cwd=cwd or folder,
        env={**environment, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def setting(folder: Path, expression: str, **env: str) -> str:
    result = manage(folder, "shell", "--no-imports", "-c", f"print({expression})", **env)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.strip()


PRINT_KEY = "__import__('django.conf').conf.settings.SECRET_KEY"


@pytest.mark.parametrize(
    "env",
    [
        {"ALLOWED_HOSTS": "memoria.example.org"},
        {
            "ALLOWED_HOSTS": "memoria.example.org, www.example.org",
            "DATABASE_URL": "postgresql://user:pw@db.example.org/memoria",
            "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "MEMORIA_BEHIND_PROXY": "1",
            "MEMORIA_HSTS_SECONDS": "31536000",
        },
    ],
    ids=["least", "all"],
)
def test_check_deploy_has_nothing_to_say(checkout: Path, env: dict[str, str]) -> None:
    found = manage(checkout, "check", "--deploy", **env)
    assert "memoria_site.W001" in found.stderr
    assert manage(checkout, "collectstatic", "--noinput", "-v0", **env).returncode == 0
    result = manage(checkout, "check", "--deploy", "--fail-level=DEBUG", **env)
    assert (result.returncode, result.stdout, result.stderr) == (
        0,
        "System check identified no issues (0 silenced).\n",
        "",
    )


def test_debug_is_off_unless_asked_for(checkout: Path) -> None:
    names = [
        "DEBUG",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
    ]
    expression = f"[getattr(__import__('django.conf').conf.settings, name) for name in {names}]"
    assert setting(checkout, expression) == "[False, True, True, True, 3600]"
    assert setting(checkout, expression, MEMORIA_DEBUG="0") == "[False, True, True, True, 3600]"
    assert setting(checkout, expression, MEMORIA_DEBUG="1") == "[True, False, False, False, 0]"
    assert setting(checkout, expression, MEMORIA_INSECURE_HTTP="1") == "[False, False, False, False, 0]"


def test_the_secret_key_is_made_once_and_private(checkout: Path) -> None:
    first = setting(checkout, PRINT_KEY)
    file = checkout / ".secret-key"
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == (first + "\n", 0o600)
    assert len(first) == 50
    assert setting(checkout, PRINT_KEY) == first
    assert sorted(path.name for path in checkout.glob(".*")) == [".secret-key"]


def test_processes_that_start_together_agree_on_the_key(checkout: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(checkout)!r}); from memoria_site import settings; "
    code += "print(settings.SECRET_KEY)"
    processes = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    keys = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert keys == {(checkout / ".secret-key").read_text().strip()}


def test_no_key_file_when_a_key_is_given_or_none_is_needed(checkout: Path) -> None:
    assert setting(checkout, PRINT_KEY, SECRET_KEY="given") == "given"
    assert manage(checkout, "migrate", "--verbosity=0").returncode == 0
    assert sorted(path.name for path in checkout.iterdir() if path.name != "__pycache__") == [
        "manage.py",
        "memoria",
        "memoria.sqlite3",
        "memoria_site",
    ]


def test_an_empty_key_file_is_refused(checkout: Path) -> None:
    (checkout / ".secret-key").touch()
    result = manage(checkout, "shell", "--no-imports", "-c", f"print({PRINT_KEY})")
    assert (result.returncode, result.stderr) == (
        2,
        f"memoria: No secret key: {checkout}/.secret-key is empty. Delete it, and a new one is made.\n",
    )


def test_the_default_database_is_in_the_checkout_wherever_one_stands(checkout: Path, tmp_path: Path) -> None:
    assert manage(checkout, "migrate", "--verbosity=0", cwd=tmp_path).returncode == 0
    assert (checkout / "memoria.sqlite3").stat().st_size > 0
    assert not (tmp_path / "memoria.sqlite3").exists()


def test_without_a_checkout_the_current_directory_stands_in(checkout: Path, tmp_path: Path) -> None:
    (checkout / "manage.py").unlink()
    code = "from memoria_site import settings; print(settings.DATABASES['default']['NAME'])"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name not in UNSET} | {"PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert result.stdout == f"{tmp_path}/memoria.sqlite3\n"


FORMS = "use sqlite:///path or postgresql://user:password@host/name"
BADLY_WRITTEN = (
    f"memoria: DATABASE_URL: not a database URL: {FORMS}, with %2F for /, %3F for ? and %23 for # in the password.\n"
)


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        (
            {"DATABASE_URL": "pigeon://user:hush@host/name"},
            f"memoria: DATABASE_URL: pigeon databases are not supported: {FORMS}.\n",
        ),
        (
            {"DATABASE_URL": "sqlite:memoria.sqlite3"},
            "memoria: DATABASE_URL: a SQLite URL has three slashes before the path, and four before an absolute one:"
            " write sqlite:///memoria.sqlite3.\n",
        ),
        (
            {"DATABASE_URL": "postgresql://user:hu/sh@host:port/name"},
            BADLY_WRITTEN,
        ),
        (
            {"DATABASE_URL": "postgresql://user:5/secret@host/db"},
            BADLY_WRITTEN,
        ),
        (
            {"DATABASE_URL": "postgresql://user:5?secret@host/db"},
            BADLY_WRITTEN,
        ),
        ({"MEMORIA_DEBUG": "yes"}, "memoria: MEMORIA_DEBUG is 'yes': write 1 for yes or 0 for no.\n"),
        (
            {"MEMORIA_HSTS_SECONDS": "1h"},
            "memoria: MEMORIA_HSTS_SECONDS is '1h': write a whole number of seconds.\n",
        ),
    ],
)
def test_a_wrong_variable_is_a_sentence(run_memoria: RunMemoria, env: dict[str, str | None], sentence: str) -> None:
    result = run_memoria("check", env={**UNSET, **env})
    assert (result.returncode, result.stdout, result.stderr.decode()) == (2, b"", sentence)
