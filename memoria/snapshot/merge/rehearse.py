"""Puts the rows of a merge to the database, where only that can judge them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from memoria.snapshot.formats import Reader
from memoria.snapshot.merge.actions import WRITTEN, Action, is_
from memoria.snapshot.merge.plan import MergePlan
from memoria.snapshot.merge.rows import MergedRows
from memoria.snapshot.reading import runs
from memoria.snapshot.rehearsal import Rehearsal, is_needed
from memoria.snapshot.rows.decoder import decoders
from memoria.snapshot.schema.facts import Table

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink


def rehearse(sink: Sink, plan: MergePlan, tables: Sequence[Table], read: Callable[[], Reader]) -> dict[str, list[int]]:
    """The rows that the database refuses, by table and place in the file; the report is told of each.

    `tables` are those of the file that the target has, with the action of each row decided.
    """
    written = is_(*WRITTEN)
    tables = [table for table in tables if plan.stages[table.name].holds(written)]
    if not plan.options.validate or not is_needed(tables, plan.facts, plan.decoders, plan.report):
        return {}
    options = plan.options
    # What the plan's own have counted must not be counted again.
    fresh = decoders(tables, plan.facts, ignore_unknown=options.ignore_unknown, validate=options.validate)
    upserts = {table.name for table in tables if plan.stages[table.name].holds(is_(Action.OVERWRITE))}
    with sink.rehearsal([table.name for table in tables]):
        rehearsal = Rehearsal(sink, plan.facts, fresh, lambda _, issue: plan.add(issue))
        for part in [tables] if plan.parents_first else [[table] for table in tables]:
            chosen = {table.name: MergedRows(plan, table, fresh[table.name]) for table in part}
            reader = read()
            for name, run in runs(reader, plan.digest, chosen):
                fresh[name].legacy = reader.legacy
                merged = chain.from_iterable(chosen[name].parts(run))
                rehearsal.write(fresh[name].table, merged, upsert=name in upserts)
        sink.finish(tables, {}, replace=False)
    return rehearsal.refused
