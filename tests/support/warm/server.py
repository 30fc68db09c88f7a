"""The process that has set Django up, and forks for each client."""

from __future__ import annotations

import atexit
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
import threading
from dataclasses import dataclass

import django
from django.conf import empty, settings
from django.db import connections

import memoria.backup
import memoria.console
import memoria.management
import memoria.snapshot
from tests.support.warm import ROOT, control_by_terminal, received


def serve(name: str) -> None:
    """Fork for each client, until standard input ends. Returns in a fork only, which is to run `manage.py`."""
    _import()
    jobs: dict[int, Job] = {}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0{name}")
        listener.listen(16)
        os.write(1, b"ready\n")
        while True:
            watched = [listener, sys.stdin, *jobs, *(job.client for job in jobs.values())]
            ready = select.select(watched, [], [])[0]
            if sys.stdin in ready:
                break
            for ended, job in list(jobs.items()):
                if ended in ready:
                    job.send(os.waitpid(job.pid, 0)[1])
                    job.close()
                    del jobs[ended]
                elif job.client in ready:
                    os.kill(job.pid, signal.SIGKILL)  # the client is gone: its test waited long enough
            if listener in ready:
                client, _ = listener.accept()
                size, streams, *_ = socket.recv_fds(client, 4, 3)
                message = received(client, int.from_bytes(size, "big"))
                pid = os.fork()
                if pid == 0:
                    for mine in (listener, client, *jobs.values()):
                        mine.close()
                    _take_over(message, streams)
                    return
                for stream in streams:
                    os.close(stream)
                job = Job(pid, client, os.pidfd_open(pid))
                job.send(pid)
                jobs[job.ended] = job
    os._exit(0)


@dataclass(frozen=True)
class Job:
    """A run, and the client that waits for it."""

    pid: int
    client: socket.socket
    ended: int

    def close(self) -> None:
        self.client.close()
        os.close(self.ended)

    def send(self, number: int) -> None:
        with contextlib.suppress(OSError):
            self.client.sendall(number.to_bytes(4, "big"))


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


def _take_over(message: bytes, streams: list[int]) -> None:
    """Become the process that a client asks for."""
    session, folder, *rest = message.split(b"\0")
    end = rest.index(b"")
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    if session:
        os.setsid()
        control_by_terminal()
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.environb.clear()
    os.environb.update(dict(variable.split(b"=", 1) for variable in rest[end + 1 :]))
    os.chdir(folder)
    sys.argv = ["manage.py", *map(os.fsdecode, rest[:end])]
    sys.path[0] = str(ROOT)


def _run() -> None:
    """`manage.py`, with all that an interpreter does at its end but taking itself to pieces.

    That would take longer than most runs, since each page of memory is copied first.
    """
    code = 0
    try:
        runpy.run_path(str(ROOT / "manage.py"), run_name="__main__")
    except SystemExit as ended:
        if not isinstance(ended.code, int | None):
            raise
        code = ended.code or 0
    threading._shutdown()
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)  # and the interpreter says why it cannot write


if __name__ == "__main__":
    serve(sys.argv[1])
    _run()
