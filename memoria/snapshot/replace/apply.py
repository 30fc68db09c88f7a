"""Does what a plan says, in one transaction, and proves before the commit that it did exactly that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from memoria.snapshot.errors import (
    DatabaseBusy,
    DatabaseFailure,
    InvalidRows,
    InvalidValue,
)
from memoria.snapshot.formats import Reader
from memoria.snapshot.history.history import History
from memoria.snapshot.progress import Progress
from memoria.snapshot.proof import clear, prove, require_no_new_orphans, require_same_schema
from memoria.snapshot.reading import advancing, runs
from memoria.snapshot.remedy import Remedy
from memoria.snapshot.replace.plan import Plan
from memoria.snapshot.report import Issue
from memoria.snapshot.schema.facts import Reference, Table, stage_name

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

_BULK_ROWS = 10_000
"""From here on, building an index once is faster than keeping it up to date row by row."""


def apply(
    sink: Sink,
    plan: Plan,
    carried: Sequence[Table],
    read: Callable[[], Reader],
    history: History,
    progress: Progress,
    *,
    size: int,
) -> None:
    """Insert the rows of a file, read again with `read`, as `plan` says. Any difference rolls everything back.

    `size`: bytes of the file as they are stored.
    """
    outside = plan.outside_references(carried) if plan.options.truncate else []
    with sink.transaction([table.name for table in carried] + [reference.table for reference in outside]):
        before = _require_unchanged(sink, plan, carried)
        referring = [_referring(sink, reference) for reference in outside]
        watched = {reference.target for reference in outside}
        beside = _beside(plan, carried, watched)
        orphans = {table.name: sink.orphans(table) for table in carried}
        history.begin()
        if plan.options.truncate:
            progress.stage("Removing")
            _clear(sink, plan, carried, watched, history)
        progress.stage("Importing", size=size)
        bulk = {table.name for table in carried if _is_bulk(sink, plan, table, before[table.name])}
        inserted = _insert(sink, plan, carried, read, bulk, beside, progress)
        progress.stage("Finishing")
        nulled = sink.finish(carried, plan.nulls, replace=plan.options.truncate)
        prove(sink, plan.report, plan.facts, carried, inserted, {} if plan.options.truncate else before, nulled)
        _note_written(plan, carried, before, history)
        require_no_new_orphans(sink, carried, orphans)
        history.end(plan.report)
        for reference, found in zip(outside, referring, strict=True):
            if _referring(sink, reference) != found:
                raise DatabaseFailure(
                    f"rows of {reference.table} refer to rows of {reference.target} that the import would remove:"
                    f" import {reference.table} as well, or add rows with {Remedy.ADD_ROWS}; nothing was changed"
                )


def _clear(sink: Sink, plan: Plan, carried: Sequence[Table], watched: set[str], history: History) -> None:
    for table in carried:
        history.removed(table)
    for table in reversed(carried):
        # What moves into place removes the rows that it does not replace, if there is anything to move.
        moves = table.name in watched and sink.dialect.moves_into_place and plan.report.tables[table.name].inserted
        if not moves:
            clear(sink, table, plan.report.tables[table.name].deleted, plan.facts)


def _insert(
    sink: Sink,
    plan: Plan,
    carried: Sequence[Table],
    read: Callable[[], Reader],
    bulk: set[str],
    beside: set[str],
    progress: Progress,
) -> Counter[str]:
    """Rows inserted of each table; the file is read once, or once for each table where parents do not come first."""
    inserted: Counter[str] = Counter()
    for tables in [carried] if plan.parents_first else [[table] for table in carried]:
        for table, rows in _by_table(plan, tables, read()):
            started = monotonic()
            inserted[table.name] += sink.insert(
                table, advancing(rows, progress), bulk=table.name in bulk, beside=table.name in beside
            )
            plan.report.tables[table.name].seconds += monotonic() - started
    return inserted


def _note_written(plan: Plan, carried: Sequence[Table], before: Mapping[str, int], history: History) -> None:
    for table in carried:
        if plan.options.truncate or not before[table.name]:
            history.written(table)
        elif plan.options.validate:
            history.written(table, f't."{table.key.name}" IN (SELECT key FROM {stage_name(table.name)})')
        elif plan.report.tables[table.name].inserted:
            history.cannot_be_undone()  # no row was looked at before it went in


def _beside(plan: Plan, carried: Sequence[Table], watched: set[str]) -> set[str]:
    """Tables whose rows wait until the end: those that others watch, those with references to set to NULL, and, because
    parents must be there first, whatever refers to one of them."""
    beside = set(plan.nulls) | watched
    for table in carried:
        if any(reference.target in beside for reference in plan.facts[table.name].references):
            beside.add(table.name)
    return beside


def _require_unchanged(sink: Sink, plan: Plan, carried: Sequence[Table]) -> dict[str, int]:
    """Rows of each table now that nobody else can write; they must be those that the plan saw."""
    require_same_schema(sink, plan.facts, carried)
    before = {table.name: sink.count(table.name) for table in carried}
    for table in carried:
        if plan.options.truncate and before[table.name] != plan.report.tables[table.name].deleted:
            raise DatabaseBusy(f"the rows of {table.name} changed since the plan was made; run the import again")
    return before


def _referring(sink: Sink, reference: Reference) -> tuple[Any, ...]:
    """How many rows a table has that the import must not touch, and how many of them refer to rows that exist."""
    target = f'SELECT 1 FROM "{reference.target}" p WHERE p."{reference.target_column}" = t."{reference.column}"'
    return sink.query(f'SELECT count(*), count(CASE WHEN EXISTS ({target}) THEN 1 END) FROM "{reference.table}" t')[0]


def _is_bulk(sink: Sink, plan: Plan, table: Table, before: int) -> bool:
    nobody_looks = before == 0 or (plan.options.truncate and not sink.dialect.indexing_locks_readers)
    return nobody_looks and plan.report.tables[table.name].inserted >= _BULK_ROWS


def _by_table(plan: Plan, tables: Sequence[Table], reader: Reader) -> Iterator[tuple[Table, Iterator[list[Any]]]]:
    """The decoded rows of `tables`, in runs as they stand in the file."""
    chosen = {table.name: table for table in tables}
    for name, run in runs(reader, plan.digest, chosen, plan.skips):
        yield chosen[name], _decoded(plan, name, run)


def _decoded(plan: Plan, name: str, run: Any) -> Iterator[list[Any]]:
    decoder = plan.decoders[name]
    for _, row in run:
        try:
            yield decoder.decode(row.data)
        except InvalidValue as error:
            # Only where the plan's own checks were left out with --no-validate.
            plan.report.add(Issue(name, error.reason, row.line, decoder.key(row.data)))
            sentence = plan.report.issues[-1].sentence(plan.report.file.name)
            raise InvalidRows(f"{sentence} (nothing was changed)", plan.report) from None
