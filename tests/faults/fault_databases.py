"""Fixtures of the tests of faults: `pytest_plugins = ["tests.faults.fault_databases"]`."""

from __future__ import annotations

import contextlib
import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Postgres, run_manage, server
from tests.faults.faults import Make, fill_large, run


@pytest.fixture(scope="session")
def templates(
    tmp_path_factory: pytest.TempPathFactory, migrated_template: Callable[[str], str]
) -> Iterator[Callable[[str, str], str]]:
    """The database of a kind and content that others are copied from: a path, or a name on the server."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def template(kind: str, content: str) -> str:
            migrated = migrated_template(kind)
            if content == "migrated":
                return migrated
            if kind == "sqlite":
                name = str(tmp_path_factory.mktemp("template") / f"{content}.sqlite3")
                shutil.copyfile(migrated, name)
                url = f"sqlite:///{name}"
            else:
                name = stack.enter_context(server(kind).database(template=migrated))
                url = server(kind).url(name)
            if content == "large":
                fill_large(url)
            else:
                loaded = run_manage("load-sample-data", env={"DATABASE_URL": url})
                assert loaded.returncode == 0, loaded.stderr.decode()
            return name

        yield template


@pytest.fixture
def make(tmp_path_factory: pytest.TempPathFactory, templates: Callable[[str, str], str]) -> Iterator[Make]:
    """Databases that are gone when the test ends."""
    with contextlib.ExitStack() as stack:

        def make(kind: str, content: str = "sample") -> str:
            template = templates(kind, content)
            if kind != "sqlite":
                return Postgres(server(kind), stack).create_database(template=template)
            path = tmp_path_factory.mktemp("database") / "memoria.sqlite3"
            stack.callback(shutil.rmtree, path.parent, ignore_errors=True)
            shutil.copyfile(template, path)
            return f"sqlite:///{path}"

        yield make


@pytest.fixture(scope="session")
def snapshots(tmp_path_factory: pytest.TempPathFactory, templates: Callable[[str, str], str]) -> Callable[[str], Path]:
    """The snapshot of the SQLite database with that content, as NDJSON."""

    @functools.cache
    def snapshot(content: str) -> Path:
        path = tmp_path_factory.mktemp("snapshot") / f"{content}.ndjson"
        exported = run("export-data", path, "--database-url", f"sqlite:///{templates('sqlite', content)}")
        assert exported.returncode == 0, exported.stderr
        return path

    return snapshot
