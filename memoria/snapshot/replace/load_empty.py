"""Fills empty tables in one reading of the file.

Where no row is there and every row fits there is nothing to decide: each is inserted as it is read, in one transaction
that ends only when the whole file has proven itself. Anything else is rolled back and left to the plan, which explains.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain, groupby
from time import monotonic
from typing import TYPE_CHECKING

from memoria.snapshot.errors import InvalidSnapshot, InvalidValue, RowRefused
from memoria.snapshot.formats import Reader
from memoria.snapshot.formats.reader import RawRow
from memoria.snapshot.history.history import History
from memoria.snapshot.progress import Progress
from memoria.snapshot.proof import prove
from memoria.snapshot.reading import advancing
from memoria.snapshot.replace.plan import Plan
from memoria.snapshot.schema.facts import Table, unwritable
from memoria.snapshot.schema.fitting import require_writable

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

_BULK_SIZE = 1 << 20
"""Bytes of a file, perhaps compressed, from which on an index is built faster than it is kept up to date."""


class NeedsPlan(Exception):
    """Nothing was changed: what becomes of each row has to be decided first."""


def fill(
    sink: Sink,
    plan: Plan,
    reader: Reader,
    size: int,
    settle: Callable[[], list[Table]],
    history: History,
    progress: Progress,
) -> None:
    """Insert all rows of a file of `size` bytes into tables that hold none.

    `settle` is called after the last row, fills in the report and returns the tables that the file carries. Raises
    NeedsPlan with nothing changed.
    """
    try:
        rows = iter(reader)
        first = next(rows, None)
        tables = _promised(plan, reader)
        if first is None or any(_holds_rows(sink, name) for name in tables):
            raise NeedsPlan
        with sink.transaction(list(tables)):
            for table in tables.values():
                if _holds_rows(sink, table.name):
                    raise NeedsPlan
                sink.delete(table)  # what was derived from rows of the past may be there still
            history.begin()
            inserted = _insert(sink, plan, reader, chain([first], rows), progress, bulk=size >= _BULK_SIZE)
            progress.stage("Finishing")
            carried = settle()
            nulled = sink.finish(carried, {}, replace=True)
            if any(sink.orphans(table) for table in carried):
                raise NeedsPlan
            prove(sink, plan.report, plan.facts, carried, inserted, kept={}, nulled=nulled)
            for table in carried:
                history.written(table)
            history.end(plan.report)
    except (InvalidSnapshot, InvalidValue, RowRefused):
        raise NeedsPlan from None


def _promised(plan: Plan, reader: Reader) -> dict[str, Table]:
    """The tables of the file by name, as its header has them; all of them chosen, there, and writable."""
    header = reader.header
    if header is None:
        raise NeedsPlan
    promised = header.metadata.get("tables") if header.layout == "1" else header.counts
    tables: dict[str, Table] = {}
    for name in promised or ():
        facts = plan.facts.get(name)
        if name not in plan.decoders or facts is None:
            raise NeedsPlan
        table = plan.decoders[name].table
        if unwritable(table, facts, "INSERT", "DELETE", "LOCK"):
            raise NeedsPlan
        tables[name] = table
    require_writable(tables.values(), plan.facts)
    return tables


def _holds_rows(sink: Sink, table: str) -> bool:
    return bool(sink.query(f'SELECT 1 FROM "{table}" LIMIT 1'))


def _insert(
    sink: Sink, plan: Plan, reader: Reader, rows: Iterable[RawRow], progress: Progress, *, bulk: bool
) -> Counter[str]:
    inserted: Counter[str] = Counter()
    for name, run in groupby(rows, key=lambda row: row.table):
        decoder = plan.decoders.get(name)
        if decoder is None:
            raise NeedsPlan
        started = monotonic()
        decoder.legacy = reader.legacy
        values = advancing((decoder.decode(row.data) for row in run), progress)
        inserted[name] += sink.insert(decoder.table, values, bulk=bulk, beside=False)
        plan.report.table(name).seconds += monotonic() - started
    return inserted
