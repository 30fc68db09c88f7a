"""Logs a run of a command as records on standard error, instead of text for people, where `MEMORIA_LOG` asks for it."""

from __future__ import annotations

import logging
import os
import sys
import time
import uuid
from typing import Any, Protocol

from django.core.management.base import OutputWrapper

from memoria.console.words import all_in_options
from memoria.log_lines import FORMATS

VARIABLE = "MEMORIA_LOG"


class Kept(Protocol):
    def as_dict(self) -> dict[str, Any]: ...


class RunLog(OutputWrapper):
    """One run: a record when it ends, and one for each text that is written here meanwhile, an error at the latest."""

    def __init__(self, command: str) -> None:
        super().__init__(sys.stderr)
        self._handler = logging.StreamHandler(sys.stderr)
        self._handler.setFormatter(FORMATS[os.environ[VARIABLE]]())
        self._about = {"command": command, "run": uuid.uuid4().hex[:12]}
        self._started = time.monotonic()

    def write(self, msg: str = "", style_func: Any = None, ending: str | None = None) -> None:  # type: ignore[override]
        failed = msg.startswith("CommandError: ")
        self._record(logging.ERROR if failed else logging.WARNING, msg.removeprefix("CommandError: ").strip(), {})

    def ended(self, result: Kept) -> None:
        """The single values of its report: what is in lists and tables is for a report."""
        told = all_in_options(result.as_dict())
        figures = {name: value for name, value in told.items() if isinstance(value, str | int | float)}
        level = logging.ERROR if figures.get("exit_code") == 1 else logging.INFO
        figures.pop("seconds", None)  # of the run itself; here they are those of the command
        self._record(level, "ended", {**figures, "rows": told.get("rows", _rows(told.get("tables")))})

    def _record(self, level: int, message: str, figures: dict[str, Any]) -> None:
        record = logging.LogRecord("memoria.command", level, "", 0, message, None, None)
        seconds = round(time.monotonic() - self._started, 3)
        record.fields = {**self._about, "seconds": seconds, **figures}
        self._handler.emit(record)


def _rows(tables: Any) -> int | None:
    """The rows of all tables of a report, where it has them so."""
    counted = tables.values() if isinstance(tables, dict) else ()
    rows: list[Any] = [one.get("rows") if isinstance(one, dict) else one for one in counted]
    return sum(rows) if rows and all(isinstance(one, int) for one in rows) else None
