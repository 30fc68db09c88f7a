"""A progress bar on a terminal, and nothing anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Self

from rich import progress as rich
from rich.text import Text

from memoria.console.render import console
from memoria.text import size


class _Time(rich.ProgressColumn):
    """The time that is left, or the time it has taken where nobody knows how much there is."""

    max_refresh = 0.5

    def render(self, task: rich.Task) -> Text:
        seconds = task.elapsed if task.total is None else task.time_remaining
        if seconds is None:
            return Text()
        return Text(f"{timedelta(seconds=round(seconds))} {'so far' if task.total is None else 'left'}")


class TerminalProgress:
    """Draws the engine's stages as bars with rows per second, bytes and the time left."""

    def __init__(self, *, quiet: bool = False) -> None:
        columns: tuple[rich.ProgressColumn, ...] = (
            rich.TextColumn("{task.description}"),
            rich.BarColumn(bar_width=20),
            rich.TaskProgressColumn(),
            rich.TextColumn("{task.fields[figures]}"),
            _Time(),
        )
        hidden = quiet or not sys.stderr.isatty()
        self._bars = rich.Progress(*columns, console=console(), transient=True, disable=hidden)
        self._task: rich.TaskID | None = None
        self._rows = 0
        self._size = 0
        self._by_size = False

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Leaves the terminal to a question."""
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()

    def stage(self, name: str, *, rows: int | None = None, size: int | None = None) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._rows = self._size = 0
        self._by_size = size is not None
        self._task = self._bars.add_task(name, total=size if size is not None else rows, figures="")

    def advance(self, *, rows: int = 0, size: int = 0) -> None:
        if self._bars.disable or self._task is None:
            return
        self._rows += rows
        self._size += size
        task = self._bars.tasks[-1]
        self._bars.update(
            self._task, completed=self._size if self._by_size else self._rows, figures=self._figures(task.elapsed)
        )

    def _figures(self, elapsed: float | None) -> str:
        rows = f"{self._rows:,} rows, {self._rows / elapsed:,.0f}/s" if self._rows and elapsed else ""
        return ", ".join(filter(None, (rows, size(self._size) if self._size else "")))
