"""Puts the rows of a replacing import to the database, where only that can judge them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from memoria.snapshot.formats import Reader
from memoria.snapshot.proof import clear
from memoria.snapshot.reading import runs
from memoria.snapshot.rehearsal import Rehearsal, Row, is_needed
from memoria.snapshot.replace.plan import Plan
from memoria.snapshot.rows.decoder import decoders
from memoria.snapshot.schema.facts import Table, stage_name

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink


def rehearse(sink: Sink, plan: Plan, tables: Sequence[Table], read: Callable[[], Reader]) -> dict[str, list[int]]:
    """The rows that the database refuses, by table and place in the file; the plan is told of each.

    `tables` are those of the file that the target has.
    """
    if not plan.options.validate or not is_needed(tables, plan.facts, plan.decoders, plan.report):
        return {}
    options = plan.options
    # What the plan's own have counted must not be counted again.
    fresh = decoders(tables, plan.facts, ignore_unknown=options.ignore_unknown, validate=options.validate)
    outside = plan.outside_references(tables) if options.truncate else []
    watched = {reference.target for reference in outside} if sink.dialect.moves_into_place else set()
    with sink.rehearsal([table.name for table in tables]):
        rehearsal = Rehearsal(sink, plan.facts, fresh, plan.refuse)
        for table in reversed(tables) if options.truncate else ():
            if table.name in watched:
                sink.delete(table, f't."{table.key.name}" NOT IN (SELECT key FROM {stage_name(table.name)})')
            else:
                clear(sink, table, sink.count(table.name), plan.facts)
        for part in [tables] if plan.parents_first else [[table] for table in tables]:
            chosen = {table.name for table in part}
            reader = read()
            for name, run in runs(reader, plan.digest, chosen, plan.skips):
                fresh[name].legacy = reader.legacy
                rows = (Row(number, row, fresh[name].decode(row.data)) for number, row in run)
                rehearsal.write(fresh[name].table, rows, upsert=name in watched)
        sink.finish(tables, {}, replace=False)
    return rehearsal.refused
