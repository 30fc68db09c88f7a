"""`import-memories`: the rows of a snapshot beside those that are there, in the namespaces that were asked for."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandParser

from memoria.console import options as shared
from memoria.console.backup_first import add_backup_first, back_up_first
from memoria.console.command import SnapshotCommand
from memoria.console.progress import TerminalProgress
from memoria.console.question import Question, overwritten
from memoria.databases import describe
from memoria.snapshot import Merge, MergeOptions, namespaces
from memoria.snapshot.errors import Declined
from memoria.snapshot.report import Report
from memoria.text import as_utf8


class Command(SnapshotCommand):
    help = "Add the memories of a snapshot, and what belongs to them, to those that are there. Nothing is deleted."
    epilog = shared.EPILOG_LEAVING_OUT

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="SRC", help="the snapshot to read, or - for standard input")
        _add_namespaces(parser)
        parser.add_argument(
            "--new-ids",
            action="store_true",
            help="give every row a new id, always the same for the same namespace: a copy inside one database",
        )
        parser.add_argument(
            "--on-conflict",
            choices=["skip", "overwrite", "newest", "fail"],
            default="skip",
            help="what becomes of a row whose id is there with other content (default: skip)",
        )
        parser.add_argument(
            "--allow-duplicates",
            action="store_true",
            help="look for no duplicates; an id that is there already is an error",
        )
        parser.add_argument(
            "--embeddings", choices=["keep", "drop"], default="keep", help="drop: memories come without embeddings"
        )
        shared.add_database(parser, verb="write")
        shared.add_format(parser, otherwise="by the file's content")
        parser.add_argument("--dry-run", action="store_true", help="check and plan everything, change nothing")
        parser.add_argument("--allow-edited", action="store_true", help="accept a snapshot edited after its export")
        parser.add_argument("--ignore-unknown", action="store_true", help="leave out unknown tables and columns")
        parser.add_argument("--skip-invalid", action="store_true", help="leave out rows that do not fit")
        parser.add_argument("--no-validate", action="store_true", help="do not check values against limits")
        parser.add_argument("--migrate", action="store_true", help="create the tables that are missing, first")
        add_backup_first(parser)
        parser.add_argument(
            "--no-input", "--noinput", action="store_true", help="do not ask before rows are overwritten"
        )
        shared.add_no_undo(parser)
        shared.add_report(parser)

    def run(self, options: dict[str, Any]) -> Report:
        chosen = MergeOptions(
            **shared.loading(options),
            namespaces=namespaces(options["namespace_map"], options["namespace"]),
            new_ids=options["new_ids"],
            on_conflict=options["on_conflict"],
            allow_duplicates=options["allow_duplicates"],
            drop_embeddings=options["embeddings"] == "drop",
        )
        connection = shared.connection(options)
        with (
            self.target(connection, options) as target,
            shared.snapshot(options["source"]) as file,
            TerminalProgress(quiet=options["verbosity"] == 0) as progress,
        ):
            back_up_first(connection, describe(connection), options, progress)
            question = Question(progress, options["no_input"], options["source"])
            consent = _Consent(asks=question.has_somebody)
            merge = Merge(
                file,
                connection,
                describe(connection),
                options=chosen,
                dry_run=options["dry_run"],
                origin=shared.origin("import-memories", options),
                confirm=consent.covers,
                target=target,
                progress=progress,
            )
            while True:
                try:
                    return merge.run()
                except Declined:
                    if not question.confirms(consent.wanted):
                        raise
                    consent.given = consent.wanted


class _Consent:
    """A merge plans with the tables locked, and nobody else should wait for an answer: it stops where it would
    overwrite rows that nobody was told of, and runs once more when somebody has said yes to these."""

    def __init__(self, *, asks: bool) -> None:
        self._asks = asks
        self.wanted = self.given = ""

    def covers(self, report: Report) -> bool:
        self.wanted = overwritten(report) or ""
        return not self._asks or self.wanted in ("", self.given)


def _add_namespaces(parser: CommandParser) -> None:
    parser.add_argument(
        "--namespace",
        type=as_utf8,
        metavar="NAME",
        help="the namespace for all rows that --namespace-map does not name",
    )
    parser.add_argument(
        "--namespace-map",
        action="extend",
        nargs="+",
        type=_pair,
        default=[],
        metavar="SOURCE=TARGET",
        help="send the rows of one namespace to another, or with 'team:*=prod:*' of several; may be repeated",
    )


def _pair(text: str) -> str:
    if "=" not in text:
        raise ArgumentTypeError(f"{text!r} is not SOURCE=TARGET; if it is the snapshot, write it first")
    return as_utf8(text)
