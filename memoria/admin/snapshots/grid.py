"""A preview's figures as rows of a table, each with a bar drawn on the server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ACTIONS = (("inserted", "inserted"), ("skipped", "left out"))
"""What becomes of the file's rows: the field of the report, and its word."""


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
    table: str
    rows: int
    parts: list[Part]
    deleted: int

    @property
    def spoken(self) -> str:
        """The bar in words."""
        return ", ".join(f"{part.rows:,} {part.label}" for part in self.parts if part.rows) or "no rows"


def grid(report: dict[str, Any]) -> list[Line]:
    """A line for each table that the file has rows for, or that loses some."""
    return list(_lines(report))


def _lines(report: dict[str, Any]) -> Iterator[Line]:
    for name, counts in report["tables"].items():
        if counts["rows"] or counts["deleted"]:
            yield Line(name, counts["rows"], _parts(counts), counts["deleted"])


def _parts(counts: dict[str, Any]) -> list[Part]:
    whole = counts["rows"] or 1
    parts, x = [], 0.0
    for field, label in ACTIONS:
        width = 100 * counts[field] / whole
        parts.append(Part(field, label, counts[field], round(x, 3), round(width, 3)))
        x += width
    return parts
