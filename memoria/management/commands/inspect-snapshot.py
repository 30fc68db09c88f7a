"""`inspect-snapshot`: what is in a file, without a database."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from memoria.console import options as shared
from memoria.console.command import SnapshotCommand
from memoria.console.progress import TerminalProgress
from memoria.console.render_inspection import print_inspection
from memoria.console.words import all_in_options, in_options
from memoria.snapshot import inspect
from memoria.snapshot.errors import SnapshotError
from memoria.text import counted, visible


class Command(SnapshotCommand):
    help = "Show what snapshots hold, tables, rows and namespaces, and whether they are whole. No database is needed."
    epilog = "exit codes:\n  0  every file is whole\n  1  a file is damaged, or no snapshot\n  2  wrong arguments"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sources", nargs="+", metavar="FILE", help="a snapshot, or - for standard input")
        parser.add_argument(
            "--json", action="store_true", help="print a JSON object for each file, on a line of its own"
        )

    def run(self, options: dict[str, Any]) -> None:
        refused = 0
        with TerminalProgress(quiet=options["verbosity"] == 0) as progress:
            for source in options["sources"]:
                try:
                    found = inspect(shared.snapshot_name(source), progress)
                except SnapshotError as error:
                    if len(options["sources"]) == 1:
                        raise
                    refused += 1
                    self.stderr.write(visible(in_options(str(error))))
                    continue
                with progress.hidden():
                    if options["json"]:
                        sys.stdout.write(json.dumps(all_in_options(found.as_dict()), ensure_ascii=False) + "\n")
                    elif options["verbosity"] > 0:
                        print_inspection(found, sys.stdout)
        if refused:
            raise CommandError(f"{counted(refused, 'file')} of {len(options['sources']):,} refused")
