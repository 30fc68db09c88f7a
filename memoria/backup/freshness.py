"""Decides whether a backup is too old, missing or suspicious, so that somebody has to be woken."""

from __future__ import annotations

from dataclasses import dataclass

from memoria.backup.store import catalogue
from memoria.backup.store import sidecar as sidecars


@dataclass(frozen=True)
class Check:
    is_fine: bool
    sentence: str


def check(text: str, max_age: float, *, read: bool = True) -> Check:
    """Whether the newest backup of each database in a folder or destination is verified and at most `max_age` seconds
    old, and no backup damaged; without `read` no file is looked into. What a restore kept of what it replaced is left
    aside."""
    found = [entry for entry in catalogue.listed(text, read=read) if not entry.path.name.startswith(catalogue.SAFETY)]
    if not found:
        return Check(False, f"there is no backup in {text}")
    broken = [entry for entry in found if entry.state in catalogue.BROKEN]
    if broken:
        return Check(False, f"{broken[-1].path}: {broken[-1].state}{_others(len(broken) - 1)}")
    of_database: dict[str, list[catalogue.Entry]] = {}
    for entry in found:
        of_database.setdefault(entry.sidecar.database if entry.sidecar else "", []).append(entry)
    if len(of_database) > 1:
        of_database.pop("", None)  # without a sidecar nobody knows whose it is
    checks = [_check(entries, text, max_age) for entries in of_database.values()]
    bad = [check for check in checks if not check.is_fine]
    return bad[0] if bad else Check(True, "; ".join(check.sentence for check in checks))


def _check(found: list[catalogue.Entry], text: str, max_age: float) -> Check:
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
