"""Puts the rows of a replacing import to the database, where only that can judge them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from memoria.snapshot.formats import Reader
from memoria.snapshot.reading import require_same_file, unchanged
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
    watched = {reference.target for reference in outside} if sink.moves_into_place else set()
    with sink.rehearsal([table.name for table in tables]):
        rehearsal = Rehearsal(sink, plan.facts, fresh, plan.refuse)
        for table in reversed(tables) if options.truncate else ():
            stays = f"SELECT key FROM {stage_name(table.name)}" if table.name in watched else ""
            rehearsal.clear(table, sink.count(table.name), but=stays)
        for part in [tables] if plan.parents_first else [[table] for table in tables]:
            reader = read()
            for name, rows in groupby(_rows(plan, {table.name for table in part}, reader), lambda r: r.raw.table):
                fresh[name].legacy = reader.legacy
                decoded = (row._replace(values=fresh[name].decode(row.raw.data)) for row in rows)
                rehearsal.write(fresh[name].table, decoded, upsert=name in watched)
            require_same_file(plan.digest, reader)
        sink.finish(tables, {}, replace=False)
    return rehearsal.refused


def _rows(plan: Plan, names: set[str], reader: Reader) -> Iterator[Row]:
    for number, raw in enumerate(unchanged(reader)):
        if raw.table in names and not plan.skips(raw.table, number):
            yield Row(number, raw, [])
