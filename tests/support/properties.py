"""How many examples a property is tried with: few here, many where there is time (`MEMORIA_TEST_EXAMPLES=20`)."""

from __future__ import annotations

import os
from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings

_TIMES = int(os.environ.get("MEMORIA_TEST_EXAMPLES", "1"))


def examples(kind: str, *, sqlite: int, postgresql: int) -> settings:
    """Settings for a property of databases of that kind, or with that URL; one that each example empties first.

    An example on PostgreSQL takes five times as long, and another version finds little more in the same ones. Only
    where more than the usual number runs, what fails is made small.
    """
    return settings(
        max_examples=_TIMES * (sqlite if kind.startswith("sqlite") else postgresql),
        deadline=timedelta(seconds=20),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
        phases=[Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if _TIMES > 1 else [])],
        derandomize=True,
        database=None,
    )
