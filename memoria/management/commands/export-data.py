"""`export-data`: a whole database, or some of its tables, as one snapshot."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from memoria.console import options as shared
from memoria.console.command import SnapshotCommand
from memoria.console.progress import TerminalProgress
from memoria.databases import describe
from memoria.snapshot import Export
from memoria.snapshot.files import OutputFile
from memoria.snapshot.report import Report


class Command(SnapshotCommand):
    help = "Write all memories of a database into one snapshot file, from one moment in time."
    epilog = shared.EPILOG_LEAVING_OUT

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "destination",
            metavar="DEST",
            help="the file to write, also .gz or .zst, with {timestamp} and {database} in its name filled in; or - for"
            " standard output",
        )
        shared.add_database(parser, verb="read")
        shared.add_format(parser, otherwise="by the name's extension, else json")
        shared.add_tables(parser, verb="export")
        parser.add_argument(
            "--skip-invalid", action="store_true", help="leave out rows that no snapshot can hold, instead of refusing"
        )
        parser.add_argument(
            "--jobs", type=shared.positive, default=1, metavar="N", help="read PostgreSQL on N connections (default: 1)"
        )
        shared.add_report(parser)

    def run(self, options: dict[str, Any]) -> Report:
        tables = shared.tables(options)
        connection = shared.connection(options)
        destination = shared.destination(options["destination"], connection)
        with OutputFile(destination) as file, TerminalProgress(quiet=options["verbosity"] == 0) as progress:
            return Export(
                file,
                connection,
                describe(connection),
                tables=tables,
                format=shared.snapshot_format(options, destination),
                skip_invalid=options["skip_invalid"],
                jobs=options["jobs"],
                progress=progress,
            ).run()
