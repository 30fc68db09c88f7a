"""Tells a URL from the name of a file."""

from __future__ import annotations

import re

from memoria.snapshot.errors import FileFailure

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class NotLocal(FileFailure):
    """A URL where a file or a folder of this machine is wanted: a wrong argument."""

    exit_code = 2


def is_url(text: str) -> bool:
    return _URL.match(text) is not None


def require_local(action: str, name: str, *, instead: str = "name a file, which another program then copies") -> None:
    """Refuse to read or write (`action`) a URL as if it were a path. It may hold a password, and is not repeated."""
    if is_url(name):
        scheme = name.partition("://")[0]
        raise NotLocal(f"cannot {action} {scheme}://…: it is a URL, and no file of this machine: {instead}")
