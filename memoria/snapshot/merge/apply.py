"""Does what a merge's plan says, and proves before the commit that it did exactly that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from operator import attrgetter
from time import monotonic
from typing import TYPE_CHECKING

from memoria.snapshot.formats import Reader
from memoria.snapshot.history.history import History
from memoria.snapshot.merge.actions import WRITTEN, Action, is_
from memoria.snapshot.merge.plan import MergePlan
from memoria.snapshot.merge.rows import MergedRows
from memoria.snapshot.merge.stage import MergeStage
from memoria.snapshot.progress import Progress
from memoria.snapshot.proof import require_no_new_orphans, require_same_schema, require_written
from memoria.snapshot.reading import advancing, runs
from memoria.snapshot.schema.facts import Table

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

_BULK_ROWS = 10_000
_values = attrgetter("values")


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
            history.removed(table, _staged(plan.stages[table.name], is_(Action.OVERWRITE)))
    written: Counter[str] = Counter()
    passes = [writing] if plan.parents_first else [[table] for table in writing]
    for tables in passes if writing else ():
        written.update(_pass(sink, plan, tables, before, read(), progress))
    progress.stage("Finishing")
    sink.finish(writing, {}, replace=False)
    for table in writing:
        history.written(table, _staged(plan.stages[table.name], is_(*WRITTEN)))
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
    chosen = {table.name: MergedRows(plan, table, plan.decoders[table.name]) for table in tables}
    by_name = {table.name: table for table in tables}
    written: Counter[str] = Counter()
    for name, run in runs(reader, plan.digest, chosen):
        started = monotonic()
        counts = plan.report.tables[name]
        bulk = counts.inserted >= _BULK_ROWS and before[name] == 0
        for rows in chosen[name].parts(run):
            values = advancing(map(_values, rows), progress)
            written[name] += sink.insert(by_name[name], values, bulk=bulk, beside=False, upsert=counts.overwritten > 0)
        counts.seconds += monotonic() - started
    return written


def _prove(
    sink: Sink, plan: MergePlan, carried: Sequence[Table], before: dict[str, int], written: Counter[str]
) -> None:
    for table in carried:
        counts = plan.report.tables[table.name]
        planned, found = before[table.name] + counts.inserted, sink.count(table.name)
        require_written(table.name, written[table.name], _planned(plan, table), found, planned, plan.facts)
