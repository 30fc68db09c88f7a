"""Keeps what a preview says of single rows, for its pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from memoria.models import Finding, Upload
from memoria.snapshot.report import Issue, Report
from memoria.snapshot.watch import Watch

KEPT = 1000
"""Rows kept of each table and action; the figures count all."""
_SHOWN = 160
"""Characters of a value that are kept, from a little before the first that differs."""
_BEFORE = 30
_WORDS = {
    "insert": "not there yet",
    "identical": "there already, with the same content",
    "duplicate": "there already, under this or another key",
    "different": "there already with other content, and would be left as it is",
    "overwrite": "there already with other content, and would be replaced",
    "left_out": "leads nowhere: what it belongs to is not there",
}

AFTERWARDS = {
    "insert": "was not there",
    "identical": "was there, with the same content",
    "duplicate": "was there, under this or another key",
    "different": "was there with other content, and was left as it is",
    "overwrite": "was there with other content, and was replaced",
    "left_out": "led nowhere: what it belongs to was not there",
}
"""The same when the preview is applied."""


class Findings(Watch):
    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._found: list[Finding] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        self._differences: dict[tuple[str, str], Mapping[str, tuple[Any, Any]]] = {}

    def issue(self, issue: Issue) -> None:
        self._add(issue.table, issue.kind, issue.line, issue.key, issue.reason)

    def difference(self, table: str, key: str, columns: Mapping[str, tuple[Any, Any]]) -> None:
        if len(self._differences) < 2 * KEPT:
            known = self._differences.get((table, key), {})
            self._differences[table, key] = {**known, **{name: excerpts(*pair) for name, pair in columns.items()}}

    def rows(self, table: str, action: str, rows: Iterator[tuple[int, Any]]) -> None:
        for line, key in islice(rows, KEPT):
            self._add(table, action, line, str(key), _WORDS[action], self._differences.get((table, str(key))))

    def save(self, report: Report) -> None:
        """Replace those of an earlier preview; what the report says of whole tables is among them."""
        for issue in report.issues:
            if issue.line is None:
                self.issue(issue)
        Finding.objects.filter(upload=self._upload).delete()
        Finding.objects.bulk_create(self._found, batch_size=500)

    def _add(
        self,
        table: str,
        action: str,
        line: int | None,
        key: str | None,
        reason: str,
        columns: Mapping[str, tuple[Any, Any]] | None = None,
    ) -> None:
        table = held(table)[:64]
        self._counts[table, action] += 1
        # No memory for what is never shown, also where a file names a table per row.
        if self._counts[table, action] > KEPT or len(self._found) >= 50 * KEPT or len(self._counts) > KEPT:
            return
        self._found.append(
            Finding(
                upload=self._upload,
                table=table,
                action=action,
                line=line,
                key=None if key is None else held(key)[:300],
                reason=held(reason)[:1000],
                old=columns and {name: old for name, (old, _) in columns.items()},
                new=columns and {name: new for name, (_, new) in columns.items()},
            )
        )


def excerpts(old: Any, new: Any) -> tuple[Any, Any]:
    """Two values, of long texts the part in which they begin to differ."""
    if not (isinstance(old, str) and isinstance(new, str)):
        return _short(old, 0), _short(new, 0)
    common = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return _short(old, common - _BEFORE), _short(new, common - _BEFORE)


def _short(value: Any, start: int) -> Any:
    if not isinstance(value, str) or len(value) <= _SHOWN:
        return value
    start = max(0, min(start, len(value) - _SHOWN))
    cut = value[start : start + _SHOWN]
    return ("…" if start else "") + cut + ("…" if start + _SHOWN < len(value) else "")


def held(text: str) -> str:
    """Text as any database holds it: without NUL and half surrogate pairs."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
