"""Run one command as a whole process: wall seconds and peak memory.

`tree_peak_kb` is `ru_maxrss` of `os.wait4`: the largest single process of the tree that the command
started, itself included. `own_peak_kb` is the command's own process. Both in kB of 1024 bytes. The PostgreSQL
server is in neither.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
ERROR_LINES = 15


class CommandFailed(Exception):
    """A command ended with another exit code than 0; the message holds the end of what it wrote to stderr."""


@dataclass(frozen=True)
class Measurement:
    """What one run of one command cost."""

    seconds: float
    user_seconds: float
    system_seconds: float
    tree_peak_kb: int
    own_peak_kb: int


def measure(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    stdin: Path | None = None,
    stdout: Path | None = None,
    directory: Path | None = None,
) -> Measurement:
    """Run `command` to its end and return its cost; raise `CommandFailed` unless it exits with 0.

    Everything that waits to be written to the disk is written first: no run pays for the one before it.
    `environment` is added to this process's own. stdin is empty and stdout thrown away unless they are files.
    """
    with tempfile.TemporaryDirectory(prefix="memoria-measure-") as folder:
        result, errors = Path(folder, "result.json"), Path(folder, "stderr")
        launch = [sys.executable, "-I", "-S", str(LAUNCHER), str(result), *command]
        with (
            open(stdin or os.devnull, "rb") as source,
            open(stdout or os.devnull, "wb") as sink,
            errors.open("wb") as complaints,
        ):
            os.sync()
            launcher = subprocess.Popen(
                launch,
                stdin=source,
                stdout=sink,
                stderr=complaints,
                cwd=directory,
                env={**os.environ, **(environment or {})},
                process_group=0,
            )
            wait(launcher)
        cost = json.loads(result.read_text())
        if cost.pop("exit_code") != 0:
            raise CommandFailed(explain(command, errors.read_text(errors="replace")))
        return Measurement(**cost)


def wait(launcher: subprocess.Popen[bytes]) -> None:
    """Wait for the launcher; when this process is interrupted, end it and all that it started."""
    try:
        if launcher.wait() != 0:
            raise CommandFailed(f"The launcher ended with {launcher.returncode}.")
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(launcher.pid, signal.SIGTERM)
        launcher.wait()
        raise


def explain(command: Sequence[str], errors: str) -> str:
    """Name a failed command and quote the last lines that it wrote."""
    last = "\n".join(errors.strip().splitlines()[-ERROR_LINES:])
    return without_passwords(f"{' '.join(command)} failed:\n{last or '(nothing on stderr)'}")


def without_passwords(text: str) -> str:
    """Replace the password of every URL in `text`."""
    return re.sub(r"(://[^\s:/@]*):[^\s/@]+@", r"\1:***@", text)


def run(command: Sequence[str], *, environment: Mapping[str, str] | None = None, directory: Path | None = None) -> str:
    """Run a command that is not timed; return its stdout, or raise `CommandFailed`."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=directory,
        env={**os.environ, **(environment or {})},
    )
    if done.returncode != 0:
        raise CommandFailed(explain(command, done.stderr.decode(errors="replace")))
    return done.stdout.decode(errors="replace")
