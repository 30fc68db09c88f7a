"""A pgbouncer in front of a PostgreSQL server of the tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import extensions

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
needs_pgbouncer = pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is missing")
_SETTINGS = """
[databases]
* = {server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = 6
"""


@contextlib.contextmanager
def pooled(url: str, mode: str) -> Iterator[str]:
    """The URL of the same database behind a pooler of its own."""
    parts = extensions.parse_dsn(url)
    keys = {key: parts[key] for key in ("host", "port", "user", "password") if parts.get(key)}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as folder:
        settings = Path(folder) / "pgbouncer.ini"
        server = " ".join(f"{key}={value}" for key, value in keys.items())
        settings.write_text(_SETTINGS.format(server=server, port=port, mode=mode))
        process = subprocess.Popen(
            [str(PROGRAM), "--quiet", settings],
            user=_user(folder, keys.get("host", "")) if os.geteuid() == 0 else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            there = f"postgresql://{parts['user']}@127.0.0.1:{port}/{parts['dbname']}"
            _wait_for(there)
            yield there
        finally:
            process.kill()
            process.wait()


def _user(folder: str, host: str) -> int:
    """Root it refuses to be; the owner of a socket's folder may use the socket."""
    user = os.stat(host).st_uid if host.startswith("/") else 65534
    user = user or 65534
    for path in (folder, *(entry.path for entry in os.scandir(folder))):
        os.chown(path, user, -1)
    return user


def _wait_for(url: str) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            with contextlib.closing(psycopg2.connect(url)):
                return
        except psycopg2.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
