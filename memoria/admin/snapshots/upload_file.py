"""An uploaded snapshot as the engine reads it: under its own name, and not without bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from memoria.snapshot.errors import FileFailure
from memoria.snapshot.files import InputFile

MOST_CONTENT = 64
"""How many times the upload limit a file may hold once it is unpacked."""
MOST_EXPANSION = 250
"""How many times its size a file may grow while it is unpacked, beyond the first `_FREE` bytes."""
_FREE = 32 << 20


class TooLarge(FileFailure):
    """What a file holds is more than is taken here."""


class UploadedFile(InputFile):
    """Reads from a descriptor that stays the caller's; `name` is what its sender called it."""

    def __init__(self, descriptor: int, name: str, limit: int) -> None:
        """`limit`: the most bytes that an upload may have."""
        super().__init__(f"/dev/fd/{descriptor}")
        self.name = name
        self._limit = limit

    def chunks(self, advance: Callable[[int], None] = lambda size: None) -> Iterator[bytes]:
        return self._bounded(super().chunks(advance))

    def _bounded(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        content = 0
        for chunk in chunks:
            content += len(chunk)
            if self.compression and content > max(_FREE, MOST_EXPANSION * self.size):
                raise TooLarge(
                    f"{self.name}: the file grows to more than {MOST_EXPANSION} times its size when it is unpacked:"
                    " unpack it yourself, and import it with the command import-data"
                )
            if content > MOST_CONTENT * self._limit:
                raise TooLarge(
                    f"{self.name}: the file is too large when it is unpacked: import it with the command import-data"
                )
            yield chunk
