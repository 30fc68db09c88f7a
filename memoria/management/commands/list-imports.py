"""`list-imports`: what was imported into a database, and what can be undone."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import CommandParser

from memoria.console import options as shared
from memoria.console.command import SnapshotCommand
from memoria.console.render_imports import print_imports
from memoria.databases import describe
from memoria.snapshot import imports


class Command(SnapshotCommand):
    help = "Show what was imported into a database: when, by whom, from which file, and whether it can be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        shared.add_database(parser, verb="read")
        parser.add_argument("--json", action="store_true", help="write the list as JSON to standard output")

    def run(self, options: dict[str, Any]) -> None:
        connection = shared.connection(options)
        found = imports(connection, describe(connection))
        if options["json"]:
            sys.stdout.write(json.dumps([entry.as_dict() for entry in found], indent=1, ensure_ascii=False) + "\n")
        else:
            print_imports(found, sys.stdout)
