"""`compare-data`: whether two databases, or a database and a snapshot, hold the same."""

from __future__ import annotations

import contextlib
import os
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

from django.core.management.base import CommandParser

from memoria.console import options as shared
from memoria.console.command import SnapshotCommand
from memoria.console.progress import TerminalProgress
from memoria.console.render_comparison import print_comparison
from memoria.databases import connection_for, describe
from memoria.snapshot import Comparison, Side, compare_sides, database_side, snapshot_side
from memoria.snapshot.errors import InvalidSnapshot
from memoria.snapshot.files.urls import is_url
from memoria.snapshot.progress import Progress
from memoria.snapshot.schema.facts import Table

_SQLITE = b"SQLite format 3\0"


class Command(SnapshotCommand):
    help = "Compare two sides, each a snapshot file or a database URL, row by row. Exit code 0: equal, 1: different."
    not_zero = "the two sides differ"
    epilog = "exit codes:\n  0  equal\n  1  different, or failed\n  2  wrong arguments\n  4  busy: a lock is held"

    def add_arguments(self, parser: CommandParser) -> None:
        sides = "a snapshot file, a database URL (sqlite:///path or postgresql://…), or database:ALIAS"
        parser.add_argument("a", metavar="A", help=sides)
        parser.add_argument("b", metavar="B", help="the other side, likewise")
        shared.add_tables(parser, verb="compare")
        shared.add_report(parser)

    def run(self, options: dict[str, Any]) -> Comparison:
        tables = shared.tables(options)
        with (
            TerminalProgress(quiet=options["verbosity"] == 0) as progress,
            _side(options["a"], tables, progress) as a,
            _side(options["b"], tables, progress) as b,
        ):
            return compare_sides(a, b, tables)

    def print_result(self, result: Any) -> None:
        print_comparison(result)


def _is_sqlite(path: str) -> bool:
    with contextlib.suppress(OSError), open(path, "rb") as file:
        return os.path.isfile(path) and file.read(len(_SQLITE)) == _SQLITE
    return False


def _side(text: str, tables: tuple[Table, ...], progress: Progress) -> AbstractContextManager[Side]:
    if text.startswith("database:"):
        connection = connection_for(alias=text.removeprefix("database:"))
    elif is_url(text):
        connection = connection_for(url=text)
    elif _is_sqlite(text):
        raise InvalidSnapshot(f"{text} is a SQLite database and no snapshot: as a side it is sqlite:///{quote(text)}")
    else:
        return snapshot_side(text, tables, progress)
    return database_side(connection, describe(connection), tables, progress)
