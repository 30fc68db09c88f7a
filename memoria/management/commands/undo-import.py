"""`undo-import`: what an import wrote goes, what it removed comes back."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.management.base import CommandParser

from memoria.console import options as shared
from memoria.console.command import SnapshotCommand
from memoria.console.progress import TerminalProgress
from memoria.console.question import Question
from memoria.console.render_imports import print_undo, undo_question
from memoria.databases import describe
from memoria.snapshot import Undo
from memoria.snapshot.report import UndoReport


class Command(SnapshotCommand):
    help = "Take an import back: the rows that it wrote are deleted, and those that it removed are restored."
    not_zero = "rows were changed since: the import is undone with --force only"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", type=shared.positive, metavar="ID", help="the import, as list-imports shows it")
        shared.add_database(parser, verb="change")
        parser.add_argument("--dry-run", action="store_true", help="show what would be taken back, change nothing")
        parser.add_argument("--force", action="store_true", help="take back rows that were changed since, too")
        parser.add_argument("--no-input", "--noinput", action="store_true", help="do not ask before rows are changed")
        shared.add_report(parser)

    def run(self, options: dict[str, Any]) -> UndoReport:
        connection = shared.connection(options)
        with TerminalProgress(quiet=options["verbosity"] == 0) as progress:
            return Undo(
                options["number"],
                connection,
                describe(connection),
                dry_run=options["dry_run"],
                rehearse=True,
                force=options["force"],
                confirm=partial(_confirms, Question(progress, options["no_input"])),
                progress=progress,
            ).run()

    def print_result(self, result: Any) -> None:
        print_undo(result)


def _confirms(question: Question, report: UndoReport) -> bool:
    return question.confirms(undo_question(report))
