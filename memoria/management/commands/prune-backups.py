"""`prune-backups`: removes what rules do not keep, as backup-database does after a backup."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from memoria.backup.prune import Prune, PruneReport
from memoria.backup.store.destination import Destination
from memoria.console import backups
from memoria.console import options as shared
from memoria.console.command import SnapshotCommand


class Command(SnapshotCommand):
    help = (
        "Remove verified backups that no rule keeps, of each database for itself; the newest verified one always stays,"
        " and so do those that are not verified, or suspicious."
    )
    epilog = shared.EPILOG

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("destination", metavar="DEST", help="DEST as it was given to backup-database")
        backups.add_policy(parser, "keep {}")
        parser.add_argument(
            "--safety-older-than",
            type=backups.duration,
            metavar="AGE",
            help="also remove the backups that restores made of what they replaced, when they are older, such as 30d",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be removed; write nothing")
        shared.add_report(parser)

    def run(self, options: dict[str, Any]) -> PruneReport:
        destination = Destination.parse(options["destination"])
        return Prune(destination, backups.policy(options), options["safety_older_than"], options["dry_run"]).run()

    def print_result(self, result: Any) -> None:
        backups.print_prune(result)
