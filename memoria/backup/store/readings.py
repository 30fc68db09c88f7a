"""Remembers when a backup was last read to its end: `.NAME.read` beside it, whose time is that moment.

It names the backup by the digest in its sidecar, as a mark of refusal does.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from memoria.backup.store.catalogue import BROKEN, Entry

ENDING = ".read"


def path_of(backup: Path) -> Path:
    return backup.with_name(f".{backup.name}{ENDING}")


def due(entries: Sequence[Entry], share: float) -> list[Path]:
    """Those to read now: at most `share` of all bytes (0 to 1), the longest unread first, and at least one."""
    whole = [entry for entry in entries if entry.sidecar and entry.state not in BROKEN]
    left = share * sum(entry.sidecar.size for entry in whole if entry.sidecar)
    chosen: list[Path] = []
    for entry in sorted(whole, key=_last_read) if share else ():
        assert entry.sidecar is not None
        left -= entry.sidecar.size
        if chosen and left < 0:
            break
        chosen.append(entry.path)
    return chosen


def note(entries: Sequence[Entry]) -> None:
    """They were read just now, and are whole. Where nothing can be written they are read again sooner."""
    for entry in entries:
        if entry.sidecar is not None:
            with contextlib.suppress(OSError):
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
                with open(os.open(path_of(entry.path), flags, 0o600), "w", encoding="ascii") as mark:
                    mark.write(entry.sidecar.sha256 + "\n")


def _last_read(entry: Entry) -> float:
    """Seconds since 1970; 0 where nobody has read this very backup."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        mark = path_of(entry.path)
        if entry.sidecar and mark.read_text("ascii").strip() == entry.sidecar.sha256:
            return os.stat(mark).st_mtime
    return 0.0
