"""Remembers that a backup was found to be damaged: `NAME.refused` beside it, until it is found to be whole.

The mark names the backup by the digest in its sidecar: one that is left over says nothing of a file that replaced it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from memoria.backup.errors import InvalidBackup
from memoria.backup.store import sidecar as sidecars
from memoria.backup.store.sidecar import Sidecar
from memoria.json_bytes import encoded
from memoria.snapshot.times import spelled

ENDING = ".refused"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    sha256: str
    """Of the backup, as its sidecar has it."""
    at: str
    reason: str


def path_of(backup: Path) -> Path:
    return backup.with_name(backup.name + ENDING)


def of(path: Path, backup: Sidecar) -> Refusal | None:
    """Why this backup was refused, if it was."""
    try:
        found = msgspec.json.decode(path_of(path).read_bytes(), type=Refusal)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if found.sha256 == backup.sha256 else None


@contextmanager
def marking(path: Path, backup: Sidecar) -> Iterator[None]:
    """What looks at every byte: an InvalidBackup marks the backup, and without one no mark stays."""
    try:
        yield
    except InvalidBackup as error:
        raise InvalidBackup(f"{error}{_mark(path, backup, str(error))}") from None
    with contextlib.suppress(OSError):
        path_of(path).unlink()


def _mark(path: Path, backup: Sidecar, reason: str) -> str:
    """What is to be said of it: nothing, unless the mark cannot be made."""
    mark, draft = path_of(path), path.with_name(f".{path.name}{ENDING}.{os.getpid()}")
    found = Refusal(sha256=backup.sha256, at=spelled(sidecars.now()), reason=reason)
    try:
        draft.write_bytes(encoded(found) + b"\n")
        os.replace(draft, mark)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        return f" (it cannot be marked: {(error.strerror or str(error)).lower()})"
    return ""
