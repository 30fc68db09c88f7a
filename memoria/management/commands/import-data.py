"""`import-data`: a snapshot into a database, all of it or nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.management.base import CommandParser

from memoria.console import options as shared
from memoria.console.backup_first import add_backup_first, back_up_first
from memoria.console.command import SnapshotCommand
from memoria.console.progress import TerminalProgress
from memoria.console.question import Question, replaced
from memoria.databases import describe
from memoria.snapshot import Replace, ReplaceOptions
from memoria.snapshot.report import Report


class Command(SnapshotCommand):
    help = "Replace the rows of each table that a snapshot holds, also one that it holds without rows: all, or nothing."
    epilog = shared.EPILOG_LEAVING_OUT

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="SRC", help="the snapshot to read, or - for standard input")
        shared.add_database(parser, verb="write")
        shared.add_format(parser, otherwise="by the file's content")
        shared.add_tables(parser, verb="import")
        parser.add_argument(
            "--no-truncate",
            action="store_true",
            help="add the rows to those that are there; a key that exists already is an error",
        )
        parser.add_argument("--dry-run", action="store_true", help="check and plan everything, change nothing")
        parser.add_argument("--allow-edited", action="store_true", help="accept a snapshot edited after its export")
        parser.add_argument("--ignore-unknown", action="store_true", help="leave out unknown tables and columns")
        parser.add_argument("--skip-invalid", action="store_true", help="leave out rows that do not fit")
        parser.add_argument(
            "--missing-references",
            choices=["refuse", "null"],
            default="refuse",
            help="what becomes of a reference whose target is neither in the file nor in the database:"
            " the row does not fit, or the reference becomes NULL where it may (default: refuse)",
        )
        parser.add_argument("--no-validate", action="store_true", help="skip the checks of each row before the import")
        parser.add_argument("--migrate", action="store_true", help="create the tables that are missing, first")
        add_backup_first(parser)
        parser.add_argument("--no-input", "--noinput", action="store_true", help="do not ask before rows are deleted")
        shared.add_no_undo(parser)
        shared.add_report(parser)

    def run(self, options: dict[str, Any]) -> Report:
        tables = shared.tables(options)
        connection = shared.connection(options)
        with (
            self.target(connection, options) as target,
            shared.snapshot(options["source"]) as file,
            TerminalProgress(quiet=options["verbosity"] == 0) as progress,
        ):
            back_up_first(connection, describe(connection), options, progress)
            return Replace(
                file,
                connection,
                describe(connection),
                tables=tables,
                options=ReplaceOptions(
                    **shared.loading(options),
                    truncate=not options["no_truncate"],
                    null_missing_references=options["missing_references"] == "null",
                ),
                dry_run=options["dry_run"],
                confirm=partial(_confirms, Question(progress, options["no_input"], options["source"])),
                origin=shared.origin("import-data", options),
                target=target,
                progress=progress,
            ).run()


def _confirms(question: Question, report: Report) -> bool:
    what = replaced(report)
    return what is None or question.confirms(what)
