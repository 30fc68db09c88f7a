"""`manage.py` as a process that need not set Django up first: one that has done so already forks.

A fresh interpreter spends nearly half a second on imports, and the tests run `manage.py` some thousand times. So each
worker of the test run keeps one process that has imported the apps, and forgot its settings. `command()` starts a
small client; with its arguments, environment, folder and standard streams that process forks, and the fork runs
`manage.py` to its end: settings are read, signals handled, threads joined and streams flushed as in any process. The
client ends as the fork did. Tests that strike, measure or limit a process start a fresh interpreter.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def command(*arguments: str, environment: Mapping[str, str]) -> list[str]:
    """The command line that stands for `python manage.py ARGUMENTS` in that environment."""
    if _heeded_at_start(environment) != _heeded_at_start(os.environ):
        return [sys.executable, "manage.py", *arguments]
    return [sys.executable, "-I", "-S", f"{ROOT}/tests/support/warm/client.py", _server(), *arguments]


def _heeded_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """What only a fresh interpreter takes over, if not empty; with MEMORIA_WORKER there is one app more."""
    heeded = ("PYTHON", "LC_", "LANG", "TZ", "LD_", "COVERAGE", "MEMORIA_WORKER")
    ignored = "PYTHONDONTWRITEBYTECODE"
    return {n: value for n, value in environment.items() if value and n.startswith(heeded) and n != ignored}


@functools.cache
def _server() -> str:
    folder = tempfile.mkdtemp(prefix="memoria-warm-")
    path = f"{folder}/socket"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.warm.server", path],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"

    def stop() -> None:
        server.communicate()
        shutil.rmtree(folder)

    atexit.register(stop)
    return path
