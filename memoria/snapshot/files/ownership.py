"""Tells what a living run holds from what a dead one left.

The kernel locks a file or a folder (`flock`) for as long as somebody has it open who asked for that, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from glob import escape
from pathlib import Path

_LOOK = 0.02
"""Seconds between two looks."""


def hold(descriptor: int) -> None:
    """Until it is closed. Waits for whoever has it."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def may_hold(descriptor: int, patience: float = 0.0, *, shared: bool = False) -> bool:
    """Hold it, if nobody else does within so many seconds; `shared` with others who ask for no more than that."""
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(_LOOK)


def own_name(stem: str, ending: str) -> str:
    """A hidden name that no other run has."""
    return f".{stem}.{secrets.token_hex(4)}{ending}"


def left_behind(folder: Path, stem: str, ending: str, flags: int) -> Iterator[Path]:
    """What bears such a name and no living run holds; held here until the next is asked for. `flags` open it."""
    for path in folder.glob(f".{escape(stem)}.????????{ending}"):
        with contextlib.suppress(OSError):
            descriptor = os.open(path, flags | os.O_NOFOLLOW)
            try:
                if may_hold(descriptor):
                    yield path
            finally:
                os.close(descriptor)
