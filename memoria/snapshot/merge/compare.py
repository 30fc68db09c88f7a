"""Compares a row of the file with the one that the database has under its key, and decides what becomes of it."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from memoria.snapshot.errors import InvalidValue
from memoria.snapshot.merge.actions import Action, waiting
from memoria.snapshot.merge.deferred import Settling
from memoria.snapshot.merge.options import MergeOptions
from memoria.snapshot.merge.stage import MergeStage
from memoria.snapshot.remedy import Remedy
from memoria.snapshot.report import Issue, Report
from memoria.snapshot.rows.difference import differing
from memoria.snapshot.rows.parser_types import facts_of
from memoria.snapshot.schema.facts import Kind, Table, TableFacts
from memoria.snapshot.schema.relations import DEFAULT, MOMENTS, relations
from memoria.snapshot.times import canonical_time
from memoria.snapshot.watch import Watch


@dataclass(slots=True)
class Candidate:
    """A row that is to be compared with that of the same key in the database."""

    number: int
    line: int
    key: Any
    source: str
    target: str
    new_key: Any
    identity: str
    values: list[Any]


class Comparison:
    def __init__(self, options: MergeOptions, settling: Settling, report: Report, watch: Watch) -> None:
        self._options = options
        self._settling = settling
        self._report = report
        self._watch = watch

    def action(self, stage: MergeStage, row: Candidate, held: list[Any]) -> str:
        """What becomes of a row whose key is there; waiting where only references differ."""
        table = stage.table
        if self._options.allow_duplicates and table.has_namespace:
            return self._refuse(table, row, "its key is in the database already")
        if table.has_namespace:
            there = held[table.position["namespace"]]
            if (there or DEFAULT) != row.target:
                place = f"in the database already, in the namespace {there!r}"
                return self._refuse(table, row, f"its key is {place}: {Remedy.NEW_IDS} gives new ids")
        columns = _differences(table, stage.facts, row.values, held, drop_embeddings=self._options.drop_embeddings)
        ids = relations(table.name).json_ids
        hidden = [name for name in ids if name in columns or self._is_renamed(table, row, name)]
        for name in hidden:
            at = table.position[name]
            self._settling.take(row.number, name, row.values[at], held[at])
        certain = [name for name in columns if name not in stage.references and name not in hidden]
        action = self._otherwise(table, row, held)
        if not certain:
            renamed = any(self._is_renamed(table, row, name) for name in stage.renamed)
            return waiting(action) if columns or hidden or renamed else Action.IDENTICAL
        self._differ(table, row, held, certain)
        if action is Action.FAIL:
            reason = f"its key is in the database already, with another {', '.join(certain)}"
            self._refuse(table, row, reason, kind="conflict")
            return Action.DIFFERENT
        return action

    def _is_renamed(self, table: Table, row: Candidate, name: str) -> bool:
        """Whether what a row refers to may have a new id."""
        return self._options.new_ids and row.values[table.position[name]] not in (None, "[]")

    def _otherwise(self, table: Table, row: Candidate, held: list[Any]) -> Action:
        """What becomes of a row that is there with other content."""
        match self._options.on_conflict:
            case "newest":
                return Action.OVERWRITE if _moment(table, row.values) > _moment(table, held) else Action.DIFFERENT
            case "overwrite" | "fail":
                return Action(self._options.on_conflict)
        return Action.DIFFERENT

    def _differ(self, table: Table, row: Candidate, held: list[Any], columns: Sequence[str]) -> None:
        counts = self._report.table(table.name).differing
        for column in columns:
            counts[column] = counts.get(column, 0) + 1
        places = [table.columns.index(table.by_name[column]) for column in columns]
        self._watch.difference(
            table.name, str(row.key), {table.columns[at].name: (held[at], row.values[at]) for at in places}
        )

    def _refuse(self, table: Table, row: Candidate, reason: str, kind: str = "invalid") -> Action:
        issue = Issue(table.name, reason, row.line, str(row.key), kind)
        self._report.add(issue)
        self._watch.issue(issue)
        return Action.INVALID


def _differences(
    table: Table, facts: TableFacts, values: list[Any], held: list[Any], *, drop_embeddings: bool
) -> list[str]:
    """The columns in which a row differs from the one that is there, as the database would hold it.

    The namespace is none of them: by it, that row was found to be the same.
    """
    if values == held:
        return []
    values = list(values)
    for position, column in enumerate(table.columns):
        if column.kind is Kind.FLOAT and values[position] is not None:
            fact = facts_of(facts.columns, column)
            if fact.single_precision:
                values[position] = struct.unpack("<f", struct.pack("<f", values[position]))[0]
            if values[position] == 0 and not fact.holds_negative_zero:
                values[position] = 0.0
    ignored = {"namespace", "embedding"} if drop_embeddings else {"namespace"}
    return [name for name in differing(table, values, held) if name not in ignored]


def _moment(table: Table, values: list[Any]) -> str:
    """When a row was made or last changed."""
    found = [values[i] for i, column in enumerate(table.columns) if column.name in MOMENTS]
    return max(filter(_is_time, found), default="")


def _is_time(value: Any) -> bool:
    """SQLite may hold something else in a column of times."""
    try:
        return isinstance(value, str) and bool(canonical_time(value))
    except InvalidValue:
        return False
