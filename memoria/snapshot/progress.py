"""Counts how far a run is. The doors draw it; the engine only counts."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    def stage(self, name: str, *, rows: int | None = None, size: int | None = None) -> None:
        """A stage begins that will pass so many rows, or so many bytes of the file."""
        ...

    def advance(self, *, rows: int = 0, size: int = 0) -> None: ...


class NoProgress:
    def stage(self, name: str, *, rows: int | None = None, size: int | None = None) -> None:
        pass

    def advance(self, *, rows: int = 0, size: int = 0) -> None:
        pass
