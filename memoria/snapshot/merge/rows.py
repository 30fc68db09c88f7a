"""The rows of one table as a merge writes them: with the keys, references and ids that its plan gave them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from memoria.snapshot.merge.mapping import with_new_ids
from memoria.snapshot.reading import Numbered
from memoria.snapshot.rehearsal import Row
from memoria.snapshot.rows.decoder import RowDecoder
from memoria.snapshot.schema.facts import Table
from memoria.snapshot.schema.relations import MEMORIES, relations

if TYPE_CHECKING:
    from memoria.snapshot.merge.plan import MergePlan


class MergedRows:
    """Decisions are fetched some thousands at a time, between two statements."""

    def __init__(self, plan: MergePlan, table: Table, decoder: RowDecoder) -> None:
        self._table = table
        self._decoder = decoder
        self._stage = plan.stages[table.name]
        self._drop_embeddings = plan.options.drop_embeddings and table.name in MEMORIES
        names = [self._stage.table.key.name, *self._stage.references]
        self._positions = [table.position[name] for name in names]
        self._namespace = table.position["namespace"] if table.has_namespace else None
        self._hidden = [table.position[name] for name in relations(table.name).json_ids]
        self._new_ids = partial(plan.mentions.new, stages=plan.stages)
        self._is_renamed = bool(self._hidden) and plan.mentions.may_change(plan.stages)
        self._page: list[tuple[Any, ...]] = []
        self._new: dict[int, dict[str, str]] = {}
        self._last = -1
        self._at = 0

    def parts(self, run: Iterator[Numbered]) -> Iterator[Iterator[Row]]:
        """The rows to write of those of the file, in parts: nothing is asked of the database within one."""
        for first in run:
            rest: Iterator[Numbered] = chain([first], run)
            if self._at >= len(self._page):
                self._fetch()
            if not self._page:
                for _ in rest:  # nothing more of this table is written, but the file is read to its end
                    pass
                break
            yield self._rows(rest)

    def _fetch(self) -> None:
        self._page = self._stage.decided(self._last)
        self._at = 0
        if self._page and self._is_renamed:
            first, last = self._page[0][0], self._page[-1][0]
            self._new = self._new_ids(first, last)
        if self._page:
            self._last = self._page[-1][0]

    def _rows(self, run: Iterable[Numbered]) -> Iterator[Row]:
        """The rows to write as they go in, up to the last that was fetched."""
        page, at = self._page, self._at
        try:
            for number, row in run:
                while at < len(page) and page[at][0] < number:
                    at += 1
                if at < len(page) and page[at][0] == number:
                    yield Row(number, row, self._decided(number, self._decoder.decode(row.data), page[at]))
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
