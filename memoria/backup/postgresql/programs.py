"""PostgreSQL's own programs: found, checked, run, and never left behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from memoria.snapshot.errors import DatabaseBusy, DatabaseFailure

VARIABLE = "MEMORIA_PG_BIN"
_OF_TEXT = {"PGTZ", "PGDATESTYLE", "PGCLIENTENCODING", "PG_COLOR"}
_CHUNK = 1 << 20
_ENOUGH = 64 << 10
"""Bytes of what a program says on stderr that are looked at."""


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs: in MEMORIA_PG_BIN if that is set, else on PATH."""
    folder = os.environ.get("MEMORIA_PG_BIN", "")
    path = shutil.which(name, path=folder or None)
    if path is None:
        where = f"in {folder} (MEMORIA_PG_BIN)" if folder else "on PATH; name its folder in MEMORIA_PG_BIN"
        raise DatabaseFailure(f"{name} was not found {where}, or cannot be run")
    return path


def require_version(path: str, server: int) -> None:
    """Refuse a client that is older than the server, `server` being the number of its major version."""
    name = Path(path).name
    try:
        said = subprocess.run(
            [path, "--version"], capture_output=True, timeout=30, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        raise DatabaseFailure(f"{path} --version failed: is it PostgreSQL's {name}?") from None
    found = re.search(rb"\(PostgreSQL\) (\d+)", said.stdout)
    if not found:
        raise DatabaseFailure(f"{path} does not say which version it is: is it PostgreSQL's {name}?")
    if int(found[1]) < server:
        raise DatabaseFailure(
            f"{path} is of version {int(found[1])}, older than the server's {server}:"
            f" name the folder of a newer one in {VARIABLE}"
        )


@contextmanager
def output(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    stdin: IO[bytes] | None = None,
    silence: float,
    secret: str = "",
) -> Iterator[Iterator[bytes]]:
    """What a program writes to stdout, in chunks. It ends with exit code 0, or DatabaseFailure is raised.

    A program that writes nothing for `silence` seconds is stopped. `secret` is what no message may repeat.
    """
    name = Path(arguments[0]).name
    with tempfile.TemporaryFile(prefix="memoria-") as said:
        try:
            process = subprocess.Popen(
                [_bytes(argument) for argument in arguments],
                stdin=stdin or subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                env=_inherited() | {name: _bytes(value) for name, value in environment.items()},
                bufsize=0,
                process_group=0,
            )
        except OSError as error:
            raise DatabaseFailure(f"cannot run {arguments[0]}: {(error.strerror or str(error)).lower()}") from None
        try:
            yield _chunks(process, name, silence, lambda code: _failure(name, code, said, secret))
        except subprocess.TimeoutExpired:
            raise _silent(name, silence) from None
        finally:
            _stop(process)


def _bytes(text: str) -> bytes:
    """Names of databases and roles are UTF-8 for libpq's programs, whatever the locale is."""
    return text.encode("utf-8", "surrogateescape")


def _inherited() -> dict[str, str | bytes]:
    """Without what has libpq's programs write values, or what they have to say, in another way."""
    return {name: value for name, value in os.environ.items() if name not in _OF_TEXT}


def _chunks(
    process: subprocess.Popen[bytes], name: str, silence: float, failure: Callable[[int], DatabaseFailure]
) -> Iterator[bytes]:
    """Until the program ends; raises `failure` unless its exit code is 0, before anybody judges what it wrote."""
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    with contextlib.suppress(OSError, AttributeError):  # it would only be faster
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _CHUNK)
    while True:
        last = time.monotonic()
        while not select.select([descriptor], [], [], 1.0)[0]:
            if time.monotonic() - last > silence:
                raise _silent(name, silence)
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            if code := process.wait(timeout=silence):
                raise failure(code)
            return
        yield chunk


def _silent(name: str, silence: float) -> DatabaseFailure:
    return DatabaseFailure(f"{name} was stopped: it wrote nothing for {silence:g} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what it started, too
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _failure(name: str, code: int, said: IO[bytes], secret: str) -> DatabaseFailure:
    said.seek(0)
    text = said.read(_ENOUGH).decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    reason = next((line for line in lines if "error:" in line.lower()), lines[-1] if lines else "")
    reason = reason.removeprefix(f"{name}: ").removeprefix("error: ")
    reason = reason.replace(secret, "***") if secret else reason
    if "unsupported version" in reason:  # an archive of a newer pg_dump
        reason = f"{reason}; name the folder of a newer {name} in {VARIABLE}"
    if "lock timeout" in text:
        return DatabaseBusy(f"{name}: a table is locked by another transaction; try again when it is done")
    ended = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return DatabaseFailure(f"{name} failed with {ended}{f': {reason}' if reason else ''}")
