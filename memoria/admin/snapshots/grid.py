"""A preview's figures as rows of a table, each with a bar drawn on the server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MERGE = (
    ("insert", "new"),
    ("overwrite", "overwritten"),
    ("identical", "identical"),
    ("duplicate", "duplicate"),
    ("different", "different, kept"),
    ("left_out", "leads nowhere"),
    ("invalid", "invalid"),
)
_REPLACE = (("inserted", "inserted"), ("skipped", "invalid, left out"))
"""What becomes of the file's rows: the field of the report, and its word."""
LINES = 500
"""Lines of a table of figures; what is beyond is in the report."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar, in percent of its width."""

    action: str
    label: str
    rows: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    rows: int
    parts: list[Part]
    deleted: int = 0

    @property
    def spoken(self) -> str:
        """The bar in words."""
        return ", ".join(f"{part.rows:,} {part.label}" for part in self.parts if part.rows) or "no rows"


def grid(report: dict[str, Any]) -> list[Line]:
    """A line for each table that the file has rows for, or that loses some."""
    if report["operation"] != "merge":
        return [
            Line(name, counts["rows"], _parts(counts, counts["rows"], _REPLACE), counts["deleted"])
            for name, counts in report["tables"].items()
            if counts["rows"] or counts["deleted"]
        ]
    return _summed(report["merge"], "table")


def by_namespace(report: dict[str, Any]) -> list[Line]:
    """A line for each way from a namespace to another."""
    return _summed([part for part in report.get("merge", ()) if part["source"]], "source", "target")[:LINES]


def _summed(parts: Sequence[dict[str, Any]], *keys: str) -> list[Line]:
    sums: dict[str, Counter[str]] = {}
    for part in parts:
        counts = sums.setdefault(" → ".join(part[key] for key in keys), Counter())
        counts.update({action: part[action] for action, _ in _MERGE})
        counts["rows"] += part["rows"]
    return [Line(name, counts["rows"], _parts(counts, counts["rows"], _MERGE)) for name, counts in sums.items()]


def _parts(counts: Mapping[str, int], rows: int, actions: Sequence[tuple[str, str]]) -> list[Part]:
    parts, x = [], 0.0
    for action, label in actions:
        width = 100 * counts[action] / (rows or 1)
        parts.append(Part(action, label, counts[action], round(x, 3), round(width, 3)))
        x += width
    return parts
