"""Decides whether a backup is too old, missing or suspicious, so that somebody has to be woken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from memoria.backup.store import catalogue, readings
from memoria.backup.store import sidecar as sidecars
from memoria.backup.store.catalogue import Entry


@dataclass(frozen=True)
class Check:
    is_fine: bool
    sentence: str


@dataclass(frozen=True)
class Freshness:
    """What there is in a folder or destination, and what a monitor is told of it."""

    check: Check
    found: list[Entry]
    """Oldest first, without what a restore kept of what it replaced."""
    read: int
    """How many files were read to their end."""

    @property
    def exit_code(self) -> int:
        return 0 if self.check.is_fine else 1

    @property
    def broken(self) -> list[Entry]:
        return [entry for entry in self.found if entry.state in catalogue.BROKEN]

    @property
    def newest(self) -> dict[str, Entry]:
        """The newest good backup of each database."""
        return {entry.sidecar.database: entry for entry in self.found if entry.sidecar and entry.is_good}

    def as_dict(self) -> dict[str, Any]:
        now = sidecars.now()
        return {
            "report_version": 1,
            "operation": "check",
            "fine": self.check.is_fine,
            "sentence": self.check.sentence,
            "backups": len(self.found),
            "read": self.read,
            "broken": {entry.path.name: entry.state for entry in self.broken},
            "newest": [entry.as_dict(now) for entry in self.newest.values()],
            "exit_code": self.exit_code,
        }


def freshness(text: str, max_age: float, *, share: float = 1.0) -> Freshness:
    """Whether the newest backup of each database in a folder or destination is verified and at most `max_age` seconds
    old, and no backup damaged. Of the files that share is read, by bytes: those first that nobody has read for the
    longest, and at least one, unless it is 0."""
    listed = catalogue.listed(text, read=False)
    found = [entry for entry in listed if not entry.path.name.startswith(catalogue.SAFETY)]
    due = readings.due(found, share) if share < 1 else [entry.path for entry in found]
    seen = {path: catalogue.looked_at(entry) for entry in found if (path := entry.path) in due}
    if share < 1:
        readings.note([entry for entry in seen.values() if entry.state not in catalogue.BROKEN])
    found = [seen.get(entry.path, entry) for entry in found]
    return Freshness(_judged(found, text, max_age), found, len(seen))


def _judged(found: list[Entry], text: str, max_age: float) -> Check:
    if not found:
        return Check(False, f"there is no backup in {text}")
    broken = [entry for entry in found if entry.state in catalogue.BROKEN]
    if broken:
        return Check(False, f"{broken[-1].path}: {broken[-1].state}{_others(len(broken) - 1)}")
    of_database: dict[str, list[Entry]] = {}
    for entry in found:
        of_database.setdefault(entry.sidecar.database if entry.sidecar else "", []).append(entry)
    if len(of_database) > 1:
        of_database.pop("", None)  # without a sidecar nobody knows whose it is
    checks = [_check(entries, text, max_age) for entries in of_database.values()]
    bad = [check for check in checks if not check.is_fine]
    return bad[0] if bad else Check(True, "; ".join(check.sentence for check in checks))


def _check(found: list[Entry], text: str, max_age: float) -> Check:
    newest, good = found[-1], [entry for entry in found if entry.is_good]
    if not good:
        return Check(False, f"{newest.path}: {newest.state}; there is no verified backup of it in {text}")
    if newest is not good[-1]:
        return Check(False, f"the newest backup, {newest.path}, is {newest.state}")
    now, last = sidecars.now(), good[-1]
    assert last.sidecar is not None
    seconds = (now - last.sidecar.moment).total_seconds()
    if seconds < -_AHEAD:
        return Check(False, f"{last.path} says that it was made in the future: one of the clocks is wrong")
    if seconds > max_age:
        return Check(False, f"{last.path} is {age(seconds)} old; allowed are {age(max_age)}")
    verified = "is verified and" if last.state == catalogue.VERIFIED else "was verified when it was made, and is"
    rows = f"{last.sidecar.contents.rows:,} rows"
    return Check(True, f"{last.path} {verified} {age(max(0.0, seconds))} old, {rows}")


_AHEAD = 300
"""Seconds that two machines' clocks may differ."""


def age(seconds: float) -> str:
    """Some time in the largest unit that leaves two digits: "26 h", "3 d"."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 3 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _others(count: int) -> str:
    return f" (and {count} more)" if count else ""
