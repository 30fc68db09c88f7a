"""The frame of a command: the engine's errors become one sentence and an exit code, signals leave no trace."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from memoria.console.options import EXIT_CODES
from memoria.console.render import print_report, write_report
from memoria.snapshot.errors import InvalidRows, SnapshotError
from memoria.snapshot.report import Report

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class SnapshotCommand(BaseCommand):
    """Subclasses implement `run`, which returns the report of what they did, or None."""

    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs.setdefault("epilog", EXIT_CODES)
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.formatter_class = _HelpFormatter
        return parser

    def handle(self, *args: Any, **options: Any) -> None:
        with _signals_raise():
            try:
                report = self.run(options)
            except InvalidRows as error:
                self._finish(error.report, options)
                raise CommandError(str(error), returncode=error.exit_code) from None
            except SnapshotError as error:
                raise CommandError(str(error), returncode=error.exit_code) from None
            except MemoryError:
                raise CommandError("not enough memory; nothing was changed") from None
            except BrokenPipeError:
                _leave_quietly()
            if report is not None:
                self._finish(report, options)
                if report.exit_code:
                    sys.exit(report.exit_code)

    def run(self, options: dict[str, Any]) -> Report | None:
        raise NotImplementedError

    def _finish(self, report: Report, options: dict[str, Any]) -> None:
        if options["verbosity"] > 0:
            print_report(report)
        if options.get("report"):
            write_report(report, options["report"])


class _HelpFormatter(RawDescriptionHelpFormatter):
    """Keeps the table of exit codes as it is, and leaves out the options that Django gives every command."""

    _DJANGOS = ("--version", "--settings", "--pythonpath", "--traceback", "--no-color", "--force-color", "--skip-checks")

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: Any = None) -> None:
        super().add_usage(usage, self._ours(actions), groups, prefix)

    def add_arguments(self, actions: Any) -> None:
        super().add_arguments(self._ours(actions))

    def _ours(self, actions: Any) -> list[Any]:
        return [action for action in actions if not set(self._DJANGOS) & set(action.option_strings)]


@contextlib.contextmanager
def _signals_raise() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the stack as SIGINT does, so that every `with` block cleans up behind itself."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    try:
        previous = {number: signal.signal(number, leave) for number in _SIGNALS}
    except ValueError:  # not the main thread: whoever runs us there handles signals
        yield
        return
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _leave_quietly() -> None:
    """Whoever read our output has left; there is nobody to tell."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(128 + signal.SIGPIPE)
