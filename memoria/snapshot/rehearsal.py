"""Finds the rows that only the database can refuse, by writing them in a transaction that is taken back.

A database may ask more of a row than its columns tell: checks, unique values of some rows only, triggers. Where it
does, the plan of an import puts every row to it, as the run would, before anything is promised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from memoria.snapshot.errors import ReferenceRefused, RowRefused, WriteCancelled
from memoria.snapshot.formats.reader import RawRow
from memoria.snapshot.report import Issue, Report
from memoria.snapshot.rows.decoder import RowDecoder
from memoria.snapshot.schema.facts import Table, TableFacts, can_stage

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

_ROWS_AT_ONCE = 1000
_SIZE_AT_ONCE = 4 << 20
"""Bytes of rows that are written together."""


class Row(NamedTuple):
    number: int
    """Its place in the file."""
    raw: RawRow
    values: list[Any]
    """As they go in."""


def is_needed(
    tables: Iterable[Table], facts: Mapping[str, TableFacts], decoders: Mapping[str, RowDecoder], report: Report
) -> bool:
    """Whether one of the tables that are written to asks more of its rows than the plan can tell.

    Where more is wrong than rows, nothing will be written.
    """
    if any(kind != "invalid" for kind in report.issue_kinds):
        return False
    return any(decoders[table.name].doubtful for table in tables) or asks_more(tables, facts)


def asks_more(tables: Iterable[Table], facts: Mapping[str, TableFacts]) -> bool:
    """Whether one of the tables has rules of its own."""
    return any(table.name in facts and _asks_more(table, facts[table.name]) for table in tables)


def _asks_more(table: Table, facts: TableFacts) -> bool:
    unstaged = any(not can_stage(table, unique) for unique in facts.uniques)
    return unstaged or bool(facts.triggers) or not table.checks.issuperset(facts.rules)


class Rehearsal:
    """Within the sink's `rehearsal`. `refuse` is told of each row that the database refuses: its number, and why."""

    def __init__(
        self,
        sink: Sink,
        facts: Mapping[str, TableFacts],
        decoders: Mapping[str, RowDecoder],
        refuse: Callable[[int, Issue], None],
    ) -> None:
        self._sink = sink
        self._facts = facts
        self._decoders = decoders
        self._refuse = refuse
        self.refused: dict[str, list[int]] = {}
        """Table -> places in the file."""

    def write(self, table: Table, rows: Iterable[Row], *, upsert: bool) -> None:
        """Raises WriteCancelled where the database leaves rows out and says nothing of it."""
        wanted = done = 0
        for batch in _batches(rows):
            accepted, written = self._write(table, batch, upsert)
            wanted, done = wanted + accepted, done + written
        if done != wanted:
            raise WriteCancelled(table.name, "written", done, wanted, self._facts[table.name].triggers)

    def _write(self, table: Table, batch: Sequence[Row], upsert: bool) -> tuple[int, int]:
        """(rows that the database accepts, rows that it really wrote)"""
        try:
            with self._sink.part():
                written = self._sink.insert(
                    table, (list(row.values) for row in batch), bulk=False, beside=False, upsert=upsert
                )
                if upsert:
                    self._sink.finish([table], {}, replace=False)
                return len(batch), written
        except WriteCancelled as error:
            return len(batch), error.done
        except RowRefused as error:
            if len(batch) > 1:
                return self._halves(table, batch, upsert)
            if not isinstance(error, ReferenceRefused):  # the plan follows references itself, in any order
                self._note(table, batch[0], error.reason)
            return 0, 0

    def _note(self, table: Table, row: Row, reason: str) -> None:
        key = self._decoders[table.name].key(row.raw.data)
        self._refuse(row.number, Issue(table.name, f"the database refuses it: {reason}", row.raw.line, key))
        self.refused.setdefault(table.name, []).append(row.number)

    def _halves(self, table: Table, batch: Sequence[Row], upsert: bool) -> tuple[int, int]:
        middle = len(batch) // 2
        first, second = (self._write(table, half, upsert) for half in (batch[:middle], batch[middle:]))
        return first[0] + second[0], first[1] + second[1]


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row.raw.data)
        if len(batch) >= _ROWS_AT_ONCE or size >= _SIZE_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
