"""The site as a process of its own, on a database that is the same again before each test."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, run_manage

ADMINISTRATOR, PASSWORD = "ada", "a long sentence nobody guesses"

# Users, and the session of one who is signed in; its key is the last thing printed.
PREPARE = f"""
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
user = get_user_model().objects.create_superuser({ADMINISTRATOR!r}, password={PASSWORD!r})
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print(session.session_key)
"""


@dataclass(frozen=True)
class Site:
    """A running site. `session` is the cookie of the administrator's session."""

    url: str
    database: Path
    template: Path
    session: str

    def reset(self) -> None:
        """Bring the database back to what it was at first; the server keeps no connection between requests."""
        with (
            contextlib.closing(sqlite3.connect(self.template)) as source,
            contextlib.closing(sqlite3.connect(self.database, timeout=10)) as target,
        ):
            source.backup(target)

    def rows(self, sql: str, *parameters: Any) -> list[Any]:
        """Rows of the site's database; what the statement changes is kept."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as connection, connection:
            return connection.execute(sql, parameters).fetchall()


def environment(folder: Path, database: Path) -> dict[str, str]:
    """Plain HTTP with debugging off, as users see the site, and nothing of the developer's own."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("MEMORIA_")},
        "DATABASE_URL": f"sqlite:///{database}",
        "SECRET_KEY": "only for the tests in a browser, and of more than fifty characters",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "MEMORIA_INSECURE_HTTP": "1",
        "MEMORIA_UPLOAD_DIR": str(folder / "uploads"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "error",
        "TMPDIR": str(folder),
    }


def prepare(folder: Path, migrated: str) -> tuple[Path, str]:
    """A database with the sample data and an administrator, and the key of a session of theirs."""
    template = folder / "template.sqlite3"
    template.write_bytes(Path(migrated).read_bytes())
    env = environment(folder, template)
    loaded = run_manage("load-sample-data", env=env)
    assert loaded.returncode == 0, loaded.stderr.decode()
    prepared = run_manage("shell", "--no-imports", "-c", PREPARE, env=env)
    assert prepared.returncode == 0, prepared.stderr.decode()
    return template, prepared.stdout.decode().split()[-1]


@contextlib.contextmanager
def running(folder: Path, migrated: str) -> Iterator[Site]:
    """The site on a free port of this machine, until the block ends. `migrated` is a database to copy."""
    template, session = prepare(folder, migrated)
    database = folder / "memoria.sqlite3"
    command = [sys.executable, "manage.py", "runserver", "--noreload", "--insecure", "127.0.0.1:0"]
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(folder, database), stdout=subprocess.PIPE, stderr=output
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if found := re.search(rb"http://127\.0\.0\.1:\d+", line):
                    site = Site(found.group().decode(), database, template, session)
                    site.reset()
                    yield site
                    return
            raise AssertionError(log.read_text())
        finally:
            process.terminate()
            process.wait(10)
            process.stdout.close()
