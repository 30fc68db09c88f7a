"""Notes in the database what an import does to it, in the import's own transaction, so that it can be undone."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.models import Import
from memoria.snapshot import database
from memoria.snapshot.database import Sink
from memoria.snapshot.errors import DatabaseFailure
from memoria.snapshot.history.references import holding
from memoria.snapshot.history.sql import COLUMNS, HELD, Changes
from memoria.snapshot.remedy import Remedy
from memoria.snapshot.report import Report
from memoria.snapshot.schema.facts import Table, TableFacts
from memoria.snapshot.schema.registry import HISTORY, require_in_sight, table_of
from memoria.snapshot.times import canonical_time
from memoria.text import readable

VARIABLE = "MEMORIA_UNDO_IMPORTS"
_DEFAULT = 3
_IMPORTS, _CHANGES = map(table_of, HISTORY)


def require_notes(facts: Mapping[str, TableFacts]) -> None:
    """Raise where a trigger might keep the notes of an import from being what they say."""
    for table in (_IMPORTS, _CHANGES):
        if table.name in facts and (triggers := facts[table.name].triggers):
            raise DatabaseFailure(
                f"{table.name} has triggers of its own ({', '.join(triggers)}), and is what an import is undone with:"
                f" remove them, or import with {Remedy.NO_UNDO}; nothing was changed"
            )


@dataclass(frozen=True, slots=True)
class Origin:
    """Who imports, by which door, and what was asked for."""

    kind: str
    user: str = ""
    options: Mapping[str, Any] | None = None


class History:
    """One import's notes. Without an origin nothing is noted."""

    def __init__(self, sink: Sink, connection: BaseDatabaseWrapper, origin: Origin | None) -> None:
        self._sink = sink
        self._connection = connection
        self._origin = origin
        self._number = 0
        self._final = False
        self._changed: dict[str, Table] = {}

    def require(self, facts: Mapping[str, TableFacts]) -> None:
        """Before anything else, and in a dry run: what is noted will be what was done."""
        if self._origin is not None:
            require_notes(facts)

    def begin(self) -> None:
        """Within the transaction, before the first row is written."""
        if self._origin is None:
            return
        self._started = now()
        self._final = False
        self._changed = {}
        self._facts = self._sink.facts()
        self._create_tables()
        self._sink.lock(_IMPORTS.name)
        # Numbers are counted here, because a sequence would not go back where the import does.
        self._number = self._highest(_IMPORTS) + 1
        self._sink.query(
            "INSERT INTO memoria_imports (id, kind, state, started_at, finished_at, user_name, file_name, sha256,"
            f" options, counts) VALUES ({self._sink.dialect.marks(10)})",
            (
                self._number,
                self._origin.kind,
                Import.State.DONE,
                self._started,
                self._started,
                self._name(self._origin.user)[:255],
                "",
                "",
                json.dumps(dict(self._origin.options or {})),
                "{}",
            ),
        )

    def removed(self, table: Table, condition: str = "1 = 1") -> None:
        """Rows of the table `t` that are about to be deleted or replaced."""
        if self._origin is not None:
            self._changed[table.name] = table
            self._sink.keep(self._number, self._highest(_CHANGES), table, self._facts[table.name], condition)

    def written(self, table: Table, condition: str = "1 = 1") -> None:
        """Rows of the table `t` that are new, or new in their place."""
        if self._origin is None:
            return
        self._changed[table.name] = table
        facts = self._facts[table.name]
        digest = self._sink.digest(facts)
        # SQLite's own numbers go back with a transaction, and cost nothing.
        own = "NULL" if self._sink.dialect.numbers_notes else f"{self._highest(_CHANGES)} + row_number() OVER ()"
        key = f't."{table.key.name}"'
        self._sink.query(
            "INSERT INTO memoria_import_changes (id, import_id, table_name, key, action, digest)"
            f" SELECT {own}, {self._number}, '{table.name}', CAST({key} AS text), 'written', {digest}"
            f' FROM "{table.name}" t WHERE {condition}'
        )
        # Only these are part of the digests and of the rows that are kept, whatever columns are added later.
        self._note(table.name, COLUMNS, list(facts.columns))

    def _note(self, table: str, action: str, found: Any) -> None:
        self._sink.query(
            "INSERT INTO memoria_import_changes (id, import_id, table_name, key, action, row)"
            f" VALUES ({self._sink.dialect.marks(6)})",
            (self._highest(_CHANGES) + 1, self._number, table, "", action, json.dumps(found)),
        )

    def _note_held(self) -> None:
        """Rows that held ids before there was what they mean: they keep nobody from deleting it again."""
        changes, found = Changes(self._number), {}
        for reference in holding(self._facts, self._changed):
            ((count, _),) = self._sink.query(changes.referring(reference, self._changed))
            if count:
                found[reference.name] = count
        if found:
            self._note("", HELD, found)

    def cannot_be_undone(self) -> None:
        """Which rows are new could not be told."""
        self._final = True

    def end(self, report: Report) -> None:
        """Within the transaction, after the last row."""
        if self._origin is None:
            return
        self._note_held()
        mark = self._sink.dialect.mark
        self._sink.query(
            f"UPDATE memoria_imports SET finished_at = {mark}, file_name = {mark}, sha256 = {mark},"
            f" counts = {mark}, state = {mark} WHERE id = {self._number}",
            (
                now(),
                self._name(report.file.name),
                report.file.sha256,
                json.dumps(_counts(report)),
                Import.State.FINAL if self._final else Import.State.DONE,
            ),
        )
        self._forget_older()
        report.import_id = self._number

    def _name(self, text: str) -> str:
        """A name that the system gave, as the database can hold it."""
        text = readable(text)
        return text if self._sink.holds_unicode else text.encode("ascii", "backslashreplace").decode()

    def _highest(self, table: Table) -> int:
        ((highest,),) = self._sink.query(f"SELECT coalesce(max(id), 0) FROM {table.name}")
        return int(highest)

    def _create_tables(self) -> None:
        missing = [model for model in HISTORY if model._meta.db_table not in self._facts]
        if not missing:
            return
        editor = self._connection.schema_editor(collect_sql=True)
        editor.deferred_sql = []
        for model in missing:
            editor.create_model(model)
        try:
            for sql in [*editor.collected_sql, *map(str, editor.deferred_sql)]:
                self._sink.query(sql)
        except DatabaseFailure as error:
            raise DatabaseFailure(
                f"{error} (the table {missing[0]._meta.db_table}, which keeps what it takes to undo an import;"
                f" {Remedy.NO_UNDO} imports without it)"
            ) from None

    def _forget_older(self) -> None:
        """Only the last few imports can be undone: what it takes may be as large as what they changed."""
        kept = self._sink.query(
            "SELECT id FROM memoria_imports WHERE state = 'done' AND CAST(counts AS text) <> '{}'"
            f" ORDER BY id DESC LIMIT 1 OFFSET {kept_imports()}"
        )
        if kept:
            self._sink.query(f"DELETE FROM memoria_import_changes WHERE import_id <= {int(kept[0][0])}")
            self._sink.query(
                f"UPDATE memoria_imports SET state = 'final' WHERE state = 'done' AND id <= {int(kept[0][0])}"
            )


def kept_imports() -> int:
    """How many imports can be undone, from the environment."""
    text = os.environ.get(VARIABLE) or str(_DEFAULT)
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise DatabaseFailure(f"{VARIABLE} is {text!r}: write a whole number from 1 to 1000")
    return int(text)


def _counts(report: Report) -> dict[str, Any]:
    """Table -> action -> rows, of tables that changed."""
    return {
        name: {what: n for what in ("inserted", "overwritten", "deleted") if (n := asdict(counts)[what])}
        for name, counts in report.tables.items()
        if counts.inserted or counts.overwritten or counts.deleted
    }


def now() -> str:
    """This moment as the tables of the history hold it, on every database."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


@dataclass(frozen=True, slots=True)
class Imported:
    """One import as the history knows it; times as snapshots spell them."""

    id: int
    kind: str
    state: str
    """`done`, `undone`, or `final`: done, and what it takes to undo it is no longer kept."""
    started_at: str
    finished_at: str
    undone_at: str | None
    user: str
    file_name: str
    sha256: str
    options: dict[str, Any]
    counts: dict[str, dict[str, int]]
    """Table -> `inserted`, `overwritten` or `deleted` -> rows."""

    @property
    def rows(self) -> int:
        return sum(found.get("inserted", 0) + found.get("overwritten", 0) for found in self.counts.values())

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "rows": self.rows}


def imports(connection: BaseDatabaseWrapper, name: str) -> list[Imported]:
    """All imports into a database, the newest first; `name` is what messages call it."""
    with database.sink(connection, name, read_only=True) as sink:
        facts = sink.facts()
        if not all(model._meta.db_table in facts for model in HISTORY):
            require_in_sight(facts, sink.elsewhere(), name)
            return []
        rows = sink.query(
            "SELECT id, kind, state, CAST(started_at AS text), CAST(finished_at AS text), CAST(undone_at AS text),"
            " user_name, file_name, sha256, CAST(options AS text), CAST(counts AS text)"
            " FROM memoria_imports ORDER BY id DESC"
        )
    return [
        Imported(
            *row[:3],
            *(None if moment is None else canonical_time(moment) for moment in row[3:6]),
            *row[6:9],
            *map(json.loads, row[9:]),
        )
        for row in rows
    ]
