"""Keeps uploaded files: in a private folder that no web server serves, under names that say nothing.

A file is locked by the kernel (`flock`) while it is written and while a worker reads it. The lock ends with the
process that holds it, however that ended, so "is anybody at it?" always has a true answer.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from memoria import conf
from memoria.models.uploads import new_id
from memoria.snapshot.errors import FileFailure
from memoria.snapshot.files.ownership import hold, may_hold

_NAME = re.compile(r"[0-9a-f]{32}")
_PROGRESS = ".progress"
_EXPORT = re.compile(r"\.[0-9a-f]{32}\.[0-9a-f]{8}\.partial")
_ABANDONED = 3600
"""Seconds after which a file that no upload knows is nobody's any more."""
_PATIENCE = 5.0
"""Seconds to wait for a lock that somebody only looks at."""


def folder() -> Path:
    """The upload folder, made if need be. Raises FileFailure where it is not ours alone."""
    path = conf.upload_dir()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FileFailure.of("use", "the upload folder", error) from None
    if reason := unsafe(path):
        raise FileFailure(f"cannot use the upload folder: {reason}")
    return path


def unsafe(path: Path) -> str:
    """Why others could read or exchange what is in a folder; empty where they cannot, and where there is none."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{path}: {error.strerror}"
    if stat.S_ISLNK(found.st_mode):
        return f"{path} is a symbolic link; name the folder itself in MEMORIA_UPLOAD_DIR"
    if not stat.S_ISDIR(found.st_mode):
        return f"{path} is no folder"
    if found.st_uid != os.geteuid():
        return f"{path} belongs to another user"
    if found.st_mode & 0o077:
        return f"{path} is open to others; run chmod 700 on it"
    return ""


def create() -> tuple[str, int]:
    """A new file: its name and a descriptor to write to, locked, mode 0600 whatever the umask."""
    name = new_id()
    try:
        path = folder() / name
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        os.fchmod(descriptor, 0o600)
    except OSError as error:
        raise FileFailure.of("keep", "the upload", error) from None
    hold(descriptor)
    return name, descriptor


def open_stored(name: str) -> int:
    """A descriptor to read a stored file from. Raises FileFailure where it is gone, or no longer a plain file."""
    if not _NAME.fullmatch(name):
        raise FileFailure("the uploaded file was removed; upload it again")
    try:
        # Not blocking: a FIFO in its place would have us wait for ever.
        descriptor = os.open(folder() / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise FileFailure(
            "the uploaded file is not on this machine: it was removed, or the upload folder is not shared"
        ) from None
    except OSError:
        raise FileFailure("the uploaded file was exchanged for something else; upload it again") from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_uid != os.geteuid():
        os.close(descriptor)
        raise FileFailure("the uploaded file was exchanged for something else; upload it again")
    return descriptor


@contextlib.contextmanager
def held(name: str) -> Iterator[int | None]:
    """A descriptor of a stored file, locked for the length of the block; None where another has it."""
    descriptor = open_stored(name)
    try:
        yield descriptor if may_hold(descriptor, _PATIENCE) else None
    finally:
        os.close(descriptor)


def in_use(name: str) -> bool:
    """Whether a living process writes or reads a stored file."""
    try:
        descriptor = open_stored(name)
    except FileFailure:
        return False
    try:
        return not may_hold(descriptor, shared=True)
    finally:
        os.close(descriptor)


def remove(name: str) -> None:
    """Remove a stored file and what was noted beside it; one that is gone already is no error."""
    if _NAME.fullmatch(name):
        for path in (Path(conf.upload_dir(), name), Path(conf.upload_dir(), name + _PROGRESS)):
            with contextlib.suppress(OSError):
                path.unlink()


def remove_abandoned(known: set[str]) -> None:
    """Remove files that no upload knows: those of a process that ended while it received one."""
    with contextlib.suppress(OSError, FileFailure):
        for entry in os.scandir(folder()):
            name = entry.name.removesuffix(_PROGRESS)
            if _EXPORT.fullmatch(entry.name) and time.time() - entry.stat().st_mtime > _ABANDONED:
                os.unlink(entry.path)  # of an export whose process ended
                continue
            if not _NAME.fullmatch(name) or name in known:
                continue
            with contextlib.suppress(OSError):
                if time.time() - entry.stat(follow_symlinks=False).st_mtime > _ABANDONED and not in_use(name):
                    remove(name)


def note_progress(name: str, progress: dict[str, Any]) -> None:
    """How far a worker is, for whoever asks. In a file: an import holds the database, and nobody else could write."""
    path = Path(conf.upload_dir(), name + _PROGRESS)
    draft = path.with_suffix(".draft")
    with contextlib.suppress(OSError):  # only a courtesy
        draft.write_text(json.dumps(progress), "utf-8")
        os.replace(draft, path)


def progress_of(name: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(conf.upload_dir(), name + _PROGRESS).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
