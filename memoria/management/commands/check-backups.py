"""`check-backups`: one line for a monitor: whether there is a verified backup that is young enough."""

from __future__ import annotations

import contextlib
from typing import Any

from django.core.management.base import CommandError, CommandParser

from memoria.backup.freshness import check
from memoria.console import backups
from memoria.console.command import SnapshotCommand, StdoutClosed


class Command(SnapshotCommand):
    help = "Check that the newest backup is verified and young enough, and every file whole; print one line."
    epilog = "exit codes:\n  0  fine\n  1  stale, unverified, damaged or none\n  2  wrong arguments"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("destination", metavar="DEST", help="a folder, or DEST as it was given to backup-database")
        parser.add_argument(
            "--max-age",
            type=backups.duration,
            default=26 * 3600.0,
            metavar="AGE",
            help="how old the newest verified backup may be, such as 26h or 8d (default: 26h)",
        )
        backups.add_quick(parser)
        backups.add_ping(parser)

    def run(self, options: dict[str, Any]) -> None:
        found = check(options["destination"], options["max_age"], read=not options["quick"])
        if not found.is_fine:
            raise CommandError(found.sentence)
        if options["verbosity"] > 0:
            with contextlib.suppress(StdoutClosed):  # the exit code says it as well
                self.stdout.write(found.sentence)

    def all_is_done(self, options: dict[str, Any]) -> None:
        backups.ping(options["ping_url"])
