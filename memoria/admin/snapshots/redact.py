"""What an error says where everybody reads it: no key and no value of a row, which not everybody may view."""

from __future__ import annotations

import re

from memoria.snapshot.errors import InvalidRows, RowRefused, SnapshotError, UndoRefused
from memoria.text import counted

_OF_TABLES = ("missing", "unknown", "unwritable")
"""Kinds of issues that name a table of the file, and none of its rows."""
_EXAMPLE = re.compile(r"""(, | \()such as (\w+ )?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[\w.-]+)\)?""")


def without_rows(error: SnapshotError) -> str:
    """The error with counts in the place of rows; the rows are among the findings, for whoever may view their table."""
    match error:
        case UndoRefused():
            count = sum(counts.changed for counts in error.report.tables.values())
            hint = "--force takes them back all the same"
            return (
                f"{counted(count, 'row')} changed since import {error.report.import_id} (nothing was changed; {hint})"
            )
        case InvalidRows():
            return _invalid(error)
        case RowRefused():
            return "the database refused a row that breaks one of its constraints; nothing was changed"
    return _EXAMPLE.sub("", str(error))


def _invalid(error: InvalidRows) -> str:
    report = error.report
    for issue in report.issues:
        if issue.kind in _OF_TABLES and issue.line is None and issue.key is None:
            return _EXAMPLE.sub("", str(error))
    hint = "" if any(issue.kind != "invalid" for issue in report.issues) else "; such rows can be left out on request"
    return f"{counted(report.issue_count, 'row')} cannot be imported like this (nothing was changed{hint})"
