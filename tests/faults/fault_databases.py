"""Fixtures of the tests of faults: `pytest_plugins = ["tests.faults.fault_databases"]`."""

from __future__ import annotations

import contextlib
import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Postgres, migrated_template, once, run_manage, server, template
from tests.faults.faults import Make, fill_large, run


@functools.cache
def template_with(kind: str, content: str) -> str:
    """The database of a kind and content that others are copied from: a path, or a name on the server."""
    migrated = migrated_template(kind)
    if content == "migrated":
        return migrated
    return template(kind, content, fill_large if content == "large" else load_sample, of=migrated)


def load_sample(url: str) -> None:
    loaded = run_manage("load-sample-data", env={"DATABASE_URL": url})
    assert loaded.returncode == 0, loaded.stderr.decode()


@pytest.fixture
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Databases that are gone when the test ends."""
    with contextlib.ExitStack() as stack:

        def make(kind: str, content: str = "sample") -> str:
            source = template_with(kind, content)
            if kind != "sqlite":
                return Postgres(server(kind), stack).create_database(template=source)
            path = tmp_path_factory.mktemp("database") / "memoria.sqlite3"
            stack.callback(shutil.rmtree, path.parent, ignore_errors=True)
            shutil.copyfile(source, path)
            return f"sqlite:///{path}"

        yield make


@pytest.fixture(scope="session")
def snapshots() -> Callable[[str], Path]:
    """The snapshot of the SQLite database with that content, as NDJSON."""

    def snapshot(content: str) -> Path:
        def export(folder: Path) -> str:
            path = folder / f"{content}.ndjson"
            exported = run("export-data", path, "--database-url", f"sqlite:///{template_with('sqlite', content)}")
            assert exported.returncode == 0, exported.stderr
            return str(path)

        return Path(once(f"{content}.ndjson", export))

    return snapshot
