"""Holds what a run did, as plain data. The doors render it; docs/commands.md is its contract."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from memoria.text import readable

ISSUES_SHOWN = 100
TWICE = "its key stands in another row already"
"""Of a row that no snapshot can hold."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One reason why a row cannot be moved: where (line of the file, table, key), what, and how to get past it."""

    table: str
    reason: str
    line: int | None = None
    key: str | None = None
    kind: str = "invalid"
    """`invalid` rows can be left out on request; the other kinds concern more than a row."""

    @property
    def is_of_table(self) -> bool:
        """Whether it tells of a table of the file, and of none of its rows."""
        return self.kind in ("missing", "unknown", "unwritable") and self.line is None and self.key is None

    def sentence(self, place: str) -> str:
        line = f" line {self.line}" if self.line else ""
        key = "" if self.key is None else f" {self.key!r}"
        return f"{place}{line}, {self.table}{key}: {self.reason}."


@dataclass(slots=True)
class TableReport:
    """Counts of rows. For an import `rows` = `inserted` + `skipped`; `deleted` are rows of the target."""

    rows: int = 0
    inserted: int = 0
    deleted: int = 0
    skipped: int = 0
    seconds: float = 0.0
    defaulted: dict[str, int] = field(default_factory=dict)
    """Column -> rows that lacked it and took the model's default."""
    nulled: dict[str, int] = field(default_factory=dict)
    """Column -> references set to NULL because their target is neither in the file nor in the database."""
    rounded: dict[str, int] = field(default_factory=dict)
    """Column -> values rounded because the target's column has 4-byte floats."""
    ignored: dict[str, int] = field(default_factory=dict)
    """Unknown column -> rows whose value was left out on request."""
    overwritten: int = 0
    """Rows of the target that a merge replaces, in their place; `rows` = `inserted` + `overwritten` + `skipped`."""
    differing: dict[str, int] = field(default_factory=dict)
    """Column -> rows of a merge whose key is there with another value in it."""


@dataclass(slots=True)
class MergeReport:
    """What a merge does with the rows of a table that go from one namespace to another; the numbers add up to `rows`.

    `source` and `target` are empty where the rows of a table have no namespace.
    """

    table: str
    source: str
    target: str
    rows: int = 0
    insert: int = 0
    overwrite: int = 0
    identical: int = 0
    """There already, with the same content."""
    duplicate: int = 0
    """The same in the file or the database, under another key."""
    different: int = 0
    """There already with other content, and left as it is."""
    left_out: int = 0
    """Leads nowhere: a memory of an edge, or the memory or the cluster of a member, is not there."""
    invalid: int = 0


@dataclass(slots=True)
class FileReport:
    name: str
    size: int = 0
    sha256: str = ""
    layout: str = "1"
    format: str = ""
    compression: str = ""
    exported_at: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    table: str
    count: int
    column: str = ""
    """Where values of one column are counted, and not rows."""
    crossing: str = ""
    """Where only what leads to other memories is counted: to which."""

    @property
    def name(self) -> str:
        """As the header of a snapshot and a report have it."""
        place = f"{self.table}.{self.column}" if self.column else self.table
        kept = ", kept" if self.column and self.crossing else ""
        return readable(f"{place} {self.crossing}{kept}" if self.crossing else place)


@dataclass(slots=True)
class Report:
    operation: str
    database: str
    file: FileReport
    dry_run: bool = False
    refused: bool = False
    """Whether the run stopped because of the issues; then nothing was written."""
    tables: dict[str, TableReport] = field(default_factory=dict)
    omissions: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    issue_count: int = 0
    issue_kinds: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    merge: list[MergeReport] = field(default_factory=list)
    """What a merge does, in the order of tables and namespaces."""
    import_id: int | None = None
    """What `undo-import` knows the import by."""

    def add(self, issue: Issue) -> None:
        """Count an issue; keep the first ISSUES_SHOWN, and the first of each kind."""
        first_of_kind = issue.kind not in self.issue_kinds
        self.issue_count += 1
        self.issue_kinds[issue.kind] = self.issue_kinds.get(issue.kind, 0) + 1
        if first_of_kind or len(self.issues) < ISSUES_SHOWN:
            self.issues.append(issue)

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def table(self, name: str) -> TableReport:
        return self.tables.setdefault(name, TableReport())

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    @property
    def skipped(self) -> int:
        return sum(table.skipped for table in self.tables.values())

    @property
    def exit_code(self) -> int:
        """0 done, 1 refused, 3 done with rows or values left out on request."""
        if self.refused:
            return 1
        ignored = any(table.ignored for table in self.tables.values())
        # What a merge skips is there already, or leads nowhere: only invalid rows are left out on request.
        skipped = sum(part.invalid for part in self.merge) if self.operation == "merge" else self.skipped
        return 3 if skipped or ignored else 0

    @property
    def left_out(self) -> dict[str, int]:
        """The omissions as the header of a snapshot has them."""
        return {one.name: one.count for one in self.omissions}

    def as_dict(self) -> dict[str, Any]:
        fields = {"left_out" if name == "omissions" else name: value for name, value in asdict(self).items()}
        figures = {"left_out": self.left_out, "rows": self.rows, "exit_code": self.exit_code}
        return {"report_version": 1, **fields, **figures}


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row that is no longer what the import left, or that would be left alone without those that it belongs to."""

    table: str
    key: str
    reason: str


@dataclass(slots=True)
class TableUndo:
    """Rows of one table."""

    delete: int = 0
    restore: int = 0
    """Put back in the place of a row that is there, or of one that is gone."""
    changed: int = 0
    """Changed since the import."""


@dataclass(slots=True)
class UndoReport:
    import_id: int
    database: str
    kind: str = ""
    file_name: str = ""
    finished_at: str = ""
    dry_run: bool = False
    refused: bool = False
    tables: dict[str, TableUndo] = field(default_factory=dict)
    changed: list[ChangedRow] = field(default_factory=list)
    """The first of the rows that were changed since."""
    seconds: float = 0.0
    operation: str = "undo"

    @property
    def exit_code(self) -> int:
        return 1 if self.refused else 0

    def as_dict(self) -> dict[str, Any]:
        return {"report_version": 1, **asdict(self), "exit_code": self.exit_code}
