"""The site behind gunicorn, as in production but over plain HTTP."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

SECRET = "a long secret of letters, digits 0123456789 and signs, for the tests alone"


def environment(folder: Path, url: str) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": url,
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "memoria.test",
        "MEMORIA_INSECURE_HTTP": "1",
        "MEMORIA_STATIC_ROOT": str(folder / "static"),
        "MEMORIA_UPLOAD_DIR": str(folder / "uploads"),
        "MEMORIA_WEB_WORKERS": "1",
    }


@contextlib.contextmanager
def gunicorn(folder: Path, url: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The process and its port. What it says stands in `gunicorn.log` in the folder."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "python:memoria_site.gunicorn"]
    variables = environment(folder, url) | {"MEMORIA_BIND": f"127.0.0.1:{port}"}
    with (folder / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=log, stderr=log)
    try:
        wait_for(process, port)
        yield process, port
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + 60
    while True:
        assert process.poll() is None
        assert time.monotonic() < end
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.05)


def get(
    port: int, path: str, *, method: str = "GET", host: str = "memoria.test", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request(method, path, headers={"Host": host, **{k.replace("_", "-"): v for k, v in headers.items()}})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
