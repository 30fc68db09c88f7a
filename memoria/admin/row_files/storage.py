"""Keeps a file of rows between its preview and its import: private, under a random name, for an hour."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from import_export.tmp_storages import BaseStorage

KEPT_SECONDS = 3600


def folder() -> Path:
    """A folder of this user's alone in that for temporary files. Raises where somebody else has made it."""
    path = Path(tempfile.gettempdir()) / f"memoria-tables-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise ImproperlyConfigured(f"{path} is not a private folder of this user: remove it.")
    return path


def sweep() -> None:
    """Remove what nobody came back for."""
    for path in folder().iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.lstat().st_mtime < time.time() - KEPT_SECONDS:
                path.unlink()


class PrivateStorage(BaseStorage):
    """One file. Its name comes from `save`, or from a token that this site has signed."""

    def save(self, data: bytes | str) -> None:
        data = data.encode() if isinstance(data, str) else data
        sweep()
        self.name = f"{secrets.token_hex(16)}-{hashlib.sha256(data).hexdigest()}"
        descriptor = os.open(self.path(), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "wb") as file:
            file.write(data)

    def read(self) -> Any:
        """Raises FileNotFoundError where it has been removed, or is not what its name says."""
        descriptor = os.open(self.path(), os.O_RDONLY | os.O_NOFOLLOW)
        with open(descriptor, "rb") as file:
            data = file.read()
        if hashlib.sha256(data).hexdigest() != str(self.name).partition("-")[2]:
            raise FileNotFoundError(f"{self.name} is not what was stored")
        return data.decode(self.encoding) if self.encoding else data

    def remove(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self.path().unlink()

    def path(self) -> Path:
        return folder() / str(self.name)
