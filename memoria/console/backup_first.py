"""Backs a database up before an import, where that was asked for."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.console.progress import TerminalProgress


def add_backup_first(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--backup-first",
        metavar="DEST",
        help="first back the whole database up to DEST, as backup-database does; if that fails, import nothing",
    )


def back_up_first(
    connection: BaseDatabaseWrapper, name: str, options: Mapping[str, Any], progress: TerminalProgress
) -> None:
    """Raises SnapshotError. A dry run, which changes nothing, needs none."""
    if not options["backup_first"] or options["dry_run"]:
        return
    # Loaded where it is needed: it takes as long to load as a small import takes to run.
    runs = import_module("memoria.backup.backup")
    destination = import_module("memoria.backup.store.destination").Destination.parse(options["backup_first"])
    report = runs.Backup(destination, connection, name, progress=progress).run()
    if options["verbosity"] > 0:
        with progress.hidden():
            import_module("memoria.console.backups").print_backup(report)
