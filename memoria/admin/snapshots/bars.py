"""A preview's figures as rows of a table, each with a bar drawn on the server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MERGE = {
    name: name.replace("_", " ")
    for name in ("insert", "overwrite", "identical", "duplicate", "different", "left_out", "invalid")
}
_REPLACE = {"inserted": "insert", "skipped": "invalid"}
"""What becomes of the file's rows: the field of the report, and its word, which is that of the commands."""
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


def grid(report: dict[str, Any]) -> list[Line]:
    """A line for each table that the file has rows for, or that loses some."""
    if report["operation"] == "merge":
        return _summed(report["merge"], "table")
    return _lines({n: c for n, c in report["tables"].items() if c["rows"] or c["deleted"]}, _REPLACE)


def by_namespace(report: dict[str, Any]) -> list[Line]:
    """A line for each way from a namespace to another."""
    return _summed([part for part in report.get("merge", ()) if part["source"]], "source", "target")[:LINES]


def _summed(parts: Sequence[dict[str, Any]], *keys: str) -> list[Line]:
    sums: dict[str, Counter[str]] = {}
    for part in parts:
        counts = sums.setdefault(" → ".join(part[key] for key in keys), Counter())
        counts.update({action: part[action] for action in _MERGE})
        counts["rows"] += part["rows"]
    return _lines(sums, _MERGE)


def _lines(tables: Mapping[str, Mapping[str, int]], words: Mapping[str, str]) -> list[Line]:
    """Of what becomes of no row there is no column: the others need the room."""
    used = [action for action in words if any(counts[action] for counts in tables.values())]
    return [
        Line(name, counts["rows"], _parts(counts, used, words), counts.get("deleted", 0))
        for name, counts in tables.items()
    ]


def _parts(counts: Mapping[str, int], actions: Sequence[str], words: Mapping[str, str]) -> list[Part]:
    parts, x = [], 0.0
    for action in actions:
        width = 100 * counts[action] / (counts["rows"] or 1)
        parts.append(Part(action, words[action], counts[action], round(x, 3), round(width, 3)))
        x += width
    return parts
