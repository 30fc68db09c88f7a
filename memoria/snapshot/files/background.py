"""Runs work on a thread of its own with a short queue between: behind who gives, or ahead of who takes.

What is raised there is raised again on this side.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")
_ENOUGH = 0.01
"""Seconds after which it is looked again whether a thread that was told to stop has ended."""


class Behind(Generic[T]):
    """Does `work` for one item after the other. The thread begins with the first of them."""

    def __init__(self, work: Callable[[T], None], name: str, *, size: int = 8) -> None:
        """`size`: items that may wait."""
        self._work = work
        self._queue: queue.Queue[T | None] = queue.Queue(maxsize=size)
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def put(self, item: T) -> None:
        """Raises what an earlier item has raised."""
        self._raise()
        if self._thread.ident is None:
            self._thread.start()
        self._queue.put(item)

    def wait(self) -> None:
        """Until all is done. Raises what an item has raised."""
        self._queue.join()
        self._raise()

    def close(self) -> None:
        """Do what waits, and end the thread."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def drop(self, patience: float | None) -> None:
        """Forget what waits, and end the thread behind the item it is at. Waits so many seconds for it, or for ever."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(None)
        if self._thread.is_alive():
            self._thread.join(patience)

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if self._error is None:
                try:
                    self._work(item)
                except Exception as error:
                    self._error = error
            self._queue.task_done()
        self._queue.task_done()


class _Stopped(Exception):
    """Nobody takes any more."""


@contextmanager
def ahead(produce: Callable[[Callable[[T], None]], object], name: str, *, size: int = 8) -> Iterator[Iterator[T]]:
    """What `produce` gives to the function that it is called with, as an iterator, at most `size` items ahead.

    At the end of the block its thread has ended, also where not all was taken.
    """
    waiting: queue.Queue[T | BaseException | None] = queue.Queue(maxsize=size)
    stopped = threading.Event()

    def give(item: T) -> None:
        if stopped.is_set():
            raise _Stopped
        waiting.put(item)

    def run() -> None:
        try:
            produce(give)
            waiting.put(None)
        except BaseException as error:
            waiting.put(error)

    def taken() -> Iterator[T]:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield taken()
    finally:
        stopped.set()
        while thread.is_alive():
            with contextlib.suppress(queue.Empty):
                waiting.get(timeout=_ENOUGH)
