"""Faults at one system call of a run and of its children, by `strace`: killed there, or told that it failed."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.faults import Ended, run

CHANGES = (
    "write,pwrite64,writev,sendto,fsync,fdatasync,ftruncate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,"
    "mkdir,fchmod"
)
"""Calls that change something, which is all that a fault can leave half done. One to a server is never told that it
failed while its connection lives: no kernel does that, and libpq waits for the answer.
"""
KILLED, EIO, ENOSPC = "signal=KILL", "error=EIO", "error=ENOSPC"
_POINTS = int(os.environ.get("MEMORIA_TEST_CALLS", "4"))
"""Calls that are struck in each case; every one where it is 0."""
_CALL = re.compile(r"^(?P<process>\d+)\s+(?P<name>\w+)\((?P<what>[^,)]*)")
_NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1"}
"""What Python keeps of its modules would be among the files that a first run writes."""
_PROGRAM = ("strace", "-f", "-qq", "-y", "-s", "0", "-e", "signal=none")
_FILTERED = (*_PROGRAM, "--seccomp-bpf")
"""Stops at no call but those it is asked for, which takes less. So it sends no signals, as strace 6.1 is."""


def _works() -> bool:
    if shutil.which("strace") is None:
        return False
    tried = subprocess.run([*_FILTERED, "-o", "/dev/null", "true"], capture_output=True)
    return tried.returncode == 0


needs_strace = pytest.mark.skipif(not _works(), reason="strace is missing, or may not trace here")


@dataclass(frozen=True)
class Call:
    """The `number`th call of that name in its thread, made on `file`."""

    name: str
    number: int
    file: str


def calls(*arguments: str | Path, log: Path, env: Mapping[str, str] | None = None) -> list[Call]:
    """What a whole run changes, in order of time. `log` is a file to write."""
    program = (*_FILTERED, "-e", f"trace={CHANGES}", "-o", str(log))
    ended = run(*arguments, env={**_NO_BYTECODE, **(env or {})}, program=program)
    assert ended.returncode == 0, ended.stderr
    return list(_parsed(log.read_text()))


def _parsed(log: str) -> Iterator[Call]:
    numbers: Counter[tuple[str, str]] = Counter()
    for line in log.splitlines():
        found = _CALL.match(line)
        if found is not None:
            name = found["name"]
            numbers[found["process"], name] += 1
            file = found["what"].partition("<")[2].rstrip(">") or found["what"].strip('"')
            yield Call(name, numbers[found["process"], name], file)


@dataclass
class Strike:
    """A fault at a call, for one run of the same command. The order of threads is not that of the run before: it may
    miss."""

    call: Call
    fault: str
    hit: bool = False

    def on(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Ended:
        call = self.call
        with tempfile.NamedTemporaryFile("r") as log:
            inject = f"inject={call.name}:{self.fault}:when={call.number}"
            strace = _PROGRAM if self.fault == KILLED else _FILTERED
            program = (*strace, "-e", f"trace={call.name}", "-e", inject, "-o", log.name)
            ended = run(*arguments, env={**_NO_BYTECODE, **(env or {})}, program=program)
            self.hit = "(INJECTED)" in (written := log.read()) or "= ?" in written
        return ended


def strikes(found: list[Call], *, seed: int) -> Iterator[Strike]:
    """For each of some calls a strike, to be used before the next is asked for; most must hit."""
    done = [Strike(call, fault) for call, fault in _points(found, seed)]
    yield from done
    missed = [strike for strike in done if not strike.hit]
    assert len(missed) <= len(done) / 2, missed


def _points(found: list[Call], seed: int) -> list[tuple[Call, str]]:
    """Which of the calls to strike and how: each kind of call on each kind of file comes before a second of its kind,
    and the faults take turns."""
    faults = (KILLED, EIO, ENOSPC)
    # Threads count for themselves: what cannot be told any more is another fault.
    said = {(call.name, call.number) for call in found if call.file.startswith(("pipe:", "/dev/null", "/dev/pts/"))}
    found = [call for call in dict.fromkeys(found) if (call.name, call.number) not in said]
    every = [(call, fault) for call in found for fault in faults if call.name != "sendto" or fault == KILLED]
    if not _POINTS:
        return every
    rng = random.Random(seed)
    kinds: dict[tuple[str, str], list[Call]] = {}
    for call in found:
        kinds.setdefault((call.name, re.sub(r"[0-9a-f]{8}", "", call.file)), []).append(call)
    chosen = [rng.choice(of_kind) for of_kind in kinds.values()]
    rng.shuffle(chosen)
    return [pair for i, call in enumerate(chosen) if (pair := (call, faults[i % 3])) in every][:_POINTS]


def require_durable(found: list[Call], folder: Path) -> None:
    """What gets a name is on the disk before, and the name itself is in the end: whenever the power fails, a name
    stands for the whole of what it stood for, or stands for."""
    renamed = [at for at, call in enumerate(found) if call.name.startswith("rename")]
    assert renamed
    for at in renamed:
        earlier = [call.name for call in found[:at] if call.file == found[at].file]
        assert not earlier or earlier[-1] in ("fsync", "fdatasync"), found[at]
    assert ("fsync", str(folder)) in [(call.name, call.file) for call in found[renamed[-1] :]]


def require_honest(ended: Ended, strike: Strike, *, happened: bool) -> None:
    """It ended as it should: killed, or with one sentence and exit code 1, or well because all was done."""
    where = f"{strike}: {ended}"
    if ended.returncode == 0:
        assert happened, where
    elif strike.fault == KILLED:
        assert ended.returncode == -signal.SIGKILL, where
    else:
        assert ended.returncode == 1, where
        assert "Traceback" not in ended.stderr, where
