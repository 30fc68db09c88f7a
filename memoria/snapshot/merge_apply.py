"""Does what a merge's plan says, and proves before the commit that it did exactly that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, groupby
from time import monotonic
from typing import TYPE_CHECKING, Any

from memoria.snapshot.apply import (
    advancing,
    require_no_new_orphans,
    require_same_file,
    require_same_schema,
    require_written,
    unchanged,
)
from memoria.snapshot.formats import Reader
from memoria.snapshot.formats.reader import RawRow
from memoria.snapshot.history import History
from memoria.snapshot.mapping import HIDDEN, MEMORIES, with_new_ids
from memoria.snapshot.merge_plan import MergePlan
from memoria.snapshot.merge_stage import MergeStage
from memoria.snapshot.progress import Progress
from memoria.snapshot.tables import Table

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

_BULK_ROWS = 10_000
Numbered = tuple[int, RawRow]


def merge(
    sink: Sink,
    plan: MergePlan,
    carried: Sequence[Table],
    read: Callable[[], Reader],
    history: History,
    progress: Progress,
) -> None:
    """In the transaction in which the plan was made."""
    require_same_schema(sink, plan.facts, carried)
    before = plan.before
    orphans = {table.name: sink.orphans(table) for table in carried}
    history.begin()
    writing = [table for table in carried if _planned(plan, table)]
    for table in writing:
        if plan.report.tables[table.name].overwritten:
            history.removed(table, _staged(plan.stages[table.name], "s.action = 'overwrite'"))
    written: Counter[str] = Counter()
    passes = [writing] if plan.parents_first else [[table] for table in writing]
    for tables in passes if writing else ():
        written.update(_pass(sink, plan, tables, before, read(), progress))
    progress.stage("Finishing")
    sink.finish(writing, {}, replace=False)
    for table in writing:
        history.written(table, _staged(plan.stages[table.name], "s.action IN ('insert', 'overwrite')"))
    _prove(sink, plan, carried, before, written)
    require_no_new_orphans(sink, carried, orphans)
    history.end(plan.report)


def _planned(plan: MergePlan, table: Table) -> int:
    counts = plan.report.tables[table.name]
    return counts.inserted + counts.overwritten


def _staged(stage: MergeStage, condition: str) -> str:
    """The rows of the table `t` whose keys are those of staged rows that meet a condition."""
    return f't."{stage.table.key.name}" IN (SELECT s.new_key FROM {stage.name} s WHERE {condition})'


def _pass(
    sink: Sink, plan: MergePlan, tables: Sequence[Table], before: dict[str, int], reader: Reader, progress: Progress
) -> Counter[str]:
    """Write the rows of `tables` as they stand in the file. Returns how many of each were written."""
    chosen = {table.name: _Writing(sink, plan, table, before[table.name]) for table in tables}
    written: Counter[str] = Counter()
    rows = ((number, row) for number, row in enumerate(unchanged(reader)) if row.table in chosen)
    for name, run in groupby(rows, key=lambda numbered: numbered[1].table):
        started = monotonic()
        written[name] += chosen[name].take(run, progress)
        plan.report.tables[name].seconds += monotonic() - started
    require_same_file(plan.digest, reader)
    return written


class _Writing:
    """Writes the rows of one table; decisions are fetched some thousands at a time, between two statements."""

    def __init__(self, sink: Sink, plan: MergePlan, table: Table, before: int) -> None:
        self._sink = sink
        self._table = table
        self._decoder = plan.decoders[table.name]
        self._stage = plan.stages[table.name]
        self._drop_embeddings = plan.options.drop_embeddings and table.name in MEMORIES
        counts = plan.report.tables[table.name]
        self._upsert = counts.overwritten > 0
        self._bulk = counts.inserted >= _BULK_ROWS and before == 0
        names = [self._stage.table.key.name, *self._stage.references]
        self._positions = [table.position[name] for name in names]
        self._namespace = table.position["namespace"] if table.has_namespace else None
        self._hidden = [table.position[name] for name in HIDDEN.get(table.name, ())]
        self._new_ids = partial(plan.mentions.new, stages=plan.stages)
        self._is_renamed = bool(self._hidden) and plan.mentions.may_change(plan.stages)
        self._page: list[tuple[Any, ...]] = []
        self._new: dict[int, dict[str, str]] = {}
        self._last = -1
        self._at = 0

    def take(self, run: Iterator[Numbered], progress: Progress) -> int:
        written = 0
        for first in run:
            rest: Iterator[Numbered] = chain([first], run)
            if self._at >= len(self._page):
                self._fetch()
            if not self._page:
                for _ in rest:  # nothing more of this table is written, but the file is read to its end
                    pass
                break
            written += self._sink.insert(
                self._table,
                advancing(self._rows(rest), progress),
                bulk=self._bulk,
                beside=False,
                upsert=self._upsert,
            )
        return written

    def _fetch(self) -> None:
        self._page = self._stage.decided(self._last)
        self._at = 0
        if self._page and self._is_renamed:
            first, last = self._page[0][0], self._page[-1][0]
            self._new = self._new_ids(first, last)
        if self._page:
            self._last = self._page[-1][0]

    def _rows(self, run: Iterator[Numbered]) -> Iterator[list[Any]]:
        """The rows to write as they go in, up to the last that was fetched."""
        page, at = self._page, self._at
        try:
            for number, row in run:
                while at < len(page) and page[at][0] < number:
                    at += 1
                if at < len(page) and page[at][0] == number:
                    yield self._decided(number, self._decoder.decode(row.data), page[at])
                    at += 1
                if at >= len(page):
                    return
        finally:
            self._at = at

    def _decided(self, number: int, values: list[Any], decision: tuple[Any, ...]) -> list[Any]:
        for position, value in zip(self._positions, decision[2:], strict=True):
            values[position] = value
        if self._namespace is not None:
            values[self._namespace] = decision[1]
        if self._drop_embeddings:
            values[self._table.position["embedding"]] = None
        new = self._new.get(number)
        for position in self._hidden if new else ():
            if values[position] is not None:
                values[position] = with_new_ids(values[position], new or {})
        return values


def _prove(
    sink: Sink, plan: MergePlan, carried: Sequence[Table], before: dict[str, int], written: Counter[str]
) -> None:
    for table in carried:
        counts = plan.report.tables[table.name]
        planned, found = before[table.name] + counts.inserted, sink.count(table.name)
        require_written(table.name, written[table.name], _planned(plan, table), found, planned, plan.facts)
