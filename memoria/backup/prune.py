"""Removes backups that a policy does not keep, and old safety copies, without making a new backup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from memoria.backup.errors import WrongArguments
from memoria.backup.store import catalogue, lock
from memoria.backup.store import sidecar as sidecars
from memoria.backup.store.catalogue import Entry
from memoria.backup.store.destination import Destination
from memoria.backup.store.pruning import decided
from memoria.backup.store.publish import remove
from memoria.backup.store.retention import Policy

_SAFETY_NAME = re.compile(rf"{re.escape(catalogue.SAFETY)}.+", re.DOTALL)


@dataclass(slots=True)
class PruneReport:
    folder: str
    dry_run: bool
    kept: dict[str, list[str]] = field(default_factory=dict)
    """Name -> why it stays."""
    removed: list[str] = field(default_factory=list)
    freed: int = 0
    """Bytes."""

    @property
    def exit_code(self) -> int:
        return 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "report_version": 1,
            "operation": "prune",
            "folder": self.folder,
            "dry_run": self.dry_run,
            "kept": self.kept,
            "removed": self.removed,
            "freed": self.freed,
            "exit_code": self.exit_code,
        }


@dataclass(frozen=True)
class Prune:
    """One run. The policy is that of each database whose backups are there, for itself."""

    destination: Destination
    policy: Policy
    safety_age: float | None = None
    """Seconds after which the backups go that restores made of what they replaced; None keeps them all."""
    dry_run: bool = False

    def run(self) -> PruneReport:
        """Raises SnapshotError. A dry run writes nothing at all."""
        if not self.policy and self.safety_age is None:
            raise WrongArguments("a rule is missing: --keep-last, -daily, -weekly or -monthly, or --safety-older-than")
        folder, pattern = self.destination.folder, self.destination.pattern
        report = PruneReport(str(folder), self.dry_run)
        busy = lock.held(folder / f".{pattern}.lock", str(folder / pattern))
        found = catalogue.entries(folder, self.destination.regex())
        with nullcontext() if self.dry_run else busy:
            going = [*self._by_policy(found, report), *self._safety_copies()]
            for entry in going:
                report.removed.append(entry.path.name)
                report.freed += entry.sidecar.size if entry.sidecar else 0
                if not self.dry_run:
                    remove(entry.path)
        return report

    def _by_policy(self, found: list[Entry], report: PruneReport) -> Iterator[Entry]:
        by_name = {entry.path.name: entry for entry in found if entry.sidecar}
        for database in sorted({entry.sidecar.database for entry in by_name.values() if entry.sidecar}):
            own = [entry for entry in by_name.values() if entry.sidecar and entry.sidecar.database == database]
            decision = decided(own, self.policy, mark=not self.dry_run)
            report.kept |= decision.keep
            yield from (by_name[name] for name in decision.remove)

    def _safety_copies(self) -> Iterator[Entry]:
        now = sidecars.now()
        for entry in catalogue.entries(self.destination.folder, _SAFETY_NAME):
            age = entry.age(now)
            if self.safety_age is not None and age is not None and age > self.safety_age:
                yield entry
