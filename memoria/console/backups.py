"""Gives the commands about backups their options, the words for a report, the ping of a monitor."""

from __future__ import annotations

import base64
import contextlib
import http.client
import io
import re
import shutil
import sys
import urllib.request
from argparse import ArgumentParser, ArgumentTypeError, _ActionsContainer
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from django.db.backends.base.base import BaseDatabaseWrapper
from rich.console import Console
from rich.text import Text

from memoria.backup.engines import SILENCE
from memoria.backup.freshness import age
from memoria.backup.prune import PruneReport
from memoria.backup.report import BackupReport, VerifyReport
from memoria.backup.store import sidecar as sidecars
from memoria.backup.store.catalogue import Entry
from memoria.backup.store.digests import Contents
from memoria.backup.store.retention import Policy
from memoria.backup.store.sidecar import Sidecar
from memoria.console.options import EPILOG, positive
from memoria.console.question import Question, before_and_after
from memoria.console.render import console, headed
from memoria.console.words import in_options
from memoria.databases import connection_for, describe
from memoria.snapshot.files.urls import require_local
from memoria.snapshot.schema.registry import TABLES
from memoria.text import counted, size, visible

BACKUP_EPILOG = f"""{EPILOG}
  MEMORIA_PG_BIN        folder of pg_dump and pg_restore (default: PATH)"""
_PING_TIMEOUT = 10
_LONGEST_REASON = 200
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def source(options: dict[str, Any]) -> Path:
    """The backup that was named."""
    require_local("read", options["source"])
    return Path(options["source"])


def add_policy(parser: ArgumentParser, help: str) -> None:
    """`help` says with `{}` for what is kept what becomes of all others."""
    for period, what in _KEPT.items():
        parser.add_argument(f"--keep-{period}", type=positive, default=0, metavar="N", help=help.format(what))


def policy(options: dict[str, Any]) -> Policy:
    return Policy(**{period: options[f"keep_{period}"] for period in _KEPT})


_KEPT = {
    "last": "the last N",
    "daily": "the last one of each of N days",
    "weekly": "the last one of each of N weeks",
    "monthly": "the last one of each of N months",
}


def add_quick(parser: _ActionsContainer) -> None:
    parser.add_argument(
        "--quick", action="store_true", help="look at sizes and sidecars only, and do not read the files"
    )


def add_silence(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--stall-timeout",
        type=duration,
        default=SILENCE,
        metavar="AGE",
        help="give pg_dump or pg_restore up when it writes nothing for so long (default: 10m)",
    )


def add_verify_url(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--verify-url",
        metavar="URL",
        help="restore to a scratch database on this PostgreSQL server (default: the database's own)",
    )


def add_ping(parser: ArgumentParser) -> None:
    parser.add_argument("--ping-url", type=web_url, metavar="URL", help="fetch this http or https URL on success only")


def duration(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", text)
    if not found or not float(found[1]):
        raise ArgumentTypeError(f"{text!r} is no time: write a number and s, m, h, d or w, such as 26h")
    return float(found[1]) * _UNITS[found[2]]


def web_url(text: str) -> str:
    if not re.match(r"https?://[^/\s]", text) or not text.isprintable() or " " in text:
        raise ArgumentTypeError("it does not begin with http:// or https://, or has spaces")
    return text


def verify_on(options: dict[str, Any]) -> tuple[BaseDatabaseWrapper | None, str]:
    """The server that was named for scratch databases, and what messages call it."""
    if not options["verify_url"]:
        return None, ""
    connection = connection_for(url=options["verify_url"])
    return connection, describe(connection)


def ping(url: str | None) -> None:
    """Tell a monitor that all is well. If nobody can be told, that is said, and changes nothing."""
    if not url:
        return
    try:
        with urllib.request.urlopen(_request(url), timeout=_PING_TIMEOUT) as answer:
            answer.read(1)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = visible(in_options(str(getattr(error, "reason", error))))[:_LONGEST_REASON]
        with contextlib.suppress(OSError):
            console().print(Text(f"The ping failed ({reason}); the run itself did not."))


def _request(url: str) -> urllib.request.Request:
    """User and password of the URL go into a header, and so into no message and to no other server."""
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    request = urllib.request.Request(parts._replace(netloc=place).geturl())
    if user:
        encoded = base64.b64encode(unquote_to_bytes(user)).decode()
        request.add_unredirected_header("Authorization", f"Basic {encoded}")
    return request


def print_backup(report: BackupReport) -> None:
    backup = report.backup
    if backup is None:
        return
    if report.dry_run:
        return _say(*_rehearsed(report, backup))
    facts = f"{size(backup.size)}, {counted(backup.contents.rows, 'row')}, sha256 {backup.sha256}"
    what = _WHAT[report.operation].format(database=report.database, file=report.file, how=_HOW[report.verified])
    _say(f"{what} in {report.seconds:.1f} s ({facts}).", *report.notes)
    if report.removed:
        would = "Would remove" if report.prune_dry_run else "Removed"
        _say(f"{would} {counted(len(report.removed), 'older backup')}: {', '.join(report.removed)}.")
    if report.prune_dry_run:
        _say(*(f"Would keep {name}: {', '.join(reasons)}." for name, reasons in report.kept.items()))
    _say(*report.next_steps)


def print_verified(report: VerifyReport) -> None:
    for one in report.verified:
        print_backup(one)
    _say(*report.refused.values())
    refused = f", {len(report.refused):,} refused" if report.refused else ""
    _say(f"{counted(len(report.verified), 'backup')} whole{refused}.")


def print_prune(report: PruneReport) -> None:
    if report.dry_run:
        _say(*(f"Would keep {name}: {', '.join(reasons)}." for name, reasons in report.kept.items()))
    if not report.removed:
        _say(f"Nothing to remove in {report.folder}.")
        return
    would = "Would remove" if report.dry_run else "Removed"
    count = counted(len(report.removed), "backup")
    _say(f"{would} {count} ({size(report.freed)}): {', '.join(report.removed)}.")


_HOW = {
    "restored": "verified by restoring it",
    "read": "verified by reading it",
    "": "not verified",
}
_WHAT = {
    "backup": "Backed up {database} to {file}, {how},",
    "verify": "{file} is whole, {how},",
    "restore": "Restored {database} from {file}",
}


def _say(*sentences: str) -> None:
    for sentence in sentences:
        console().print(Text(visible(in_options(sentence))))


def _rehearsed(report: BackupReport, backup: Sidecar) -> list[str]:
    made = f"the backup of {_when(backup)} UTC, {report.file}, with {counted(backup.contents.rows, 'row')}"
    if not report.replaced:
        return [f"Would restore {made}, to {report.database}, which holds nothing. Nothing was changed."]
    rows = counted(sum(report.replaced.values()), "row")
    return [f"Would replace {report.database}, which holds {rows}, by {made}. Nothing was changed."]


def confirms_restore(question: Question, name: str, contents: Contents, backup: Sidecar) -> bool:
    """Memories first, one by one; what Django and this program keep for themselves as one figure behind them."""
    rows = {table: (there.rows, 0) for table, there in contents.tables.items()}
    for table, kept in backup.contents.tables.items():
        rows[table] = (rows.get(table, (0, 0))[0], kept.rows)
    own = [table for mirrored in TABLES for table in rows if table.rpartition(".")[2] == mirrored.name]
    others = [rows[table] for table in rows.keys() - set(own) if any(rows[table])]
    before, after = (sum(figures) for figures in zip(*others, strict=True)) if others else (0, 0)
    figures = [(table.removeprefix("public."), *rows[table]) for table in own]
    listed = before_and_after([*figures, (counted(len(others), "other table"), before, after)])
    seconds = (sidecars.now() - backup.moment).total_seconds()
    proven = "" if backup.verified else ", never verified"
    made = f"{_when(backup)} UTC ({age(max(0.0, seconds))} old, {counted(backup.contents.rows, 'row')}{proven})"
    return question.confirms(f"This replaces {name} by the backup of {made}; rows before → after: {listed or 'none'}.")


def print_list(entries: list[Entry], now: datetime) -> None:
    table = headed("created (UTC)", "age", "size", "rows", "state", right=("age", "size", "rows"))
    for entry in entries:
        backup, seconds = entry.sidecar, entry.age(now)
        created = _when(backup) if backup else "-"
        figures = (size(backup.size), f"{backup.contents.rows:,}") if backup else ("-", "-")
        old = age(seconds) if seconds is not None else "-"
        table.add_row(created, old, *figures, entry.state)
    lines = io.StringIO()
    Console(file=lines, width=10_000, highlight=False).print(table)
    names = ["name", *(visible(entry.path.name) for entry in entries)]
    rows = [line.rstrip() for line in lines.getvalue().splitlines()]
    widest = max(map(len, rows))
    # Names are there to be copied: none is cut, and on a narrow terminal they have lines of their own.
    narrow = sys.stdout.isatty() and widest + 2 + max(map(len, names)) > shutil.get_terminal_size().columns
    for row, name in zip(rows, names, strict=True):
        print(f"{row}\n  {name}" if narrow else f"{row:{widest}}  {name}")


def _when(backup: Sidecar) -> str:
    return f"{backup.created_at[:10]} {backup.created_at[11:19]}"
