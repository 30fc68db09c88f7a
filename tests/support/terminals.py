"""The program on a terminal of its own, as a person sits at it."""

from __future__ import annotations

import os
import pty
import select
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tests.support import warm


class Terminal:
    """A run of the program that a terminal controls. Its standard input is that terminal, or a file or pipe."""

    def __init__(self, *arguments: str | Path, stdin: IO[Any] | int | None = None, env: Mapping[str, str] = {}) -> None:
        self._ours, theirs = pty.openpty()
        self._process = warm.start(
            *map(str, arguments),
            environment={**os.environ, "TERM": "xterm", "COLUMNS": "120", **env},
            stdin=theirs if stdin is None else stdin,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.text = ""

    def read_until(self, words: str, timeout: float = 30) -> None:
        end = time.monotonic() + timeout
        while words not in self.text:
            assert time.monotonic() < end, self.text
            assert self._read(), self.text

    def question(self) -> str:
        """What is asked, in one line."""
        self.read_until("Continue? [y/N]")
        return " ".join(self.text[self.text.rindex("This ") :].split())

    def answer(self, text: str) -> tuple[int, str]:
        """Exit code, and what was written after the question, in one line."""
        asked = len(self.text)
        os.write(self._ours, text.encode())
        while self._read():
            pass
        return self._process.wait(timeout=30), " ".join(self.text[asked:].split())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def _read(self) -> bool:
        try:
            ready, _, _ = select.select([self._ours], [], [], 30)
            data = os.read(self._ours, 65536) if ready else b""
        except OSError:  # Linux's way to say that nobody holds the other end any more
            return False
        self.text += data.decode()
        return bool(data)


@contextmanager
def on_a_terminal(*arguments: str | Path, **options: Any) -> Iterator[Terminal]:
    terminal = Terminal(*arguments, **options)
    try:
        yield terminal
    finally:
        terminal.close()
