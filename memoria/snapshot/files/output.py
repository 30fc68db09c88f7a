"""A snapshot to write, whole or not at all; "-" is standard output."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from memoria.snapshot.errors import FileFailure
from memoria.snapshot.files import compression
from memoria.snapshot.files.background import Behind
from memoria.snapshot.files.ownership import hold, left_behind, own_name
from memoria.snapshot.files.urls import require_local

_SYNC_EVERY = 16 << 20
"""Bytes after which the disk is told to write: it is kept busy while rows are still read, and the last flush is short.
"""
_PARTIAL = ".partial"
_PATIENCE = 0.5
"""Seconds for a thread that was told to end; one that writes into a pipe which nobody reads does not."""
_DATABASE = b"SQLite format 3\0"
_JOURNALS = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83", b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7")
_BESIDE = ("-wal", "-journal", "-shm")
"""What SQLite adds to a database's name: for its write-ahead log, its rollback journal, and an index of the log."""


class OutputFile:
    """A snapshot to write. Only `commit` gives it its name; leaving the `with` block without it removes every trace.

    Digesting, compressing, writing and flushing run on another thread, whose failure is raised by the next call. To
    hand bytes over costs as much for a few as for many: write a megabyte at a time.
    """

    def __init__(self, path: str, compress: str | None = None) -> None:
        require_local("write", path, instead="write - in its place, and send that on in a pipe")
        self.name = "<stdout>" if path == "-" else path
        self.compression = compression.by_name(path) if compress is None else compress
        self.size = 0
        self.sha256 = ""
        self._path = None if path == "-" or _is_special(path) else Path(path)
        self._partial: Path | None = None
        self._made: list[Path] = []
        """Folders that were not there, the innermost first."""
        self._descriptor = -1
        self._unsynced = 0
        self._content = self._stored = hashlib.sha256()
        if self.compression:
            self._stored = hashlib.sha256()
        self._compressor = compression.compressor(self.compression)
        self._behind = Behind(self._store, "write-behind")

    def write(self, data: bytes) -> None:
        with self._failures():
            self._behind.put(data)

    def content_sha256(self) -> str:
        """Digest of the uncompressed bytes written so far."""
        with self._failures():
            self._behind.wait()
        return self._content.hexdigest()

    def commit(self) -> None:
        """Flush everything to the disk, then let the file appear under its name."""
        with self._failures():
            self._behind.wait()
            self._put(self._compressor.finish())
        self.sha256 = self._stored.hexdigest()
        if self._path is None or self._partial is None:
            return
        with self._failures():
            os.fsync(self._descriptor)
            os.replace(self._partial, self._path)
            self._partial = None
            sync_folder(self._path.parent)

    def __enter__(self) -> Self:
        try:
            self._descriptor = self._open()
        except BaseException:  # a signal may come here as well
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._behind.close()
        else:
            # A write into a pipe that nobody reads may last for ever; into a file it ends.
            self._behind.drop(None if self._partial is not None else _PATIENCE)
        self._remove()
        if self._descriptor != 1 and not self._behind.is_alive:
            os.close(self._descriptor)

    def _remove(self) -> None:
        if self._partial is not None:
            with contextlib.suppress(OSError):  # where nothing can be made, nothing was
                self._partial.unlink(missing_ok=True)
        for folder in self._made:
            with contextlib.suppress(OSError):  # it holds what was written, or what somebody else has put there
                folder.rmdir()

    def _open(self) -> int:
        if self.name == "<stdout>":
            if sys.stdout is None or sys.stdout.closed:
                raise FileFailure("cannot write <stdout>: it is closed")
            return 1
        try:
            if self._path is None:
                return os.open(self.name, os.O_WRONLY)
            if self._path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "it is a directory")
            if self.name.endswith("/"):
                raise FileFailure(f"cannot write {self.name}: it names a folder; add the name of a file")
            require_no_database(self._path)
            self._made = [folder for folder in self._path.parents if not folder.exists()]
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _sweep(self._path)
            descriptor = self._create_partial(self._path)
            os.fchmod(descriptor, 0o600)
            return descriptor
        except OSError as error:
            raise FileFailure.of("write", self.name, error) from None

    def _create_partial(self, path: Path) -> int:
        while True:
            self._partial = path.with_name(own_name(_stem(path), _PARTIAL))
            descriptor = os.open(self._partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            hold(descriptor)
            if os.fstat(descriptor).st_nlink:
                return descriptor
            os.close(descriptor)  # another run swept it away before it was held

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            raise FileFailure.of("write", self.name, error) from None

    def _store(self, data: bytes) -> None:
        self._content.update(data)
        self._put(self._compressor.compress(data))

    def _put(self, stored: bytes) -> None:
        _write_all(self._descriptor, stored)
        if self.compression:
            self._stored.update(stored)
        self.size += len(stored)
        self._unsynced += len(stored)
        if self._unsynced > _SYNC_EVERY:
            self._unsynced = 0
            if self._partial is not None:
                os.fdatasync(self._descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _is_special(path: str) -> bool:
    """A device or a pipe is written as it is: it cannot be replaced by a rename, nor can a name for our own output.

    What stands there decides, and not where that is: `/dev/shm` holds ordinary files.
    """
    try:
        mode = os.stat(path).st_mode
        return stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or stat.S_ISFIFO(mode) or _names_a_descriptor(path)
    except OSError:
        return False


def _names_a_descriptor(path: str) -> bool:
    """Whether it leads to an open file of this process, as `/dev/stdout` and `/dev/fd/3` do by way of `/proc`."""
    folder = ""
    while not folder.startswith("/proc/"):
        folder = os.path.realpath(os.path.dirname(path))
        if not os.path.islink(path):
            break
        path = os.path.join(folder, os.readlink(path))
    return folder.startswith("/proc/")


def require_no_database(path: Path) -> None:
    """Raise FileFailure where a file at `path` would replace a SQLite database, or what belongs to one. A snapshot may
    replace an older one; to replace a database by a snapshot of it is a slip."""
    if _begins(path, _DATABASE):
        raise FileFailure(f"cannot write {path}: it is a SQLite database; name another file")
    # One that holds nothing at the moment may be in use all the same.
    of = next((path.with_name(path.name.removesuffix(end)) for end in _BESIDE if path.name.endswith(end)), path)
    if _begins(path, *_JOURNALS) or (of != path and _begins(of, _DATABASE)):
        raise FileFailure(f"cannot write {path}: it holds changes of a SQLite database; name another file")


def _begins(path: Path, *magic: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(16).startswith(magic)
    except OSError:
        return False


def _sweep(path: Path) -> None:
    """Remove what killed runs left beside `path`: partial files that no living process holds."""
    for partial in left_behind(path.parent, _stem(path), _PARTIAL, os.O_RDWR):
        with contextlib.suppress(OSError):
            partial.unlink()


def _stem(path: Path) -> str:
    """As much of the name as leaves room for what is added to it: a name has at most 255 bytes."""
    return os.fsdecode(os.fsencode(path.name)[:200])


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
