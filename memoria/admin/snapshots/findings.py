"""What a preview says of single rows, kept for its pages."""

from __future__ import annotations

from collections import Counter

from memoria.models import Finding, Upload
from memoria.snapshot.report import Issue, Report

KEPT = 10_000
"""Findings kept per preview; the figures count all."""


class Findings:
    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._found: list[Finding] = []
        self.counts: Counter[tuple[str, str]] = Counter()

    def take(self, issue: Issue) -> None:
        self._add(Finding(action=issue.kind, line=issue.line, key=issue.key, reason=issue.reason, table=issue.table))

    def _add(self, finding: Finding) -> None:
        self.counts[finding.table, finding.action] += 1
        if len(self._found) < KEPT:
            finding.upload = self._upload
            finding.table = finding.table[:64]
            finding.key = None if finding.key is None else held(finding.key)[:1000]
            finding.reason = held(finding.reason)
            self._found.append(finding)

    def save(self, report: Report) -> None:
        """Replace those of an earlier preview; what the report says of whole tables comes first."""
        Finding.objects.filter(upload=self._upload).delete()
        rows, self._found = self._found, []
        for issue in report.issues:
            if issue.line is None:
                self.take(issue)
        Finding.objects.bulk_create([*self._found, *rows][:KEPT], batch_size=500)


def held(text: str) -> str:
    """Text as any database holds it: without NUL and half surrogate pairs."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
