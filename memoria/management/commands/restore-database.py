"""`restore-database`: a backup back into a database, all of it or nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.management.base import CommandParser

from memoria.backup.report import BackupReport
from memoria.backup.restore import Restore
from memoria.backup.store.catalogue import latest
from memoria.console import backups
from memoria.console import options as shared
from memoria.console.command import SnapshotCommand
from memoria.console.progress import TerminalProgress
from memoria.console.question import Question
from memoria.databases import describe


class Command(SnapshotCommand):
    help = "Replace a database by a backup of backup-database: all of it, checked and compared, or nothing."
    epilog = backups.BACKUP_EPILOG

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source",
            metavar="FILE",
            help="the backup; its sidecar FILE.json has to be beside it; with --latest a folder",
        )
        parser.add_argument(
            "--latest",
            action="store_true",
            help="FILE is a folder, or DEST as it was given to backup-database: take its newest verified backup",
        )
        shared.add_database(parser, verb="replace")
        parser.add_argument(
            "--into",
            default="",
            metavar="NAME",
            help="restore into a new database instead: a file (SQLite), or a name on the same server (PostgreSQL)",
        )
        parser.add_argument(
            "--no-safety-backup", action="store_true", help="do not back up first what the database holds"
        )
        parser.add_argument(
            "--no-owner",
            action="store_true",
            help="leave out owners and privileges, as for another server (PostgreSQL)",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="read and check the backup, and say what would be replaced; change nothing",
        )
        parser.add_argument("--no-input", "--noinput", action="store_true", help="do not ask before rows are lost")
        backups.add_silence(parser)
        shared.add_report(parser)

    def run(self, options: dict[str, Any]) -> BackupReport:
        connection = shared.connection(options)
        with TerminalProgress(quiet=options["verbosity"] == 0) as progress:
            return Restore(
                latest(options["source"]) if options["latest"] else backups.source(options),
                connection,
                describe(connection),
                into=options["into"],
                safety_backup=not options["no_safety_backup"],
                owners=not options["no_owner"],
                dry_run=options["dry_run"],
                confirm=partial(backups.confirms_restore, Question(progress, options["no_input"])),
                silence=options["stall_timeout"],
                progress=progress,
            ).run()

    def print_result(self, result: Any) -> None:
        backups.print_backup(result)
