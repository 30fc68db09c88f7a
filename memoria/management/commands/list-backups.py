"""`list-backups`: what is there, and in which state."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import CommandParser

from memoria.backup.store import sidecar
from memoria.backup.store.catalogue import listed
from memoria.console import backups
from memoria.console.backups import print_list
from memoria.console.command import SnapshotCommand
from memoria.text import visible

_CODES = "exit codes:\n  0  done\n  1  the folder cannot be read\n  2  wrong arguments"


class Command(SnapshotCommand):
    help = "List backups, oldest first: when, how large, how many rows, whether verified, how old."
    epilog = _CODES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("destination", metavar="DEST", help="a folder, or DEST as it was given to backup-database")
        backups.add_quick(parser)
        parser.add_argument("--json", action="store_true", help="print a JSON list")

    def run(self, options: dict[str, Any]) -> None:
        now = sidecar.now()
        found = listed(options["destination"], read=not options["quick"])
        if options["json"]:
            json.dump([entry.as_dict(now) for entry in found], sys.stdout, indent=1)
            sys.stdout.write("\n")
        elif found:
            print_list(found, now)
        else:
            sys.stdout.write(visible(f"No backups in {options['destination']}.") + "\n")
        sys.stdout.flush()
