"""Arguments that several commands have, in one wording."""

from __future__ import annotations

import getpass
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import BaseDatabaseWrapper

from memoria import conf
from memoria.databases import connection_for
from memoria.file_names import filled
from memoria.snapshot import Origin, database, formats
from memoria.snapshot.errors import FileFailure
from memoria.snapshot.files import InputFile, compression
from memoria.snapshot.schema.facts import Table, names
from memoria.snapshot.schema.registry import TABLES, chosen

_OTHERS = (".csv", ".tsv", ".xlsx", ".ods", ".parquet", ".yaml", ".yml", ".xml", ".html", ".sqlite3", ".sqlite", ".db")
"""Endings that ask for a format which a snapshot is not in."""
_ASKED = (
    "tables",
    "excluded_tables",
    "no_truncate",
    "missing_references",
    "namespace",
    "namespace_map",
    "new_ids",
    "on_conflict",
    "allow_duplicates",
    "embeddings",
    "allow_edited",
    "ignore_unknown",
    "skip_invalid",
    "no_validate",
)
"""Options that the history of imports keeps."""

_CODE_3 = "  3  done, some rows left out on request\n"
EPILOG_LEAVING_OUT = f"""exit codes:
  0  done
  1  refused or failed; nothing was changed, or the message says what was
  2  wrong arguments
{_CODE_3}  4  busy: another run holds the lock
  128 + n  stopped by signal n (130 Ctrl-C, 143 SIGTERM); nothing was changed, or all was done

environment:
  MEMORIA_LOCK_TIMEOUT  seconds to wait for a lock that another connection holds (default: 10)"""
"""Of the commands that can leave rows out."""
EPILOG = EPILOG_LEAVING_OUT.replace(_CODE_3, "")


def add_database(parser: ArgumentParser, *, verb: str) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--database", metavar="ALIAS", help=f"{verb} this alias of the settings (default: default)")
    group.add_argument(
        "--database-url",
        metavar="URL",
        help=f"{verb} this database: sqlite:///path or postgresql://user:password@host/name",
    )


def add_format(parser: ArgumentParser, *, otherwise: str) -> None:
    parser.add_argument("--format", choices=formats.FORMATS, help=f"the snapshot's format (default: {otherwise})")


def add_tables(parser: ArgumentParser, *, verb: str) -> None:
    parser.add_argument(
        "--table",
        action="append",
        choices=names(TABLES),
        metavar="NAME",
        dest="tables",
        help=f"{verb} only this table; may be repeated",
    )
    parser.add_argument(
        "--exclude-table",
        action="append",
        choices=names(TABLES),
        metavar="NAME",
        dest="excluded_tables",
        help=f"{verb} all but this table; may be repeated",
    )


def tables(options: Mapping[str, Any]) -> tuple[Table, ...]:
    """Those that were asked for, in the order of a snapshot."""
    taken = chosen(options["tables"], options["excluded_tables"])
    if not taken:
        raise CommandError("--exclude-table leaves no table", returncode=2)
    return taken


def add_report(parser: ArgumentParser) -> None:
    parser.add_argument("--report", metavar="FILE", help="write the report as JSON to FILE as well")
    parser.add_argument("--json", action="store_true", help="print the report as JSON to standard output, and no text")


def add_no_undo(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--no-undo", action="store_true", help="keep nothing that undo-import would need, and no note of the import"
    )


def loading(options: Mapping[str, Any]) -> dict[str, Any]:
    """What every way into a database may be asked for, as `LoadOptions` has it."""
    return {
        "format": options["format"],
        "allow_edited": options["allow_edited"],
        "ignore_unknown": options["ignore_unknown"],
        "skip_invalid": options["skip_invalid"],
        "validate": not options["no_validate"],
    }


def origin(kind: str, options: Mapping[str, Any]) -> Origin | None:
    """What the history says of an import that is run from a terminal."""
    if options["no_undo"]:
        return None
    asked = {name: value for name in _ASKED if (value := options.get(name)) not in (None, False, [], "keep", "refuse")}
    return Origin(kind, _user(), asked)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a process whose user has no name
        return str(os.getuid()) if hasattr(os, "getuid") else ""


def connection(options: dict[str, Any]) -> BaseDatabaseWrapper:
    return connection_for(alias=options["database"] or DEFAULT_DB_ALIAS, url=options["database_url"])


def destination(path: str, connection: BaseDatabaseWrapper) -> str:
    """The file to write, the time and the database's name filled in where its name asks for them."""
    file = database.path_of(connection)
    name = file.stem if file else str(connection.settings_dict["NAME"])
    folder, pattern = os.path.split(path)
    return os.path.join(folder, filled(pattern, datetime.now(UTC), name))


def snapshot(path: str) -> InputFile:
    return InputFile(snapshot_name(path))


def snapshot_name(path: str) -> str:
    """The file to read; who looks for an export in another folder than that of exports is told where it is."""
    exported = conf.export_dir() / path
    if path != "-" and not os.path.exists(path) and exported.is_file():
        raise FileFailure(f"cannot read {path}: no such file; the export folder has one: {exported}")
    if path == "-" and sys.stdin is not None and sys.stdin.isatty():
        sys.stderr.write("Reading a snapshot from standard input, which is this terminal (Ctrl-C ends it).\n")
    return path


def snapshot_format(options: dict[str, Any], path: str) -> str:
    """The format that was asked for, else that of the file's name, else JSON."""
    name = os.path.basename(path).lower()
    stem = compression.stem(name)
    if name.endswith(compression.FOREIGN):
        raise CommandError(f"{path}: a snapshot is plain, .gz or .zst; name it so", returncode=2)
    if options["format"] is None and stem.endswith((".sql", ".dump")):
        raise CommandError(
            f"{path}: a snapshot is JSON, and a file of that name would not be; backup-database writes SQL",
            returncode=2,
        )
    if options["format"] is None and stem.endswith(_OTHERS):
        raise CommandError(
            f"{path}: a snapshot is JSON, and a file of that name would not be: name it .json or .ndjson, or say"
            " --format json",
            returncode=2,
        )
    return options["format"] or formats.by_name(path) or "json"


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return int(text)
