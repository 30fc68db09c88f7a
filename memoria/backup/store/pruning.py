"""Decides which backups of a folder go, and only once every file that stays for a rule is known to be whole."""

from __future__ import annotations

from collections.abc import Sequence

from memoria.backup.store import catalogue, retention
from memoria.backup.store.retention import Candidate, Decision, Policy


def decided(entries: Sequence[catalogue.Entry], policy: Policy, *, mark: bool = True) -> Decision:
    """What the policy removes of the backups of one database, all of which have a sidecar. With `mark` a file that is
    found to be damaged is marked as refused."""
    found = list(entries)
    while True:
        decision = retention.decide([_candidate(entry) for entry in found], policy)
        unread = [e for e in found if e.path.name in decision.keep and e.state == catalogue.UNREAD]
        if not decision.remove or not unread:
            return decision
        found = [catalogue.looked_at(entry, mark=mark) if entry in unread else entry for entry in found]


def _candidate(entry: catalogue.Entry) -> Candidate:
    assert entry.sidecar is not None
    return Candidate(entry.path.name, entry.sidecar.sequence, entry.sidecar.moment, entry.is_good)
