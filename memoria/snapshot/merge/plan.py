"""Decides what a merge does with each row, before anything is written.

Each row is validated, sent to its namespace and staged. Rows whose key is in the database are fetched from there, some
hundreds at a time, and compared. What only the whole file can tell is decided at the end, by set operations.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from memoria.snapshot.errors import InvalidValue
from memoria.snapshot.formats.reader import RawRow
from memoria.snapshot.merge.actions import OUTCOMES, Action, is_
from memoria.snapshot.merge.compare import Candidate, Comparison
from memoria.snapshot.merge.deferred import Settling
from memoria.snapshot.merge.json_ids import Mentions
from memoria.snapshot.merge.mapping import new_id
from memoria.snapshot.merge.options import MergeOptions
from memoria.snapshot.merge.resolve import Decisions, identity_of
from memoria.snapshot.merge.stage import MergeStage
from memoria.snapshot.report import Issue, MergeReport, Report
from memoria.snapshot.rows.decoder import decoders
from memoria.snapshot.rows.values import not_json
from memoria.snapshot.schema.facts import Kind, Table, TableFacts
from memoria.snapshot.schema.relations import DEFAULT, IDENTITY, MEMORIES
from memoria.snapshot.watch import Watch

if TYPE_CHECKING:
    from memoria.snapshot.database import Sink

_COMPARED_AT_ONCE = 500
_COMPARED_SIZE = 4 << 20
"""Bytes of rows that wait to be compared."""
_DIMENSIONS_SEEN = 100
"""Embeddings of each namespace that are looked at."""
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class MergePlan:
    """Takes every row of the file in its order, then decides. `report` holds the outcome, the stages the actions."""

    def __init__(
        self,
        sink: Sink,
        tables: Sequence[Table],
        facts: dict[str, TableFacts],
        options: MergeOptions,
        report: Report,
        watch: Watch,
        lock: Callable[[str], None],
    ) -> None:
        """`lock` is told the name of a table before its rows are first looked at."""
        self._watch = watch
        self._lock = lock
        self.facts = facts
        self.options = options
        self.report = report
        self.decoders = decoders(tables, facts, ignore_unknown=options.ignore_unknown, validate=options.validate)
        self.stages: dict[str, MergeStage] = {}
        self.digest = ""
        """The reader's digest of the file that was planned."""
        self.parents_first = True
        self.dimensions: dict[str, set[int]] = {}
        """Target namespace -> lengths of the file's embeddings."""
        self.before: dict[str, int] = {}
        """Rows of each table when the plan was made."""
        self.sources: set[str] = set()
        self._order = {table.name: position for position, table in enumerate(tables)}
        self._last = 0
        self._sink = sink
        self._tables = {table.name: table for table in tables}
        self._waiting: dict[str, list[Candidate]] = {}
        self._size = 0
        self._holds_rows: dict[str, bool] = {}
        self._undecoded: Counter[tuple[str, str, str]] = Counter()
        self._dimensions_seen: Counter[str] = Counter()
        self.mentions = Mentions(sink, facts, new_ids=options.new_ids)
        self._settling = Settling(sink, self.mentions)
        self._comparison = Comparison(options, self._settling, report, watch)

    def take(self, number: int, row: RawRow) -> None:
        table = self._tables[row.table]
        position = self._order[row.table]
        self.parents_first = self.parents_first and position >= self._last
        self._last = position
        if row.table not in self.facts:
            return
        try:
            values = self.decoders[row.table].decode(row.data)
        except InvalidValue as error:
            kind = "invalid" if error.unknown is None else "unknown"
            self._refuse(row, error.reason, self.decoders[row.table].key(row.data), kind)
            return
        if values[table.position[table.key.name]] is None:
            self._refuse(row, f"{table.key.name} is null, and may not be", None)
            return
        self._wait(number, row, table, values)

    def pass_by(self, number: int, row: RawRow) -> None:
        if reason := not_json(row.data):
            self.add(Issue(row.table, reason, row.line, kind="unknown"))

    def decide(
        self, carried: Sequence[Table], rehearse: Callable[[Sequence[Table]], Mapping[str, Sequence[int]]]
    ) -> None:
        """The action of every row, and the counts of them.

        `rehearse` is given the tables that the target has, adds issues of rows and returns their numbers.
        """
        for table in carried:
            if table.name in self.facts:
                self._compare(table)
                self._stage(table).flush()
                self.before[table.name] = self._sink.count(table.name)
        self.mentions.flush()
        self._settling.flush()
        self.options.namespaces.require_used(sorted(self.sources))
        present = [table for table in carried if table.name in self.facts]
        decisions = Decisions(
            self._sink,
            {table.name: self.stages[table.name] for table in present},
            self.facts,
            self._settling,
            self.report,
            self._watch,
        )
        decisions.make(detect=not self.options.allow_duplicates, on_conflict=self.options.on_conflict)
        if refused := rehearse(present):
            decisions.leave(refused)
        for table in carried:
            self._count(table)

    def _wait(self, number: int, row: RawRow, table: Table, values: list[Any]) -> None:
        source = target = ""
        if table.has_namespace:
            at = table.position["namespace"]
            source = values[at] or DEFAULT
            target = values[at] = self.options.namespaces.target(source)
            self.sources.add(source)
        self._look_at_embedding(table, values, target)
        at = table.position[table.key.name]
        key = values[at]
        if self.options.new_ids and table.has_namespace and table.key.kind is Kind.TEXT:
            values[at] = new_id(target, key)
        if reason := self._too_long(table, values):
            self._refuse(row, reason, str(key))
            return
        self.mentions.take(number, table, values, target)
        identity = self._identity(table, values, target)
        waiting = self._waiting.setdefault(table.name, [])
        waiting.append(Candidate(number, row.line, key, source, target, values[at], identity, values))
        self._size += len(row.data)
        if len(waiting) >= _COMPARED_AT_ONCE or self._size >= _COMPARED_SIZE:
            self._compare(table)

    def _too_long(self, table: Table, values: list[Any]) -> str:
        """Why what a row is given, a namespace and with new ids a key, does not fit its columns, if so."""
        given = ["namespace", *([table.key.name] if self.options.new_ids else [])] if table.has_namespace else []
        columns = self.facts[table.name].columns
        for name in given:
            limit, value = columns[name].max_length if name in columns else None, values[table.position[name]]
            if limit is not None and isinstance(value, str) and len(value) > limit:
                return f"{name} {value!r}, which it gets, is longer than the {limit} characters that its column holds"
        return ""

    def _identity(self, table: Table, values: list[Any], target: str) -> str:
        """By what a row is known beside its key."""
        if table.name in MEMORIES and not self.options.allow_duplicates:
            return _md5(identity_of([target, *(values[table.position[name]] for name in IDENTITY)]))
        if table.name in MEMORIES:
            return ""
        at = table.position[table.key.name]
        return _md5(repr([value for position, value in enumerate(values) if position != at]))

    def _look_at_embedding(self, table: Table, values: list[Any], target: str) -> None:
        if table.name not in MEMORIES:
            return
        at = table.position["embedding"]
        if self.options.drop_embeddings:
            values[at] = None
        elif values[at] is not None and self._dimensions_seen[target] < _DIMENSIONS_SEEN:
            self._dimensions_seen[target] += 1
            if values[at].startswith("["):
                self.dimensions.setdefault(target, set()).add(values[at].count(",") + 1)

    def _compare(self, table: Table) -> None:
        """Stage the rows that wait, each with its action if its key is in the database already."""
        stage = self._stage(table)
        waiting = self._waiting.pop(table.name, [])
        self._size = 0
        held: dict[Any, list[Any]] = {}
        if waiting and table.key.kind is Kind.TEXT and self._has_rows(table):
            held = self._sink.stored(table, self.facts[table.name], [row.new_key for row in waiting])
        for row in waiting:
            action = self._comparison.action(stage, row, held[row.new_key]) if row.new_key in held else Action.UNDECIDED
            fixed = (row.number, row.line, row.key, row.source, row.target, str(action), row.new_key, row.identity)
            stage.take(fixed, row.values)

    def _has_rows(self, table: Table) -> bool:
        if table.name not in self._holds_rows:
            self._holds_rows[table.name] = bool(self._sink.query(f'SELECT 1 FROM "{table.name}" LIMIT 1'))
        return self._holds_rows[table.name]

    def _stage(self, table: Table) -> MergeStage:
        if table.name not in self.stages:
            self._lock(table.name)
            referring = (reference for facts in self.facts.values() for reference in facts.references)
            referred_to = {reference.target_column for reference in referring if reference.target == table.name}
            self.stages[table.name] = MergeStage(
                self._sink, table, self.facts[table.name], referred_to, new_ids=self.options.new_ids
            )
        return self.stages[table.name]

    def _refuse(self, row: RawRow, reason: str, key: str | None, kind: str = "invalid") -> None:
        """A row that could not be decoded; where it would have gone can often be told all the same."""
        self.add(Issue(row.table, reason, row.line, key, kind))
        source = target = ""
        if self._tables[row.table].has_namespace:
            source = _namespace(row.data) or DEFAULT
            target = self.options.namespaces.target(source)
            self.sources.add(source)
        self._undecoded[row.table, source, target] += 1

    def add(self, issue: Issue) -> None:
        self.report.add(issue)
        self._watch.issue(issue)

    def show(self) -> None:
        """Tell the watch of every row what becomes of it."""
        for name, stage in self.stages.items():
            for action in OUTCOMES[:-1]:  # what is invalid is an issue
                self._watch.rows(name, str(action), ((row[1], row[2]) for row in stage.where(is_(action))))

    def _count(self, table: Table) -> None:
        """Rows by where they come from, where they go and what becomes of them."""
        parts: dict[tuple[str, str], MergeReport] = {}
        stage = self.stages.get(table.name)
        found = stage.counts() if stage else []
        found += [(s, t, Action.INVALID, rows) for (name, s, t), rows in self._undecoded.items() if name == table.name]
        for source, target, action, rows in sorted(found):
            part = parts.setdefault((source, target), MergeReport(table.name, source, target))
            setattr(part, action, getattr(part, action) + rows)
            part.rows += rows
        self.report.merge += parts.values()
        counts = self.report.table(table.name)
        counts.inserted = sum(part.insert for part in parts.values())
        counts.overwritten = sum(part.overwrite for part in parts.values())
        counts.skipped = counts.rows - counts.inserted - counts.overwritten


def _namespace(data: bytes) -> str:
    try:
        name = msgspec.json.decode(_members(data).get("namespace", b'""'))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return name if isinstance(name, str) else ""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
