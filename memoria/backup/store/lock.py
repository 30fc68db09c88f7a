"""One run at a time on one destination. The lock is the kernel's: it is free as soon as its holder is gone."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from memoria.snapshot.errors import DatabaseBusy, FileFailure
from memoria.snapshot.files.ownership import may_hold


class Busy(DatabaseBusy):
    """Another run works on the same destination."""


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file at `path`, or raise Busy at once; `what` is what messages call that which is locked."""
    try:
        descriptor = _acquire(path, what)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FileFailure(f"cannot lock {path}: it is a symbolic link; remove it") from None
        raise FileFailure.of("lock", str(path), error) from None
    try:
        yield
    finally:
        if _is_at(descriptor, path):
            path.unlink(missing_ok=True)
        os.close(descriptor)


def _acquire(path: Path, what: str) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileFailure(f"cannot lock {path}: it is no ordinary file; remove it")
            _lock(descriptor, what)
            if _is_at(descriptor, path):  # its last holder may have removed it before we had it
                _sign(descriptor, path)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int, what: str) -> None:
    if not may_hold(descriptor):
        raise Busy(f"another run{_holder(descriptor)} works on {what}; try again when it is done")


def _sign(descriptor: int, path: Path) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {time.time():.0f}\n".encode(), 0)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _holder(descriptor: int) -> str:
    with contextlib.suppress(ValueError, OSError):
        process, since = os.pread(descriptor, 64, 0).split()
        age = max(0, round(time.time() - int(since)))
        return f" (process {int(process)}, for {age} s)"
    return ""


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False
