"""Digests a stream with SHA-256 on another core: hashlib releases the interpreter lock while it digests.

What is exported is digested as it is written, in `output.py`.
"""

from __future__ import annotations

import hashlib

from memoria.snapshot.files.background import Behind

_AT_ONCE = 1 << 20
"""Bytes that are digested where they are fed; a thread pays only for what comes after them."""


class BackgroundSha256:
    """Feed `update` from one thread; `whole` and `at_line_start` wait until everything fed is digested."""

    def __init__(self) -> None:
        self._whole = hashlib.sha256()
        self._at_line_start = hashlib.sha256()
        self._size = 0
        self._behind = Behind(self._digest, "sha256")

    def update(self, data: bytes) -> None:
        self._size += len(data)
        if self._size <= _AT_ONCE:
            self._digest(data)
        else:
            self._behind.put(data)

    def whole(self) -> str:
        """Digest of all bytes fed."""
        self._behind.wait()
        return self._whole.hexdigest()

    def at_line_start(self) -> str:
        """Digest of the bytes up to and including the last line end fed."""
        self._behind.wait()
        return self._at_line_start.hexdigest()

    def close(self) -> None:
        self._behind.close()

    def _digest(self, data: bytes) -> None:
        end = data.rfind(b"\n") + 1
        if end:
            self._whole.update(data[:end])
            self._at_line_start = self._whole.copy()
        self._whole.update(data[end:])
