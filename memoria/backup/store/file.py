"""A backup to read: an ordinary file, opened once, so that what is checked is what is restored."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

from memoria.backup.errors import InvalidBackup
from memoria.snapshot.errors import FileFailure, InvalidSnapshot
from memoria.snapshot.files.compression import decompress

_CHUNK = 1 << 20


class BackupFile:
    """`name` is what messages call it, if not by its path."""

    def __init__(self, path: Path, name: str = "") -> None:
        self.path = path
        self.name = name or str(path)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            self.stored: IO[bytes] = open(descriptor, "rb", buffering=0)  # noqa: SIM115
        except IsADirectoryError:
            raise FileFailure(f"cannot read {path}: it is a directory") from None
        except OSError as error:
            if path.is_symlink():
                raise FileFailure(f"cannot read {path}: it is a symbolic link; name the file itself") from None
            raise FileFailure.of("read", str(path), error) from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            self.stored.close()
            raise FileFailure(f"cannot read {path}: it is no ordinary file")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stored.close()

    @property
    def size(self) -> int:
        return os.fstat(self.stored.fileno()).st_size

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()

    def require(self, size: int, sha256: str) -> None:
        """Raise InvalidBackup unless every byte is the one that was written."""
        if self.size != size:
            what = "is empty" if not self.size else f"has {self.size:,} bytes instead of {size:,}"
            raise InvalidBackup(f"{self.name} {what}: it is cut, or not the file that its sidecar tells of")
        if self.sha256() != sha256:
            raise InvalidBackup(
                f"{self.name} is damaged, or not the file that its sidecar tells of: its sha256 differs"
            )

    def chunks(self) -> Iterator[bytes]:
        """The bytes as stored, from the beginning."""
        position = 0
        try:
            while chunk := os.pread(self.stored.fileno(), _CHUNK, position):
                position += len(chunk)
                yield chunk
        except OSError as error:
            raise FileFailure.of("read", self.name, error) from None

    def content(self, compression: str) -> Iterator[bytes]:
        try:
            if not compression:
                yield from self.chunks()
            else:
                yield from decompress(self.chunks(), compression)
        except InvalidSnapshot as error:
            raise InvalidBackup(f"{self.name}: {error}") from None
