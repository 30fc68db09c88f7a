"""The process that has set Django up, and forks for each client."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import tempfile

import django
from django.conf import empty, settings
from django.db import connections

import memoria.backup
import memoria.console
import memoria.management
import memoria.snapshot
from tests.support.warm import ROOT
from tests.support.warm.client import received


def serve(path: str) -> None:
    """Fork for each client, until standard input ends. Returns in a fork only, which is to run `manage.py`."""
    _import()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(16)
        os.write(1, b"ready\n")
        while listener in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _watch(connection)
                return
            connection.close()
    os._exit(0)


def _import() -> None:
    """The apps with their models and commands; then forget the settings, which each fork reads for itself."""
    os.environ.update(DJANGO_SETTINGS_MODULE="memoria_site.settings", DATABASE_URL="sqlite://:memory:")
    django.setup()
    for vendor in ("sqlite3", "postgresql"):
        importlib.import_module(f"django.db.backends.{vendor}.base")
    importlib.import_module("django.core.management.commands.migrate")
    for package in (memoria.snapshot, memoria.backup, memoria.console, memoria.management):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    del sys.modules["memoria_site.settings"]
    settings._wrapped = empty
    vars(connections).clear()
    connections.__init__()
    tempfile.tempdir = None
    gc.freeze()


def _watch(connection: socket.socket) -> None:
    """Take the job. One fork more runs it, in which alone this returns; here its end is awaited and told."""
    size, streams, *_ = socket.recv_fds(connection, 4, 3)
    folder, *rest = received(connection, int.from_bytes(size, "big")).split(b"\0")
    end = rest.index(b"")
    job = os.fork()
    if job == 0:
        connection.close()
        _take_over(folder, rest[:end], rest[end + 1 :], streams)
        return
    for stream in streams:
        os.close(stream)
    ended = os.pidfd_open(job)
    if ended not in select.select([ended, connection], [], [])[0]:
        os.kill(job, 9)  # the client is gone: its test waited long enough
    _, status = os.waitpid(job, 0)
    with contextlib.suppress(OSError):
        connection.sendall(status.to_bytes(4, "big"))
    os._exit(0)


def _take_over(folder: bytes, arguments: list[bytes], environment: list[bytes], streams: list[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.environb.clear()
    os.environb.update(dict(variable.split(b"=", 1) for variable in environment))
    os.chdir(folder)
    sys.argv = ["manage.py", *map(os.fsdecode, arguments)]
    sys.path[0] = str(ROOT)


if __name__ == "__main__":
    serve(sys.argv[1])
    runpy.run_path(str(ROOT / "manage.py"), run_name="__main__")
