"""Asks before rows are lost: on the terminal that the run reads from or, where that is the snapshot, on its own."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.text import Text

from memoria.console.progress import TerminalProgress
from memoria.console.render import console
from memoria.snapshot.report import Report
from memoria.text import counted, visible

_TERMINAL = "/dev/tty"
"""The terminal that controls this process, whatever its standard streams are; it cannot be opened where there is none,
as in cron."""


class Question:
    """Nobody to ask is a yes: a script has said what it wants."""

    def __init__(self, progress: TerminalProgress, no_input: bool, source: str = "") -> None:
        """`source`: the file that is read, which may be standard input."""
        self._progress = progress
        self._no_input = no_input
        self._source = source

    @property
    def has_somebody(self) -> bool:
        """Whether anybody would be asked."""
        if self._no_input:
            return False
        with _terminal(self._source) as streams:
            return streams is not None

    def confirms(self, consequence: str) -> bool:
        """Whether the user, told what will happen, says yes."""
        if self._no_input:
            return True
        with _terminal(self._source) as streams:
            if streams is None:
                return True
            answers, questions = streams
            with self._progress.hidden():
                console(questions).print(Text(f"{visible(consequence)} Continue? [y/N] "), end="")
                questions.flush()
                return answers.readline().strip().lower() in ("y", "yes")


@contextmanager
def _terminal(source: str) -> Iterator[tuple[TextIO, TextIO] | None]:
    """Where to read an answer and where to write a question; None where nobody can answer."""
    if sys.stdin is None:
        yield None
    elif sys.stdin.isatty():
        yield sys.stdin, sys.stderr
    elif not _is_standard_input(source):
        yield None
    else:
        with contextlib.ExitStack() as stack:
            try:
                answers = stack.enter_context(open(_TERMINAL, errors="replace"))
                questions = stack.enter_context(open(_TERMINAL, "w", errors="backslashreplace"))
            except OSError:
                yield None
                return
            yield answers, questions


def _is_standard_input(source: str) -> bool:
    with contextlib.suppress(OSError):
        return source == "-" or (bool(source) and os.path.samestat(os.stat(source), os.fstat(0)))
    return False


def replaced(report: Report) -> str | None:
    """What an import takes away, and what it puts there; None where it takes nothing."""
    tables = report.tables.items()
    if not any(counts.deleted for _, counts in tables):
        return None
    figures = before_and_after((name, counts.deleted, counts.inserted) for name, counts in tables)
    return f"This replaces rows of {report.database} (before → after): {figures}."


def overwritten(report: Report) -> str | None:
    """What a merge writes over, and what it adds; None where it writes over nothing."""
    tables = [(name, counts) for name, counts in report.tables.items() if counts.overwritten or counts.inserted]
    if not any(counts.overwritten for _, counts in tables):
        return None
    figures = ", ".join(
        f"{name} {counted(counts.overwritten, 'row')} overwritten, {counts.inserted:,} new" for name, counts in tables
    )
    return f"This overwrites rows of {report.database} with those of {report.file.name}: {figures}."


def before_and_after(tables: Iterable[tuple[str, int, int]]) -> str:
    """`tables`: name, rows before, rows after; those without rows on either side are not worth a word."""
    return ", ".join(f"{name} {before:,} → {after:,}" for name, before, after in tables if before or after)
