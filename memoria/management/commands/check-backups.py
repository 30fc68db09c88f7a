"""`check-backups`: one line for a monitor: whether there is a verified backup that is young enough."""

from __future__ import annotations

import contextlib
import re
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandError, CommandParser

from memoria.backup import metrics
from memoria.backup.freshness import Freshness, freshness
from memoria.console import backups
from memoria.console.command import SnapshotCommand, StdoutClosed


class Command(SnapshotCommand):
    help = "Check that the newest backup is verified and young enough, and every file whole; print one line."
    epilog = "exit codes:\n  0  fine\n  1  stale, unverified, damaged or none\n  2  wrong arguments"
    not_zero = "not all is fine"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("destination", metavar="DEST", help="a folder, or DEST as it was given to backup-database")
        parser.add_argument(
            "--max-age",
            type=backups.duration,
            default=26 * 3600.0,
            metavar="AGE",
            help="how old the newest verified backup may be, such as 26h or 8d (default: 26h)",
        )
        how_much = parser.add_mutually_exclusive_group()
        backups.add_quick(how_much)
        how_much.add_argument(
            "--read-subset",
            type=_share,
            metavar="PERCENT",
            help="read that share of all bytes, such as 10%%, beginning with the files that were not read for the"
            " longest, and at least one file (default: 100%%)",
        )
        parser.add_argument(
            "--metrics", metavar="FILE", help="write the figures to FILE as text for Prometheus' node exporter"
        )
        parser.add_argument("--json", action="store_true", help="print a JSON object, also where not all is fine")
        backups.add_ping(parser)

    def run(self, options: dict[str, Any]) -> Freshness | None:
        share = 0.0 if options["quick"] else options["read_subset"] or 1.0
        found = freshness(options["destination"], options["max_age"], share=share)
        if options["metrics"]:
            metrics.write(found, options["metrics"])
        if options["json"]:
            return found
        if not found.check.is_fine:
            raise CommandError(found.check.sentence)
        if options["verbosity"] > 0:
            with contextlib.suppress(StdoutClosed):  # the exit code says it as well
                self.stdout.write(found.check.sentence)
        return None

    def all_is_done(self, options: dict[str, Any]) -> None:
        backups.ping(options["ping_url"])


def _share(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)%", text)
    if not found or not 0 < float(found[1]) <= 100:
        raise ArgumentTypeError(f"{text!r} is no share: write a number from 1 to 100 and %, such as 10%")
    return float(found[1]) / 100
