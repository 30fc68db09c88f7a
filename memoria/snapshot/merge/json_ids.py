"""Ids of memories inside JSON columns: which rows mention them, and what becomes of them when ids change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from memoria.snapshot.merge.mapping import ids_in, new_id
from memoria.snapshot.merge.stage import MergeStage
from memoria.snapshot.schema.facts import Kind, Table, TableFacts
from memoria.snapshot.schema.relations import MEMORIES, relations
from memoria.snapshot.stage import Stage

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

_NAME = "memoria_stage_mentions"


class Mentions:
    """A temporary table: the number of the row that mentions, the id, and the new id that it would have there."""

    def __init__(self, sink: Sink, facts: Mapping[str, TableFacts], *, new_ids: bool) -> None:
        self._sink = sink
        self._there = [name for name in MEMORIES if name in facts]
        self._new_ids = new_ids
        self._stage = Stage(sink, _NAME, {"number": Kind.INTEGER, "id": Kind.TEXT, "new_id": Kind.TEXT})

    def take(self, number: int, table: Table, values: list[Any], target: str) -> None:
        for name in relations(table.name).json_ids:
            text = values[table.position[name]]
            if text is not None and text != "[]":
                for old in ids_in(text):
                    self._stage.add((number, old, new_id(target, old) if self._new_ids else None))

    def flush(self) -> None:
        self._stage.write()
        self._stage.index("number")

    def may_change(self, stages: Mapping[str, MergeStage]) -> bool:
        """Whether any id is another one afterwards."""
        memories = [stages[name] for name in MEMORIES if name in stages]
        return self._new_ids or any(stage.holds("s.new_key <> s.key") for stage in memories)

    def new(self, first: int, last: int, stages: Mapping[str, MergeStage]) -> dict[int, dict[str, str]]:
        """Number of a row -> old id -> new one, for the rows from `first` to `last`.

        A memory of the file is meant before one that an earlier import with new ids brought.
        """
        found: dict[int, dict[str, str]] = {}
        between = f"m.number BETWEEN {first} AND {last}"
        if self._new_ids:
            for table in reversed(self._there):
                self._note(
                    found,
                    f'SELECT m.number, m.id, m.new_id FROM {_NAME} m JOIN "{table}" t ON t.memory_id = m.new_id'
                    f" WHERE {between}",
                )
        for stage in reversed([stages[name] for name in MEMORIES if name in stages]):
            self._note(
                found,
                f"SELECT m.number, m.id, s.new_key FROM {_NAME} m JOIN {stage.name} s ON s.key = m.id WHERE {between}",
            )
        return found

    def _note(self, found: dict[int, dict[str, str]], sql: str) -> None:
        """What is noted last is meant."""
        for number, old, new in self._sink.query(sql):
            found.setdefault(number, {})[old] = new
