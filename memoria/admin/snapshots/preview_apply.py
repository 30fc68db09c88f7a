"""The engine's dry run and its import of an uploaded file, bound together: what is applied is what was shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.admin.snapshots.choices import REPLACE, Choices
from memoria.admin.snapshots.fingerprint import concerned, fingerprint
from memoria.admin.snapshots.upload_file import UploadedFile
from memoria.databases import connection_for
from memoria.snapshot import Merge, MergeOptions, Namespaces, Origin, Replace, ReplaceOptions, database, formats
from memoria.snapshot.database import Sink, is_file
from memoria.snapshot.errors import InvalidRows, InvalidSnapshot, SnapshotError
from memoria.snapshot.progress import Progress
from memoria.snapshot.report import Report
from memoria.snapshot.schema.facts import names
from memoria.snapshot.schema.registry import TABLES
from memoria.snapshot.watch import Watch

CHANGED = "the data changed since this preview"


class Stale(SnapshotError):
    """What would be done is not what was shown. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Preview:
    report: Report
    namespaces: dict[str, int]
    """Of the file: name, rows."""
    fingerprint: dict[str, str]
    refused: str = ""
    """Why the file cannot be applied as it was chosen."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a preview showed, as it was stored: its report, and what it saw of the target."""

    report: dict[str, Any]
    fingerprint: dict[str, str]


def database_name() -> str:
    """What the pages call the database, and what has to be typed before rows of it are replaced: no path, no host."""
    name = str(connections[DEFAULT_DB_ALIAS].settings_dict["NAME"])
    return Path(name).name if is_file(connections[DEFAULT_DB_ALIAS]) else name


def preview(file: UploadedFile, choices: Choices, progress: Progress, watch: Watch) -> Preview:
    """The dry run. Raises SnapshotError where the file is not one whole snapshot."""
    connection = connection_for(alias=DEFAULT_DB_ALIAS)
    tables, manifest = _manifest(file, choices)
    # Before the plan: what changes between the two is then found by the apply.
    with database.sink(connection, database_name(), read_only=True) as sink:
        seen = fingerprint(sink, concerned(tables, sink.facts()))
    run = _run(file, connection, choices, progress)
    run.dry_run, run.watch = True, watch
    refused = ""
    try:
        report = run.run()
    except InvalidRows as error:
        report, refused = error.report, error.without_rows
    return Preview(report, _sources(report) or manifest, seen, refused)


def apply(
    file: UploadedFile,
    choices: Choices,
    progress: Progress,
    shown: Shown,
    origin: Origin,
    settle: Callable[[Sink], None],
) -> Report:
    """Do what a preview showed. Raises Stale, with nothing changed, where it would be anything else.

    `settle` is called in the transaction, at its end; what it raises rolls everything back.
    """
    connection = connection_for(alias=DEFAULT_DB_ALIAS)
    run = _run(file, connection, choices, progress)
    run.origin = origin
    run.target = partial(database.sink, guard=partial(_guard, shown.fingerprint, settle))
    run.confirm = partial(_require_shown, shown.report)
    return run.run()


def essence(report: dict[str, Any]) -> dict[str, Any]:
    """What a report says will be done, without when and how fast."""
    tables = {
        name: {key: value for key, value in counts.items() if key != "seconds"}
        for name, counts in report["tables"].items()
        if counts["rows"] or counts["deleted"]
    }
    file = {key: report["file"][key] for key in ("size", "sha256", "layout", "format")}
    parts = {key: report[key] for key in ("merge", "left_out", "issue_count")}
    return {"file": file, "tables": tables, **parts}


def _run(file: UploadedFile, connection: BaseDatabaseWrapper, choices: Choices, progress: Progress) -> Replace | Merge:
    name = database_name()
    if choices.mode == REPLACE:
        replacing = ReplaceOptions(**choices.loading(), null_missing_references=choices.null_missing_references)
        return Replace(file, connection, name, options=replacing, progress=progress)
    merging = MergeOptions(
        **choices.loading(),
        namespaces=Namespaces(choices.namespaces),
        new_ids=choices.new_ids,
        on_conflict=choices.on_conflict,
        drop_embeddings=choices.drop_embeddings,
    )
    return Merge(file, connection, name, options=merging, progress=progress)


def _sources(report: Report) -> dict[str, int]:
    found: Counter[str] = Counter()
    for part in report.merge:
        if part.source:
            found[part.source] += part.rows
    return dict(sorted(found.items()))


def _require_shown(shown: dict[str, Any], report: Report) -> bool:
    if essence(report.as_dict()) != essence(shown):
        raise Stale(CHANGED)
    return True


def _manifest(file: UploadedFile, choices: Choices) -> tuple[Sequence[str], dict[str, int]]:
    """The tables and namespaces that a file's first lines promise; all tables where they promise none."""
    try:
        reader = formats.read(file.chunks(), None, allow_edited=choices.allow_edited)
        rows: Any = iter(reader)
        next(rows, None)
        rows.close()
    except InvalidSnapshot as error:
        raise type(error)(f"{file.name}: {error}") from None
    header = reader.header
    promised = header and (header.metadata.get("tables") if header.layout == "1" else header.counts)
    known = [name for name in names(TABLES) if not promised or name in promised]
    rows_of = {
        name: sum(n for n in counts.values() if isinstance(n, int)) for name, counts in reader.namespaces.items()
    }
    return known, rows_of


@contextmanager
def _guard(seen: dict[str, str], settle: Callable[[Sink], None], sink: Sink) -> Iterator[None]:
    """Looks at the beginning of the transaction whether the rows are those of the preview; settles at its end who did
    it."""
    for name in names(TABLES):
        if name in seen:
            sink.lock(name)  # a merge locks tables as it comes to them; here all must stay as they are found
    if fingerprint(sink, seen) != seen:
        raise Stale(CHANGED)
    yield
    settle(sink)
