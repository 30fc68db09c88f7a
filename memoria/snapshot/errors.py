"""The errors of the engine. Each message is a sentence that names the place, the problem and the way out.

SnapshotError           exit code 1: refused or failed, nothing changed
├── InvalidSnapshot     the file is not one whole snapshot
│   └── EditedSnapshot  whole, but not as it was exported
├── InvalidRows         rows that the snapshot or the target cannot hold; carries the report
├── UndoRefused         rows that an import left were changed since; carries the report
├── FileFailure         the operating system refused to read or write a file
├── DatabaseFailure     the database refused, or is not what the engine needs
│   ├── NotCreated      the database, or its tables, are not there yet
│   ├── WriteCancelled  the database left rows as they were, and said nothing of it
│   ├── RowRefused      a row breaks one of the database's constraints, or one of its triggers says so
│   │   └── ReferenceRefused  what it refers to is not there
│   └── DatabaseBusy    exit code 4: another run holds the lock
└── Declined            the user answered no

WrongMap (mapping.py), UnknownNamespace (selection.py) and UnknownDatabase (databases.py) are wrong arguments: exit
code 2.

InvalidValue            one value of one row; the plan turns it into an issue, so it never leaves the engine
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from memoria.snapshot.remedy import Remedy

if TYPE_CHECKING:
    from memoria.snapshot.report import Report, UndoReport


class SnapshotError(Exception):
    exit_code = 1

    def __init__(self, message: str, *, without_rows: str = "") -> None:
        """`without_rows`: the same for whoever may not see the rows of which `message` names one or quotes a value."""
        super().__init__(message)
        self.without_rows = without_rows or message


class InvalidSnapshot(SnapshotError):
    pass


class EditedSnapshot(InvalidSnapshot):
    pass


class InvalidRows(SnapshotError):
    def __init__(self, message: str, report: Report, *, counted: str = "", without_rows: str = "") -> None:
        """`counted` says without the first of several rows what `message` says with it."""
        super().__init__(message, without_rows=without_rows)
        self.report = report
        self.counted = counted


class UndoRefused(SnapshotError):
    def __init__(self, message: str, report: UndoReport, *, without_rows: str) -> None:
        super().__init__(message, without_rows=without_rows)
        self.report = report


class FileFailure(SnapshotError):
    @classmethod
    def of(cls, action: str, name: str, error: OSError) -> Self:
        """The operating system's refusal to read or write (`action`) the file as a sentence."""
        reason = {
            errno.ENOENT: "no such file",
            errno.EISDIR: "it is a directory",
            errno.EACCES: "permission denied",
            errno.ENOSPC: "no space left on the device; free some, or name another folder",
            errno.EDQUOT: "the disk quota is used up",
            errno.EFBIG: "the file would be larger than the system allows (ulimit -f)",
        }.get(error.errno or 0, (error.strerror or str(error)).lower())
        return cls(f"cannot {action} {name}: {reason}")


class DatabaseFailure(SnapshotError):
    pass


class NotCreated(DatabaseFailure):
    def __init__(self, problem: str, what: str) -> None:
        """`what` is to be created: "it", "them"."""
        super().__init__(f"{problem}: create {what} with {Remedy.CREATE_DATABASE}")


class WriteCancelled(DatabaseFailure):
    """What a trigger does that returns NULL, a rule that says INSTEAD, or RAISE(IGNORE)."""

    def __init__(self, table: str, verb: str, done: int, wanted: int, triggers: Sequence[str]) -> None:
        """`verb`: what became of `done` of the `wanted` rows, such as "deleted". `triggers`: those of the table."""
        self.done = done
        which = {0: "a trigger or a rule", 1: f"the trigger {', '.join(triggers)}"}
        probably = which.get(len(triggers), f"one of the triggers {', '.join(triggers)}")
        super().__init__(
            f"{table}: only {done:,} of {wanted:,} rows would be {verb}: {probably} cancels the others, it seems;"
            " disable it first; nothing was changed"
        )


class RowRefused(DatabaseFailure):
    def __init__(self, database: str, reason: str, detail: str = "") -> None:
        """`reason`: the database's own words."""
        super().__init__(
            f"{database}: {reason}{detail}",
            without_rows="the database refused a row that breaks one of its constraints; nothing was changed",
        )
        self.reason = reason


class ReferenceRefused(RowRefused):
    """A foreign key."""


class DatabaseBusy(DatabaseFailure):
    exit_code = 4


class Declined(SnapshotError):
    pass


class InvalidValue(ValueError):
    """`reason` completes the sentence "<table> <key>: ..."; `unknown` names a column that the table does not have."""

    def __init__(self, reason: str, *, unknown: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unknown = unknown
