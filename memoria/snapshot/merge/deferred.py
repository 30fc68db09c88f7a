"""Decides rows that wait: their key is there, and whether their references differ is known once all have new ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from memoria.snapshot.merge.actions import ENDS_WAITING, WAITS, Action, becomes, is_
from memoria.snapshot.merge.json_ids import Mentions
from memoria.snapshot.merge.mapping import with_new_ids
from memoria.snapshot.merge.stage import MergeStage
from memoria.snapshot.report import Issue, Report
from memoria.snapshot.rows.difference import same
from memoria.snapshot.schema.facts import Kind, Table
from memoria.snapshot.schema.relations import relations
from memoria.snapshot.stage import Stage, numbered
from memoria.snapshot.watch import Watch

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

_HIDDEN = "memoria_stage_hidden"
_FETCHED_AT_ONCE = 500
_THERE = f"({WAITS} OR {is_(Action.DIFFERENT, Action.OVERWRITE)})"


class Settling:
    """Keeps what differs in JSON columns of ids, in a temporary table: the row, the column, both texts."""

    def __init__(self, sink: Sink, mentions: Mentions) -> None:
        self._sink = sink
        self._mentions = mentions
        texts = {"name": Kind.TEXT, "text": Kind.TEXT, "held": Kind.TEXT}
        self._stage = Stage(sink, _HIDDEN, {"number": Kind.INTEGER, **texts})

    def take(self, number: int, name: str, text: str | None, held: str | None) -> None:
        self._stage.add((number, name, text, held))

    def flush(self) -> None:
        self._stage.write()

    def settle(self, stage: MergeStage, stages: Mapping[str, MergeStage], report: Report, watch: Watch) -> None:
        """Decide the rows of a table that wait for it, and count the columns in which rows differ."""
        if not stage.holds(_THERE):
            return
        for name in stage.references:
            self._reference(stage, name, report, watch)
        for name in relations(stage.table.name).json_ids:
            self._hidden(stage, name, stages, report, watch)
        for _, line, key, _ in stage.where(is_(Action.FAIL)):
            reason = "its key is in the database already, with other references"
            issue = Issue(stage.table.name, reason, line, str(key), "conflict")
            report.add(issue)
            watch.issue(issue)
        stage.update(becomes(Action.DIFFERENT), is_(Action.FAIL))
        stage.update(becomes(Action.IDENTICAL), WAITS)

    def _reference(self, stage: MergeStage, name: str, report: Report, watch: Watch) -> None:
        table, held = stage.table, stage.column(name)
        there = f'FROM "{table.name}" t WHERE t."{table.key.name}" = s.new_key'
        differs = f"EXISTS (SELECT 1 {there} AND NOT ({held} {self._sink.dialect.same} s.c_{name}))"
        numbers = []
        for number, key, old, new in stage.differing(name, held, f"{_THERE} AND {differs}"):
            numbers.append(number)
            watch.difference(table.name, str(key), {name: (old, new)})
        self._count(report, table, name, len(numbers))
        self._differ(stage, numbers)

    def _hidden(
        self, stage: MergeStage, name: str, stages: Mapping[str, MergeStage], report: Report, watch: Watch
    ) -> None:
        numbers = []
        for number, key, held, text in self._texts(stage, name, stages):
            if held is None or text is None or not same(Kind.JSON, held, text):
                numbers.append(number)
                watch.difference(stage.table.name, key, {name: (held, text)})
        self._count(report, stage.table, name, len(numbers))
        self._differ(stage, numbers)

    def _texts(
        self, stage: MergeStage, name: str, stages: Mapping[str, MergeStage]
    ) -> Iterator[tuple[int, str, str | None, str | None]]:
        """(number, key, what is there, what would be written) of rows whose column `name` differs."""
        last = -1
        while found := self._sink.query(
            f"SELECT h.number, s.key, h.held, h.text FROM {_HIDDEN} h JOIN {stage.name} s ON s.number = h.number"
            f" WHERE h.name = '{name}' AND h.number > {last} AND {_THERE} ORDER BY h.number LIMIT {_FETCHED_AT_ONCE}"
        ):
            first, last = found[0][0], found[-1][0]
            new = self._mentions.new(first, last, stages)
            for number, key, held, text in found:
                yield number, key, held, text and with_new_ids(text, new.get(number, {}))

    def _differ(self, stage: MergeStage, numbers: list[int]) -> None:
        for condition in numbered(numbers):
            stage.update(ENDS_WAITING, f"{WAITS} AND {condition}")

    @staticmethod
    def _count(report: Report, table: Table, name: str, rows: int) -> None:
        if rows:
            counts: dict[str, Any] = report.table(table.name).differing
            counts[name] = counts.get(name, 0) + rows
