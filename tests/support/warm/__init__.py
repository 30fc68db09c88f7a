"""`manage.py` as a process that need not set Django up first: one that has done so already forks.

A fresh interpreter spends nearly half a second on imports, and the tests run `manage.py` some thousand times. So each
worker of the test run keeps one process that has imported the apps, and forgot its settings. `Process` hands it the
arguments, environment, folder and standard streams of a run, and it forks: the fork runs `manage.py` to its end, with
settings read, signals handled, threads joined and streams flushed as in any process. Its number is known here, so that
it can be watched, struck and killed. Where the start itself is tried, or a limit or a tracer needs a program to put in
front of, tests start a fresh interpreter.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import os
import secrets
import select
import socket
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
_OPTIONS = {"stdin", "stdout", "stderr", "start_new_session"}


def start(*arguments: str, environment: Mapping[str, str], **options: Any) -> subprocess.Popen[bytes]:
    """`python manage.py ARGUMENTS` in that environment, from the root of the repository.

    In a session of its own a terminal that is its standard output controls it.
    """
    if options.keys() <= _OPTIONS and _heeded_at_start(environment) == _heeded_at_start(os.environ):
        return Process(arguments, cwd=ROOT, env=environment, **options)
    if options.get("start_new_session"):
        options["preexec_fn"] = control_by_terminal
    return subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, **options)


def control_by_terminal() -> None:
    """So that Ctrl-C means something, and the terminal can be opened by its name."""
    if os.isatty(1):
        fcntl.ioctl(1, termios.TIOCSCTTY, 0)


def _heeded_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """What only a fresh interpreter takes over, if not empty; with MEMORIA_WORKER there is one app more."""
    heeded = ("PYTHON", "LC_", "LANG", "TZ", "LD_", "COVERAGE", "MEMORIA_WORKER")
    ignored = "PYTHONDONTWRITEBYTECODE"
    return {n: value for n, value in environment.items() if value and n.startswith(heeded) and n != ignored}


class Process(subprocess.Popen[bytes]):
    """A run as `subprocess` has it, but for who starts it, waits for it, and tells how it ended: the warm process."""

    def _execute_child(self, args: Any, *given: Any) -> None:
        folder, environment = given[4:6]
        theirs_in, _, _, theirs_out, _, theirs_err = pipes = given[9:15]
        streams = [theirs if theirs != -1 else own for own, theirs in enumerate((theirs_in, theirs_out, theirs_err))]
        variables = (f"{name}={value}" for name, value in environment.items())
        session = "session" if given[20] else ""
        message = b"\0".join(map(os.fsencode, (session, folder, *args, "", *variables)))
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(_server())
        socket.send_fds(self._connection, [len(message).to_bytes(4, "big")], streams)
        self._connection.sendall(message)
        self.pid = int.from_bytes(received(self._connection, 4), "big")
        self._child_created = True
        self._close_pipe_fds(*pipes)

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        with self._waitpid_lock:
            if self.returncode is None:
                pid, status = self._try_wait(os.WNOHANG)
                if pid:
                    self._handle_exitstatus(status)
        return self.returncode

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if wait_flags & os.WNOHANG and not select.select([self._connection], [], [], 0)[0]:
            return 0, 0
        status = int.from_bytes(received(self._connection, 4), "big")
        self._connection.close()
        return self.pid, status


def received(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError("the other side is gone")
        data += more
    return data


@functools.cache
def _server() -> str:
    """The address on which it listens: a name of Linux's own, which is no file."""
    name = f"memoria-warm-{secrets.token_hex(8)}"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.warm.server", name],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    atexit.register(server.communicate)
    return f"\0{name}"
