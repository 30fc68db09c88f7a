"""Notes how far a worker is, for the page that shows it."""

from __future__ import annotations

from time import monotonic

from memoria.admin.snapshots import storage

_EVERY = 0.5
"""Seconds between two notes."""


class NotedProgress:
    """Notes the engine's progress beside the stored file."""

    def __init__(self, stored: str) -> None:
        self._stored = stored
        self._stage = ""
        self._total: int | None = None
        self._size = self._rows = 0
        self._noted = 0.0

    def stage(self, name: str, *, rows: int | None = None, size: int | None = None) -> None:
        self._stage, self._total = name, size
        self._size = self._rows = 0
        self._note()

    def advance(self, *, rows: int = 0, size: int = 0) -> None:
        self._rows += rows
        self._size += size
        if monotonic() - self._noted >= _EVERY:
            self._note()

    def _note(self) -> None:
        self._noted = monotonic()
        percent = min(100, 100 * self._size // self._total) if self._total else None
        storage.note_progress(self._stored, {"stage": self._stage, "rows": self._rows, "percent": percent})
