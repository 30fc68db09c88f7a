"""Files as the engine needs them: read twice, or written whole or not at all; "-" is stdin and stdout."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import queue
import secrets
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from memoria.snapshot import compression
from memoria.snapshot.digest import BackgroundSha256
from memoria.snapshot.errors import FileFailure, InvalidSnapshot

CHUNK = 256 << 10
_SYNC_EVERY = 64 << 20
_PARTIAL = ".partial"

_HINTS = (
    (b"PGDMP", "a pg_dump archive; restore it with pg_restore"),
    (b"SQLite format 3\0", "a SQLite database; name it with --database-url sqlite:///… and export it"),
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (b"BZh", "compressed with bzip2; unpack it first (gzip and Zstandard are read as they are)"),
    (b"\xfd7zXZ\0", "compressed with xz; unpack it first (gzip and Zstandard are read as they are)"),
    (b"\x89PNG", "a PNG picture"),
    (b"--", "SQL text; restore it with psql or sqlite3"),
    (b"PRAGMA", "SQL text; restore it with sqlite3"),
)
_BOM = b"\xef\xbb\xbf"
_HEAD = 4096
"""Bytes that must show what a file is."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"\0{", b"{\0", b"\0\0\0{")


def failure(action: str, name: str, error: OSError) -> FileFailure:
    """An operating system's refusal as a sentence."""
    reason = {
        errno.ENOENT: "no such file",
        errno.EISDIR: "it is a directory",
        errno.EACCES: "permission denied",
        errno.ENOSPC: "no space left on the device; free some, or name another folder",
        errno.EDQUOT: "the disk quota is used up",
        errno.EFBIG: "the file would be larger than the system allows (ulimit -f)",
    }.get(error.errno or 0, (error.strerror or str(error)).lower())
    return FileFailure(f"cannot {action} {name}: {reason}")


class InputFile:
    """A snapshot to read, as often as needed; stdin and pipes are copied to a private temporary file first.

    `name` is what messages call it; `size` and `sha256` are of the bytes as stored. The digest is known after a full
    read, and empty where the file is its content: there the reader's digest is the file's.
    """

    def __init__(self, path: str) -> None:
        self.name = "<stdin>" if path == "-" else path
        if path == "-" and sys.stdin is None:
            raise FileFailure("cannot read <stdin>: it is closed")
        try:
            self._file = _seekable(path)
        except OSError as error:
            raise failure("read", self.name, error) from None
        except InvalidSnapshot as error:
            raise InvalidSnapshot(f"{self.name}: {error}") from None
        self.size = os.fstat(self._file.fileno()).st_size
        self.sha256 = ""
        head = self._read_at(0, 8)
        self.compression = compression.by_content(head)
        self._is_content = not self.compression and not head.startswith(_BOM)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def chunks(self, advance: Callable[[int], None] = lambda size: None) -> Iterator[bytes]:
        """The content from its beginning, decompressed; `advance` is told the stored bytes as they are read.

        What is no snapshot at first sight is refused at once, not when the first chunk is taken.
        """
        content = self._content(advance)
        return chain([next(content)], content)

    def _content(self, advance: Callable[[int], None]) -> Iterator[bytes]:
        stored = self._stored(advance)
        if self.compression:
            with _ReadAhead(compression.decompress(stored, self.compression)) as content:
                yield from _checked(content)
        else:
            yield from _checked(stored)

    def _stored(self, advance: Callable[[int], None]) -> Iterator[bytes]:
        digest = None if self._is_content else hashlib.sha256()
        position = 0
        while chunk := self._read_at(position, CHUNK):
            position += len(chunk)
            if digest is not None:
                digest.update(chunk)
            advance(len(chunk))
            yield chunk
        if position != self.size:
            raise FileFailure(f"cannot read {self.name}: it changed while it was read")
        self.sha256 = digest.hexdigest() if digest is not None else ""

    def _read_at(self, position: int, size: int) -> bytes:
        try:
            return os.pread(self._file.fileno(), size, position)
        except OSError as error:
            raise failure("read", self.name, error) from None


def _seekable(path: str) -> IO[bytes]:
    """The file itself, or a private copy of what comes through a pipe or a device."""
    source = sys.stdin.buffer if path == "-" else open(path, "rb")  # noqa: SIM115
    if stat.S_ISREG(os.fstat(source.fileno()).st_mode):
        return source
    with contextlib.nullcontext() if path == "-" else source:
        return _spooled(source)


def _spooled(source: IO[bytes]) -> IO[bytes]:
    head = source.read(_HEAD)
    if not compression.by_content(head):
        _refuse_foreign(head)  # before an endless one fills the disk
    copy = tempfile.TemporaryFile(prefix="memoria-")  # noqa: SIM115
    copy.write(head)
    while chunk := source.read(CHUNK):
        copy.write(chunk)
    copy.flush()
    return copy


def _checked(content: Iterator[bytes]) -> Iterator[bytes]:
    head = b""
    for chunk in content:
        head += chunk
        if len(head) >= _HEAD:
            break
    _refuse_foreign(head)
    yield head.removeprefix(_BOM)
    yield from content


def _refuse_foreign(head: bytes) -> None:
    text = head.removeprefix(_BOM).lstrip(b" \t\r\n")
    if not text and len(head) < _HEAD:
        raise InvalidSnapshot("the file is empty")
    for magic, what in _HINTS:
        if head.startswith(magic):
            raise InvalidSnapshot(f"the file is not a snapshot: it is {what}")
    if head[257:262] == b"ustar":
        raise InvalidSnapshot("the file is not a snapshot: it is a tar archive; unpack it first")
    if compression.by_content(head):
        raise InvalidSnapshot("the file is compressed twice; unpack it once")
    if head.startswith(_UTF16):
        raise InvalidSnapshot("the file looks like UTF-16 or UTF-32; save it as UTF-8")
    if not text.startswith(b"{"):
        raise InvalidSnapshot("the file is not a snapshot: it does not begin with '{'")


class _ReadAhead:
    """Runs an iterator on a thread of its own, at most eight chunks ahead."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._queue: queue.Queue[bytes | BaseException | None] = queue.Queue(maxsize=8)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="read-ahead", daemon=True)

    def __enter__(self) -> Iterator[bytes]:
        self._thread.start()
        return self._received()

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        while self._thread.is_alive():
            with contextlib.suppress(queue.Empty):
                self._queue.get(timeout=0.01)

    def _received(self) -> Iterator[bytes]:
        while (item := self._queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def _run(self) -> None:
        try:
            for chunk in self._chunks:
                self._queue.put(chunk)
                if self._stopped.is_set():
                    return
            self._queue.put(None)
        except BaseException as error:  # raised again in the thread that reads
            self._queue.put(error)


class OutputFile:
    """A snapshot to write. Only `commit` gives it its name; leaving the `with` block without it removes every trace.

    Digesting, compressing and writing run on another thread; its failure is raised by the next call.
    """

    def __init__(self, path: str, compress: str | None = None) -> None:
        self.name = "<stdout>" if path == "-" else path
        self.compression = compression.by_name(path) if compress is None else compress
        self.size = 0
        self.sha256 = ""
        self._path = None if path == "-" or _is_special(path) else Path(path)
        self._partial: Path | None = None
        self._descriptor = -1
        self._queue: queue.Queue[bytes | None] = queue.Queue(maxsize=8)
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="write-behind", daemon=True)

    def write(self, data: bytes) -> None:
        self._raise()
        self._content.update(data)
        self._queue.put(data)

    def content_sha256(self) -> str:
        """Digest of the uncompressed bytes written so far."""
        return self._content.whole()

    def commit(self) -> None:
        """Flush everything to the disk, then let the file appear under its name."""
        self._stop()
        self._raise()
        if self._path is None or self._partial is None:
            return
        try:
            os.fsync(self._descriptor)
            os.replace(self._partial, self._path)
            self._partial = None
            _sync_folder(self._path.parent)
        except OSError as error:
            raise failure("write", self.name, error) from None

    def __enter__(self) -> Self:
        try:
            self._descriptor = self._open()
            self._content = BackgroundSha256()
            self._thread.start()
        except BaseException:  # a signal may come here as well
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._drop()
        # A write into a pipe that nobody reads may last for ever; into a file it ends.
        if error is None or self._partial is not None:
            self._stop()
        self._content.close()
        self._remove()
        if self._descriptor != 1 and not self._thread.is_alive():
            os.close(self._descriptor)

    def _remove(self) -> None:
        if self._partial is not None:
            self._partial.unlink(missing_ok=True)

    def _open(self) -> int:
        if self.name == "<stdout>":
            if sys.stdout is None:
                raise FileFailure("cannot write <stdout>: it is closed")
            return 1
        try:
            if self._path is None:
                return os.open(self.name, os.O_WRONLY)
            if self._path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "it is a directory")
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _sweep(self._path)
            descriptor = self._create_partial(self._path)
            os.fchmod(descriptor, 0o600)
            return descriptor
        except OSError as error:
            raise failure("write", self.name, error) from None

    def _create_partial(self, path: Path) -> int:
        while True:
            self._partial = path.with_name(f".{_stem(path)}.{secrets.token_hex(4)}{_PARTIAL}")
            descriptor = os.open(self._partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            # Held until the process ends, so that a later run knows a dead run's file from a living one's.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return descriptor
            os.close(descriptor)  # another run swept it away before it was held

    def _stop(self) -> None:
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _drop(self) -> None:
        """Forget what waits to be written, so that the thread ends after the write it is at."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(None)

    def _raise(self) -> None:
        if isinstance(self._error, OSError) and not isinstance(self._error, BrokenPipeError):
            raise failure("write", self.name, self._error) from None
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        stored = hashlib.sha256() if self.compression else None
        compressor = compression.compressor(self.compression)
        unsynced = 0
        while True:
            data = self._queue.get()
            if self._error is not None:
                if data is None:
                    return
                continue
            try:
                out = compressor.finish() if data is None else compressor.compress(data)
                _write_all(self._descriptor, out)
                if stored is not None:
                    stored.update(out)
                self.size += len(out)
                unsynced += len(out)
                if unsynced > _SYNC_EVERY and self._partial is not None:
                    # Keeps the disk busy while rows are still read, so that the last flush is short.
                    os.fdatasync(self._descriptor)
                    unsynced = 0
            except Exception as error:  # raised again in the thread that writes
                self._error = error
            if data is None:
                self.sha256 = self._content.whole() if stored is None else stored.hexdigest()
                return


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _is_special(path: str) -> bool:
    """A device or a pipe is written as it is: it cannot be replaced by a rename."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _sweep(path: Path) -> None:
    """Remove what killed runs left beside `path`: partial files that no living process holds."""
    for partial in path.parent.glob(f".{_escaped(_stem(path))}.????????{_PARTIAL}"):
        with contextlib.suppress(OSError):
            descriptor = os.open(partial, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                partial.unlink()
            finally:
                os.close(descriptor)


def _stem(path: Path) -> str:
    """As much of the name as leaves room for what is added to it: a name has at most 255 bytes."""
    return os.fsdecode(os.fsencode(path.name)[:200])


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
