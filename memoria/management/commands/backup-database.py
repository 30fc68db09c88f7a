"""`backup-database`: a whole database, schema and rows, into a file that is verified before it gets its name."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from memoria.backup.backup import Backup, stream
from memoria.backup.report import BackupReport
from memoria.backup.store.destination import CUSTOM, SQL, Destination
from memoria.console import backups
from memoria.console import options as shared
from memoria.console.command import SnapshotCommand
from memoria.console.progress import TerminalProgress
from memoria.databases import describe
from memoria.snapshot.files import OutputFile


class Command(SnapshotCommand):
    help = (
        "Write a whole database, schema and rows, into a file, and restore it to a scratch database to prove it,"
        " before it gets its name. restore-database, which is scripts/backup_database.py --restore, brings it back."
    )
    epilog = backups.BACKUP_EPILOG

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "destination",
            metavar="DEST",
            help="the file to write: .sql, .sql.gz, .sql.zst, or .dump for PostgreSQL's own format;"
            " {timestamp} and {database} in its name are filled in; or - for standard output, unverified",
        )
        shared.add_database(parser, verb="back up")
        parser.add_argument(
            "--format", choices=(SQL, CUSTOM), default=SQL, help="the format on standard output (default: sql)"
        )
        parser.add_argument("--no-verify", action="store_true", help="do not restore the file to prove it")
        backups.add_verify_url(parser)
        backups.add_policy(parser, "then remove verified backups of this destination, but keep {}")
        parser.add_argument(
            "--fewer-rows",
            action="store_true",
            help="the database is meant to hold less than half the rows of the last backup: not suspicious",
        )
        parser.add_argument("--prune-dry-run", action="store_true", help="say what would be removed, remove nothing")
        parser.add_argument(
            "--require-mount", action="store_true", help="refuse if the folder is on the system's own disk"
        )
        backups.add_silence(parser)
        backups.add_ping(parser)
        shared.add_report(parser)

    def run(self, options: dict[str, Any]) -> BackupReport | None:
        if options["destination"] == "-":
            self._stream(options)
            return None
        destination = Destination.parse(options["destination"])
        policy = backups.policy(options)
        if options["prune_dry_run"] and not policy:
            raise CommandError("--prune-dry-run needs a rule: --keep-last, -daily, -weekly or -monthly", returncode=2)
        connection = shared.connection(options)
        verify_on, verify_on_name = backups.verify_on(options)
        with TerminalProgress(quiet=options["verbosity"] == 0) as progress:
            return Backup(
                destination,
                connection,
                describe(connection),
                verify=not options["no_verify"],
                verify_on=verify_on,
                verify_on_name=verify_on_name,
                fewer_rows=options["fewer_rows"],
                policy=policy,
                prune_dry_run=options["prune_dry_run"],
                require_mount=options["require_mount"],
                silence=options["stall_timeout"],
                progress=progress,
            ).run()

    def all_is_done(self, options: dict[str, Any]) -> None:
        backups.ping(options["ping_url"])

    def print_result(self, result: Any) -> None:
        backups.print_backup(result)

    def _stream(self, options: dict[str, Any]) -> None:
        connection = shared.connection(options)
        with OutputFile("-", "") as file:
            rows = stream(connection, describe(connection), options["format"], file, options["stall_timeout"])
        if options["verbosity"] > 0:
            self.stderr.write(
                f"Wrote {rows:,} rows of {describe(connection)} to standard output. Nobody has verified them.",
                self.style.NOTICE,
            )
        sys.stderr.flush()
