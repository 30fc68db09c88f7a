"""Which backups stay: literal cases, restic's own rules, and ten thousand histories against a second, plainer model."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest

from memoria.backup.store.retention import Candidate, Policy, decide

START = datetime(2026, 1, 1, 3, 15, tzinfo=UTC)


def nightly(days: int, *, broken: tuple[int, ...] = ()) -> list[Candidate]:
    """A backup each night; its name is its day's number."""
    return [
        Candidate(f"{day:04d}", day + 1, START + timedelta(days=day), counts=day not in broken) for day in range(days)
    ]


def kept(candidates: list[Candidate], policy: Policy) -> list[int]:
    return sorted(int(name) for name in decide(candidates, policy).keep)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(last=3), [97, 98, 99]),
        (Policy(daily=2), [98, 99]),
        # 2026-01-01 is a Thursday; day 99 is Friday, April 10th, and Sundays end ISO weeks.
        (Policy(weekly=3), [87, 94, 99]),
        (Policy(monthly=3), [58, 89, 99]),
        (Policy(monthly=4), [30, 58, 89, 99]),
        # Used up by none: the oldest stays too, as with restic.
        (Policy(monthly=5), [0, 30, 58, 89, 99]),
        (Policy(last=2, monthly=2), [89, 98, 99]),
        (Policy(last=1000), list(range(100))),
        (Policy(), list(range(100))),
    ],
)
def test_a_hundred_nights(policy: Policy, expected: list[int]) -> None:
    assert kept(nightly(100), policy) == expected


def test_reasons() -> None:
    decision = decide(nightly(3), Policy(last=1, daily=1, monthly=2))
    assert decision.keep == {"0002": ["last", "daily", "monthly"], "0000": ["oldest monthly"]}
    assert decision.remove == ["0001"]


def test_days_without_backups_do_not_count() -> None:
    candidates = [Candidate(str(day), day, START + timedelta(days=day), True) for day in (0, 10, 20, 400)]
    assert kept(candidates, Policy(daily=2)) == [20, 400]


def test_what_does_not_count_is_neither_counted_nor_removed() -> None:
    decision = decide(nightly(5, broken=(1, 4)), Policy(last=1))
    assert decision.keep == {
        "0003": ["last"],
        "0004": ["neither counted nor removed"],
        "0001": ["neither counted nor removed"],
    }
    assert decision.remove == ["0000", "0002"]


def test_the_order_is_that_of_the_numbers_whatever_the_clock_says() -> None:
    back = [Candidate("a", 1, START, True), Candidate("b", 2, START - timedelta(days=365), True)]
    assert decide(back, Policy(last=1)).remove == ["a"]


def test_periods_are_in_utc() -> None:
    """Around the hour that a clock repeats in autumn, and in any zone, one night stays one night."""
    east = timezone(timedelta(hours=5, minutes=45))
    candidates = [
        Candidate("a", 1, datetime(2026, 10, 25, 4, 0, tzinfo=east), True),  # 22:15 on the 24th
        Candidate("b", 2, datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True),
        Candidate("c", 3, datetime(2026, 10, 25, 1, 30, tzinfo=UTC), True),
    ]
    assert decide(candidates, Policy(daily=2)).remove == ["b"]


def model(candidates: list[Candidate], policy: Policy) -> set[str]:
    """The names to keep, by the words of the manual."""
    order = sorted((c for c in candidates if c.counts), key=lambda c: (c.sequence, c.name), reverse=True)
    keep = {c.name for c in candidates if not c.counts} | {c.name for c in order[: policy.last]}
    if not policy:
        return {c.name for c in candidates}
    periods = [
        (policy.daily, "%Y-%m-%d"),
        (policy.weekly, "%G-%V"),
        (policy.monthly, "%Y-%m"),
    ]
    for count, spelling in periods:
        runs: list[list[Candidate]] = []
        for candidate in order:
            spelled = candidate.moment.astimezone(UTC).strftime(spelling)
            if not runs or runs[-1][0].moment.astimezone(UTC).strftime(spelling) != spelled:
                runs.append([])
            runs[-1].append(candidate)
        keep |= {run[0].name for run in runs[:count]}
        if order and len(runs) < count:
            keep.add(order[-1].name)
    if order and policy.last > len(order):
        keep.add(order[-1].name)
    return keep


def history(rng: random.Random) -> list[Candidate]:
    """Backups that fail, rot, come in bursts, at equal times, in the future, and with the clock going back."""
    moment, found = START, []
    for number in range(rng.randrange(60)):
        moment += rng.choice(
            [timedelta(), timedelta(hours=1), timedelta(days=1), timedelta(days=rng.randrange(-400, 90))]
        )
        counts = rng.random() < rng.choice((0.2, 0.9))
        sequence = number if rng.random() < 0.95 else rng.randrange(60)
        found.append(Candidate(f"{number:03d}", sequence, moment, counts))
    rng.shuffle(found)
    return found


def test_ten_thousand_histories() -> None:
    rng = random.Random(127)
    removed = 0
    for _ in range(10_000):
        candidates = history(rng)
        policy = Policy(*(rng.choice((0, 0, 1, 2, 7)) for _ in range(4)))
        decision = decide(candidates, policy)
        names = {c.name for c in candidates}
        assert set(decision.keep) == model(candidates, policy)
        assert set(decision.remove) == names - set(decision.keep)
        counting = [c for c in candidates if c.counts]
        assert not counting or any(c.name in decision.keep for c in counting)
        assert all(c.counts for c in candidates if c.name in decision.remove)
        # Deciding again over what is left removes nothing but what "oldest" held.
        left = [c for c in candidates if c.name in decision.keep]
        assert set(decide(left, policy).remove) <= {
            n for n, why in decision.keep.items() if all("oldest" in w for w in why)
        }
        removed += len(decision.remove)
    assert removed > 50_000
