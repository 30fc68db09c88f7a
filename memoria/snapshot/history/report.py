"""Holds what an undo does, or would do, as plain data. docs/commands.md is its contract."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


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
