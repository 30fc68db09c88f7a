"""Fixtures of the tests of faults: `pytest_plugins = ["tests.faults.fault_databases"]`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import MakeDatabase, once, run_manage, template
from tests.faults.faults import Make, fill_large, run


def load_sample(url: str) -> None:
    loaded = run_manage("load-sample-data", env={"DATABASE_URL": url})
    assert loaded.returncode == 0, loaded.stderr.decode()


FILLED = {"migrated": None, "sample": load_sample, "large": fill_large}


@pytest.fixture
def make(make_database: MakeDatabase) -> Make:
    """Databases that are gone when the test ends."""
    return lambda kind, content="sample": make_database(kind, migrated=True, filled=FILLED[content])


@pytest.fixture(scope="session")
def snapshots() -> Callable[[str], Path]:
    """The snapshot of the SQLite database with that content, as NDJSON."""

    def snapshot(content: str) -> Path:
        def export(folder: Path) -> str:
            path, url = folder / f"{content}.ndjson", f"sqlite:///{template('sqlite', True, FILLED[content])}"
            exported = run("export-data", path, "--database-url", url)
            assert exported.returncode == 0, exported.stderr
            return str(path)

        return Path(once(f"{content}.ndjson", export))

    return snapshot
