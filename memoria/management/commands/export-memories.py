"""`export-memories`: the memories of some namespaces, and what belongs to them, as one snapshot."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from memoria import conf
from memoria.console import options as shared
from memoria.console.command import SnapshotCommand
from memoria.console.progress import TerminalProgress
from memoria.databases import describe
from memoria.snapshot import Export, Selection
from memoria.snapshot.errors import InvalidValue
from memoria.snapshot.files import OutputFile
from memoria.snapshot.files.urls import is_url
from memoria.snapshot.report import Report
from memoria.snapshot.times import canonical_time
from memoria.text import as_utf8


class Command(SnapshotCommand):
    help = "Write the memories of some namespaces into one snapshot file, with their clusters and relationships."
    epilog = shared.EPILOG_LEAVING_OUT

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--namespace",
            action="append",
            dest="namespaces",
            type=as_utf8,
            metavar="NAME",
            help="export this namespace, or those that a pattern such as 'team:*' matches; may be repeated"
            " (default: all)",
        )
        parser.add_argument(
            "--output",
            metavar="PATH",
            help="the file to write, also .ndjson, .gz or .zst, with {timestamp} and {database} in its name filled in;"
            " or - for standard output; a relative path is in the export folder (default: memories_<UTC time>.json)",
        )
        parser.add_argument("--no-short-term", action="store_true", help="leave out short-term memories")
        parser.add_argument("--no-clusters", action="store_true", help="leave out clusters and their members")
        parser.add_argument("--no-relationships", action="store_true", help="leave out edges between memories")
        parser.add_argument(
            "--keep-crossing-edges", action="store_true", help="keep edges to memories of other namespaces"
        )
        parser.add_argument(
            "--since", type=_moment, metavar="TIME", help="only rows made or changed at this time (UTC) or later"
        )
        shared.add_database(parser, verb="read")
        shared.add_format(parser, otherwise="by the name's extension, else json")
        parser.add_argument(
            "--skip-invalid", action="store_true", help="leave out rows that no snapshot can hold, instead of refusing"
        )
        shared.add_report(parser)

    def run(self, options: dict[str, Any]) -> Report:
        connection = shared.connection(options)
        path = shared.destination(destination(options["output"]), connection)
        selection = Selection(
            tuple(options["namespaces"] or ()),
            short_term=not options["no_short_term"],
            clusters=not options["no_clusters"],
            relationships=not options["no_relationships"],
            crossing_edges=options["keep_crossing_edges"],
            since=options["since"],
        )
        with OutputFile(path) as file, TerminalProgress(quiet=options["verbosity"] == 0) as progress:
            return Export(
                file,
                connection,
                describe(connection),
                selection=None if selection == Selection() else selection,
                format=shared.snapshot_format(options, path),
                skip_invalid=options["skip_invalid"],
                progress=progress,
            ).run()


def destination(output: str | None) -> str:
    """Where the file goes: a relative path is in the export folder, also when it begins with that folder's name."""
    if output == "-" or (output and is_url(output)):  # which is refused when it is opened
        return output
    folder = conf.export_dir()
    if output is None:
        # To the microsecond: two runs in one second are two files.
        return str(folder / f"memories_{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%fZ}.json")
    path = Path(output)
    if path.parts[:1] == (folder.name,):
        path = path.relative_to(folder.name)
    return str(folder / path) + ("/" if output.endswith("/") else "")


def _moment(text: str) -> str:
    try:
        return canonical_time(text)
    except InvalidValue as error:
        raise ArgumentTypeError(error.reason) from None
