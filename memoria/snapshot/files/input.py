"""A snapshot to read, as often as needed; "-" is standard input."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import IO, Self

from memoria.snapshot.errors import FileFailure, InvalidSnapshot
from memoria.snapshot.files import compression
from memoria.snapshot.files.background import ahead
from memoria.snapshot.files.urls import require_local

CHUNK = 256 << 10

_HINTS = (
    (b"PGDMP", "a pg_dump archive; a backup is restored by restore-database, others by pg_restore"),
    (b"SQLite format 3\0", "a SQLite database; write a snapshot of it with export-data"),
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (b"BZh", "compressed with bzip2; unpack it first (gzip and Zstandard are read as they are)"),
    (b"\xfd7zXZ\0", "compressed with xz; unpack it first (gzip and Zstandard are read as they are)"),
    (b"\x89PNG", "a PNG picture"),
    (b"--", "SQL text; a backup is restored by restore-database, other SQL by psql or sqlite3"),
    (b"PRAGMA", "SQL text; a backup is restored by restore-database, other SQL by sqlite3"),
)
_BOM = b"\xef\xbb\xbf"
_HEAD = 4096
"""Bytes that must show what a file is."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"\0{", b"{\0", b"\0\0\0{")


class InputFile:
    """A snapshot to read, as often as needed; stdin and pipes are copied to a private temporary file first.

    `name` is what messages call it; `size` and `sha256` are of the bytes as stored. The digest is known after a full
    read, and empty where the file is its content: there the reader's digest is the file's.
    """

    def __init__(self, path: str) -> None:
        self.name = "<stdin>" if path == "-" else path
        if path == "-" and sys.stdin is None:
            raise FileFailure("cannot read <stdin>: it is closed")
        require_local("read", path, instead="write - in its place, and fetch it in a pipe")
        try:
            self._file = _seekable(path)
        except OSError as error:
            raise FileFailure.of("read", self.name, error) from None
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
            chunks = compression.decompress(stored, self.compression)
            with ahead(partial(_give, chunks), "read-ahead") as content:
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
            raise FileFailure.of("read", self.name, error) from None


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


def _give(chunks: Iterator[bytes], give: Callable[[bytes], None]) -> None:
    for chunk in chunks:
        give(chunk)
