"""Chooses which backups stay, by rules over their order and their times, without looking at any file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class Policy:
    """How many to keep: the last ones, and the last one of so many days, weeks and months that have any (in UTC)."""

    last: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0

    def __bool__(self) -> bool:
        return any((self.last, self.daily, self.weekly, self.monthly))


@dataclass(frozen=True)
class Candidate:
    name: str
    sequence: int
    """The order of the backups; two that have the same are in the order of their names."""
    moment: datetime
    counts: bool
    """Whether it is verified and beyond suspicion. One that is not is neither counted nor removed."""


@dataclass(frozen=True)
class Decision:
    keep: dict[str, list[str]] = field(default_factory=dict)
    """Name -> reasons, newest first."""
    remove: list[str] = field(default_factory=list)
    """Names, oldest first."""


def decide(candidates: Sequence[Candidate], policy: Policy) -> Decision:
    """What the policy keeps, as restic keeps it. Without a policy nothing is removed, and the last never is."""
    newest_first = sorted(candidates, key=lambda backup: (backup.sequence, backup.name), reverse=True)
    decision = Decision()
    rules = _rules(policy)
    counted = [backup for backup in newest_first if backup.counts]
    for position, backup in enumerate(counted):
        is_oldest = position == len(counted) - 1
        reasons = [reason for rule in rules if (reason := rule.take(backup, position, is_oldest))]
        if not policy:
            reasons = ["no rule removes it"]
        elif not reasons and position == 0:
            reasons = ["the only one"]
        if reasons:
            decision.keep[backup.name] = reasons
        else:
            decision.remove.insert(0, backup.name)
    for backup in newest_first:
        if not backup.counts:
            decision.keep[backup.name] = ["neither counted nor removed"]
    return decision


@dataclass
class _Rule:
    """Keeps a backup whenever its period is another than that of the one it kept before."""

    name: str
    left: int
    period: Callable[[Candidate, int], object]
    last: object = None

    def take(self, backup: Candidate, position: int, is_oldest: bool) -> str:
        """The reason to keep it, or nothing. The oldest stays while the rule is not exhausted: history grows."""
        if not self.left:
            return ""
        period = self.period(backup, position)
        if period == self.last and not is_oldest:
            return ""
        reason = f"oldest {self.name}" if period == self.last else self.name
        self.last = period
        self.left -= 1
        return reason


def _rules(policy: Policy) -> list[_Rule]:
    return [
        _Rule("last", policy.last, lambda backup, position: position),
        _Rule("daily", policy.daily, lambda backup, position: _utc(backup).date()),
        _Rule("weekly", policy.weekly, lambda backup, position: tuple(_utc(backup).isocalendar())[:2]),
        _Rule("monthly", policy.monthly, lambda backup, position: (_utc(backup).year, _utc(backup).month)),
    ]


def _utc(backup: Candidate) -> datetime:
    return backup.moment.astimezone(UTC)
