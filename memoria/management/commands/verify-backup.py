"""`verify-backup`: whether a backup still is what it was, and restores."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from memoria.backup.report import BackupReport
from memoria.backup.verify import Verify
from memoria.console import backups
from memoria.console import options as shared
from memoria.console.command import SnapshotCommand
from memoria.databases import describe


class Command(SnapshotCommand):
    help = "Restore a backup to a scratch database and compare every row with what was noted when it was made."
    epilog = backups.BACKUP_EPILOG

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="FILE", help="the backup; its sidecar FILE.json has to be beside it")
        shared.add_database(parser, verb="create a scratch database on the PostgreSQL server of")
        backups.add_silence(parser)
        shared.add_report(parser)

    def run(self, options: dict[str, Any]) -> BackupReport:
        connection = shared.connection(options)
        return Verify(backups.source(options), connection, describe(connection), options["stall_timeout"]).run()

    def print_result(self, result: Any) -> None:
        backups.print_backup(result)
