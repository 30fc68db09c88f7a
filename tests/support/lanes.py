"""Which tests a developer runs (`make test`), and which only the exhaustive lane does (`make test-all`).

The exhaustive lane has everything. The other leaves out what takes long for what it finds: the browser, injected
faults, killed workers, whole installations and web servers, every cut and flipped bit; and PostgreSQL 16 where 18 is
tried and the version cannot matter.
"""

from __future__ import annotations

from pathlib import PurePath

import pytest

EXHAUSTIVE = (
    "admin/snapshots/test_worker.py",
    "backup/test_memory.py",
    "backup/test_verify.py",
    "browser",
    "faults",
    "snapshot/formats/test_whole_or_refused.py",
    "snapshot/test_large_values.py",
    "site/test_deploy.py",
    "site/test_gunicorn.py",
    "test_earlier_versions.py",
    "test_project.py",
    "test_quickstart.py",
    "test_tutorials.py",
)
OF_EACH_VERSION = (
    "backup",
    "models",
    "snapshot/database",
    "snapshot/test_existing_databases.py",
    "snapshot/test_round_trip.py",
    "test_migrations.py",
)
"""Where what PostgreSQL 16 does may differ from what 18 does."""
_SECOND_VERSION = "postgresql-16"


def mark(items: list[pytest.Item], tests: PurePath) -> None:
    for item in items:
        place = item.path.relative_to(tests)
        if _within(place, EXHAUSTIVE) or (_SECOND_VERSION in item.name and not _within(place, OF_EACH_VERSION)):
            item.add_marker("exhaustive")


def _within(place: PurePath, places: tuple[str, ...]) -> bool:
    return any(place.is_relative_to(other) for other in places)
