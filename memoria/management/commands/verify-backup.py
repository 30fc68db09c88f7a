"""`verify-backup`: whether backups still are what they were, and restore."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from memoria.backup.report import BackupReport, VerifyReport
from memoria.backup.store.catalogue import named
from memoria.backup.verify import Verify, verify_all
from memoria.console import backups
from memoria.console import options as shared
from memoria.console.command import SnapshotCommand
from memoria.console.progress import TerminalProgress
from memoria.databases import describe
from memoria.snapshot.files.urls import require_local


class Command(SnapshotCommand):
    help = "Restore backups to a scratch database and compare every row with what was noted when they were made."
    epilog = backups.BACKUP_EPILOG
    not_zero = "a backup was refused"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "sources",
            nargs="+",
            metavar="FILE",
            help="a backup, with its sidecar FILE.json beside it; or a folder, or DEST as it was given to"
            " backup-database, for all that are there",
        )
        shared.add_database(parser, verb="create a scratch database on the PostgreSQL server of")
        backups.add_silence(parser)
        shared.add_report(parser)

    def run(self, options: dict[str, Any]) -> BackupReport | VerifyReport:
        for source in options["sources"]:
            require_local("read", source)
        paths = [path for source in options["sources"] for path in named(source)]
        connection = shared.connection(options)
        server = (connection, describe(connection), options["stall_timeout"])
        if len(options["sources"]) == len(paths) == 1:
            return Verify(paths[0], *server).run()
        with TerminalProgress(quiet=options["verbosity"] == 0) as progress:
            return verify_all(paths, *server, progress)

    def print_result(self, result: Any) -> None:
        if isinstance(result, VerifyReport):
            backups.print_verified(result)
        else:
            backups.print_backup(result)
