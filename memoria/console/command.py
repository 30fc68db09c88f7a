"""The frame of a command: errors become one sentence and an exit code, signals leave no trace."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import sys
import textwrap
from argparse import HelpFormatter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any, NoReturn, Protocol

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.console.options import EPILOG
from memoria.console.overview_text import owners
from memoria.console.render import print_report
from memoria.console.report_file import report_file, report_text, write_report
from memoria.console.run_log import VARIABLE, RunLog
from memoria.console.version import version
from memoria.console.words import in_options
from memoria.databases import describe, sink_with_tables
from memoria.log_lines import FORMATS
from memoria.snapshot.database import sink
from memoria.snapshot.errors import FileFailure, InvalidRows, SnapshotError, UndoRefused
from memoria.snapshot.files import OutputFile
from memoria.text import counted, visible

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Result(Protocol):
    """What a command did, or found."""

    @property
    def exit_code(self) -> int: ...
    def as_dict(self) -> dict[str, Any]: ...


class SnapshotCommand(BaseCommand):
    """Subclasses implement `run`, which returns what they did, or None."""

    requires_system_checks: list[str] = []
    epilog = EPILOG
    not_zero = "done, but some rows were left out on request"
    """What an exit code other than 0 means to a caller from Python."""
    _called_from_command_line = False  # Django sets it
    _log: RunLog | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _fill_closed_streams()
        super().__init__(*args, **kwargs)

    def get_version(self) -> str:
        return version()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs.setdefault("epilog", self.epilog)
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        if os.path.basename(prog_name) not in ("", "memoria", "manage.py", "__main__.py"):
            parser.prog = prog_name  # a script that stands for this one command
        parser.formatter_class = _HelpFormatter
        parser.__class__ = _Parser  # Django names the class itself
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        kind = os.environ.get(VARIABLE, "")
        if kind and kind not in FORMATS:
            self.stderr.write(f"CommandError: {VARIABLE} is {kind!r}: write {' or '.join(FORMATS)}, or leave it out")
            sys.exit(2)
        if kind:
            self.stderr = self._log = RunLog(argv[1])
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        _refuse_report_as_snapshot(options)
        with _signals_raise():
            try:
                with report_file(options.get("report")) as file:
                    exit_code = self._run_and_tell(options, file)
                if sys.stdout is not None:
                    sys.stdout.flush()  # not at the very end, where nobody could say that its reader has left
                if not exit_code:
                    self.all_is_done(options)
            except SnapshotError as error:
                raise CommandError(_sentence(str(error)), returncode=error.exit_code) from None
            except (MemoryError, RuntimeError) as error:
                if not _is_out_of_memory(error):
                    raise
                raise CommandError("not enough memory; nothing was changed") from None
            except BrokenPipeError:
                _leave_quietly()
            except OSError as error:
                raise CommandError(_sentence(f"the operating system refused: {_refusal(error)}")) from None
        if exit_code and self._called_from_command_line:
            sys.exit(exit_code)
        if exit_code:
            raise CommandError(self.not_zero, returncode=exit_code)

    def run(self, options: dict[str, Any]) -> Result | None:
        raise NotImplementedError

    def all_is_done(self, options: dict[str, Any]) -> None:
        """After a run that did not fail, when what there is to keep or to say of it is written."""

    def print_result(self, result: Any) -> None:
        print_report(result)

    @contextmanager
    def target(self, connection: BaseDatabaseWrapper, options: dict[str, Any]) -> Iterator[Callable[..., Any]]:
        """What opens the database to write to; with --migrate tables are created with the rows, and told of behind."""
        created: list[str] = []
        creates = options["migrate"] and not options["dry_run"]
        yield partial(sink_with_tables, created=created) if creates else sink
        if created and options["verbosity"] > 0:
            what = ", ".join(created) if len(created) < 4 else counted(len(created), "table")
            self.stderr.write(f"Created {what} in {describe(connection)}.", self.style.NOTICE)

    def _run_and_tell(self, options: dict[str, Any], file: OutputFile | None) -> int:
        try:
            result = self.run(options)
        except (InvalidRows, UndoRefused) as error:
            self._tell(error.report, options, file)
            if isinstance(error, InvalidRows) and error.counted and options["verbosity"] > 0:
                raise type(error)(error.counted, error.report) from None  # the first is listed with the others
            raise
        if result is None:
            return 0
        try:
            self._tell(result, options, file)
        except SnapshotError as error:
            raise SnapshotError(f"all is done, but the report of it was not kept: {error}") from None
        return result.exit_code

    def _tell(self, result: Result, options: dict[str, Any], file: OutputFile | None) -> None:
        if self._log is not None:
            self._log.ended(result)
        if options.get("json"):
            with contextlib.suppress(StdoutClosed):
                sys.stdout.write(report_text(result))
        elif options["verbosity"] > 0 and self._log is None:
            # What was done is done, also where nobody reads about it.
            with contextlib.suppress(OSError, StdoutClosed):
                self.print_result(result)
        if file is not None:
            write_report(result, file)


def _sentence(text: str) -> str:
    """On a terminal its lines end between words, also behind what Django writes before it."""
    text = visible(in_options(text))
    if not sys.stderr.isatty():
        return text
    before = "CommandError: "
    width = shutil.get_terminal_size().columns
    lines = textwrap.wrap(before + text, width, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).removeprefix(before)


def _is_out_of_memory(error: Exception) -> bool:
    """A thread for whose stack there is no room is Python's one exception from MemoryError."""
    return isinstance(error, MemoryError) or str(error) == "can't start new thread"


def _refuse_report_as_snapshot(options: dict[str, Any]) -> None:
    """The report would replace what it tells of, or be written into it."""
    if options.get("json") and "-" in (options.get("destination"), options.get("output")):
        raise CommandError("--json prints to standard output, where the snapshot goes; say --report FILE", returncode=2)
    report = options.get("report")
    files = [options.get(name) for name in ("source", "destination", "output", "into", "a", "b")]
    files += options.get("sources") or []
    if report and os.path.realpath(report) in [os.path.realpath(file) for file in files if file]:
        raise CommandError("--report names the snapshot itself; name another file", returncode=2)


class _Parser(CommandParser):
    """Says what is wrong, and not before it how all would be right."""

    def error(self, message: str) -> NoReturn:
        if self.called_from_command_line:
            unknown = re.match(r"unrecognized arguments: (--[a-z-]+)", message)
            others = owners(unknown[1]) if unknown else []
            hint = f"; {unknown[1]} belongs to {' and '.join(others)}" if unknown and others else ""
            self.exit(2, visible(f"{self.prog}: error: {message}{hint} (see {self.prog} --help)") + "\n")
        raise CommandError(f"Error: {message}", returncode=2)


class _HelpFormatter(HelpFormatter):
    """Keeps the lines of the table of exit codes apart, and leaves out the options that Django gives every command."""

    _DJANGOS = frozenset(
        ["--version", "--settings", "--pythonpath", "--traceback", "--no-color", "--force-color", "--skip-checks"]
    )

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = []
        for line in text.splitlines():
            column = re.match(r"(  \S.*?  +)?", line)
            behind = " " * len(column[0] if column else "")
            lines += textwrap.wrap(line, width, initial_indent=indent, subsequent_indent=indent + behind) or [""]
        return "\n".join(lines)

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: Any = None) -> None:
        super().add_usage(usage, self._ours(actions), groups, prefix)

    def add_arguments(self, actions: Any) -> None:
        super().add_arguments(self._ours(actions))

    def _ours(self, actions: Any) -> list[Any]:
        return [action for action in actions if self._DJANGOS.isdisjoint(action.option_strings)]


@contextmanager
def _signals_raise() -> Iterator[None]:
    """A signal unwinds the stack, so that every `with` block cleans up behind itself; a second one changes nothing.

    One that our caller has us ignore stays ignored, as under nohup.
    """
    stopped_by = ""

    def leave(number: int, frame: FrameType | None) -> None:
        nonlocal stopped_by
        for other in previous:
            signal.signal(other, signal.SIG_IGN)
        stopped_by = signal.Signals(number).name  # said in the end: a stream may be in the middle of a write now
        sys.exit(128 + number)

    previous = {n: handler for n in _SIGNALS if (handler := signal.getsignal(n)) != signal.SIG_IGN}
    try:
        for number in previous:
            signal.signal(number, leave)
    except ValueError:  # not the main thread: whoever runs us there handles signals
        yield
        return
    try:
        yield
    finally:
        if stopped_by:
            with contextlib.suppress(OSError):
                sys.stderr.write(f"Stopped by {stopped_by}; nothing half done is left behind.\n")
        for number, handler in previous.items():
            signal.signal(number, handler)


class StdoutClosed(FileFailure):
    """Raised by what would print to a standard output that our caller closed."""


class ClosedStdout(io.TextIOBase):
    closed = True

    def write(self, text: str) -> int:
        raise StdoutClosed("cannot write <stdout>: it is closed")

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


def _fill_closed_streams() -> None:
    """A file that we open must not take the place of a standard stream that our caller closed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - for as long as we run
    if sys.stdout is None:
        sys.stdout = ClosedStdout()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr: a terminal may not know a letter of a name


def _refusal(error: OSError) -> str:
    """Without the number, which tells nobody anything."""
    reason = (error.strerror or str(error)).lower()
    return f"{reason} ({error.filename})" if error.filename else reason


def _leave_quietly() -> None:
    """Whoever read our output has left; there is nobody to tell."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(128 + signal.SIGPIPE)
