"""SHA-256 of a stream, computed on another core: hashlib releases the interpreter lock while it digests."""

from __future__ import annotations

import hashlib
import queue
import threading

_AT_ONCE = 1 << 20
"""Bytes that are digested where they are fed; a thread pays only for what comes after them."""


class BackgroundSha256:
    """Feed `update` from one thread; `whole` and `at_line_start` wait until everything fed is digested."""

    def __init__(self) -> None:
        self._whole = hashlib.sha256()
        self._at_line_start = hashlib.sha256()
        self._size = 0
        self._queue: queue.Queue[bytes | None] = queue.Queue(maxsize=8)
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def update(self, data: bytes) -> None:
        self._size += len(data)
        if self._size <= _AT_ONCE:
            self._digest(data)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sha256", daemon=True)
            self._thread.start()
        self._queue.put(data)

    def whole(self) -> str:
        """Digest of all bytes fed."""
        self._wait()
        return self._whole.hexdigest()

    def at_line_start(self) -> str:
        """Digest of the bytes up to and including the last line end fed."""
        self._wait()
        return self._at_line_start.hexdigest()

    def close(self) -> None:
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()

    def _wait(self) -> None:
        self._queue.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while (data := self._queue.get()) is not None:
            try:
                self._digest(data)
            except BaseException as error:  # raised again in the thread that feeds
                self._error = error
            finally:
                self._queue.task_done()

    def _digest(self, data: bytes) -> None:
        end = data.rfind(b"\n") + 1
        if end:
            self._whole.update(data[:end])
            self._at_line_start = self._whole.copy()
        self._whole.update(data[end:])
