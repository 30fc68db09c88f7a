"""Databases for the tests, and the program as a user runs it.

Whatever touches a database is tested on all three: SQLite, PostgreSQL 16 and 18. TEST_DATABASE_URL, the URL
of a server on which databases may be created, stands in for both PostgreSQLs.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
from django.db import connections

from memoria.database_url import parsed
from tests.support import lanes, postgres, warm

ROOT = Path(__file__).resolve().parent.parent
GIVEN_SERVER = os.environ.get("TEST_DATABASE_URL", "")
KINDS = ["sqlite", "postgresql"] if GIVEN_SERVER else ["sqlite", "postgresql-16", "postgresql-18"]

PROBE = "probe"
MEMORY_WANTED = 4 << 30
"""Bytes that must be free where files are kept in memory."""

# How the workers of pytest-xdist learn which run they belong to.
RUN_VARIABLE = "MEMORIA_TEST_RUN"


def pytest_configure(config: pytest.Config) -> None:
    # A shell that runs the tests in the background has every program that they start ignore Ctrl-C; nohup, a hang-up.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP, signal.SIGINT, signal.SIGTERM})
    if not hasattr(config, "workerinput"):
        run = tempfile.mkdtemp(prefix="memoria-tests-", dir=_in_memory())
        os.environ[RUN_VARIABLE] = f"{os.getpid()}:{run}"
        # Nor need a test wait for a disk: each commit of SQLite would.
        config.option.basetemp = config.option.basetemp or f"{run}/tests"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    lanes.mark(items, ROOT / "tests")


def _in_memory() -> str | None:
    """Where files cost least, those of the servers and of the tests, if there is room for them."""
    memory = "/dev/shm"
    with contextlib.suppress(OSError):
        if os.access(memory, os.W_OK | os.X_OK) and shutil.disk_usage(memory).free > MEMORY_WANTED:
            return memory
    return None


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        run = os.environ[RUN_VARIABLE].partition(":")[2]
        if GIVEN_SERVER:
            for made in Path(run).glob("once/*-postgresql/made"):
                server("postgresql").drop(made.read_text())
        del os.environ[RUN_VARIABLE]
        postgres.stop_all(Path(run))
        shutil.rmtree(run, ignore_errors=True)


@functools.cache
def server(kind: str) -> postgres.Server:
    if GIVEN_SERVER:
        return postgres.Server(GIVEN_SERVER)
    owner, _, run = os.environ[RUN_VARIABLE].partition(":")
    return postgres.start(int(kind.removeprefix("postgresql-")), Path(run), int(owner))


class RunMemoria(Protocol):
    def __call__(
        self,
        *args: str | Path,
        input: bytes | None = None,
        env: Mapping[str, str | None] | None = None,
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[bytes]: ...


def run_manage(
    *args: str | Path,
    input: bytes | None = None,
    env: Mapping[str, str | None] | None = None,
    timeout: float = 60,
) -> subprocess.CompletedProcess[bytes]:
    given = {**os.environ, **(env or {})}
    environment = {name: value for name, value in given.items() if value is not None}
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with warm.start(*map(str, args), environment=environment, **streams) as process:
        try:
            out, err = process.communicate(input, timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def run_memoria(tmp_path: Path) -> RunMemoria:
    """`manage.py` as a real process, from the root of the repository; None in `env` unsets a variable.

    Without a DATABASE_URL in `env` the default database is a file of this test's that does not exist yet:
    never the developer's.
    """

    def run(
        *args: str | Path,
        input: bytes | None = None,
        env: Mapping[str, str | None] | None = None,
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[bytes]:
        defaults = {"DATABASE_URL": f"sqlite:///{tmp_path}/default.sqlite3"}
        return run_manage(*args, input=input, env={**defaults, **(env or {})}, timeout=timeout)

    return run


class Postgres:
    """A server, seen from one test: what the test creates there goes when the test ends."""

    def __init__(self, server: postgres.Server, stack: contextlib.ExitStack) -> None:
        self.server = server
        self._stack = stack

    def url(self, dbname: str, *, user: str | None = None, password: str | None = None) -> str:
        return self.server.url(dbname, user=user, password=password)

    def create_database(self, *, template: str = "template1") -> str:
        """The URL of a new database."""
        return self.url(self._stack.enter_context(self.server.database(template=template)))


@pytest.fixture
def postgres16() -> Iterator[Postgres]:
    with contextlib.ExitStack() as stack:
        yield Postgres(server("postgresql-16"), stack)


@pytest.fixture
def postgres18() -> Iterator[Postgres]:
    with contextlib.ExitStack() as stack:
        yield Postgres(server("postgresql-18"), stack)


Fill = Callable[[str], object]
"""Puts something into the database with that URL."""


class MakeDatabase(Protocol):
    def __call__(self, kind: str, *, migrated: bool = False, filled: Fill | None = None) -> str: ...


def once(name: str, make: Callable[[Path], str]) -> str:
    """What the first worker of the run that asks for `name` makes in a folder of its own, for all of them."""
    folder = Path(os.environ[RUN_VARIABLE].partition(":")[2]) / "once" / name
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "made"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            answer = make(folder)
            made.write_text(answer)
        return made.read_text()


@functools.cache
def template(kind: str, migrated: bool, filled: Fill | None) -> str:
    """The database that others are copied from: a path, or a name on the server."""

    def make(folder: Path) -> str:
        source = template(kind, migrated, None) if filled else ""
        if kind == "sqlite":
            path = folder / "template.sqlite3"
            shutil.copyfile(source, path) if source else path.touch()
            (filled or _migrate)(f"sqlite:///{path}")
            return str(path)
        name = server(kind).create(source or "template1")
        (filled or _migrate)(server(kind).url(name))
        return name

    if not migrated and not filled:
        return "" if kind == "sqlite" else "template1"
    content = f"{filled.__module__}.{filled.__qualname__}" if filled else "nothing"
    return once(f"{'migrated' if migrated else 'empty'}-{content}-{kind}", make)


def _migrate(url: str) -> None:
    result = run_manage("migrate", "--verbosity=0", env={"DATABASE_URL": url})
    assert result.returncode == 0, result.stderr.decode()


@pytest.fixture
def make_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeDatabase]:
    """Makes databases of any kind in KINDS and returns their URLs; all are gone when the test ends.

    They are empty, or `migrated`: as `manage.py migrate` leaves them, Django's own tables included. Then they hold what
    the function `filled` puts into a database; it is called once in a run.
    """
    with contextlib.ExitStack() as stack:

        def make(kind: str, *, migrated: bool = False, filled: Fill | None = None) -> str:
            source = template(kind, migrated, filled)
            if kind == "sqlite":
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=base)))
                path = folder / "memoria.sqlite3"
                shutil.copyfile(source, path) if source else path.touch()
                return f"sqlite:///{path}"
            return Postgres(server(kind), stack).create_database(template=source)

        base = tmp_path_factory.getbasetemp()
        yield make


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(database_kind: str, make_database: MakeDatabase) -> str:
    """An empty database, once of each kind."""
    return make_database(database_kind)


@pytest.fixture
def migrated_url(database_kind: str, make_database: MakeDatabase) -> str:
    """A migrated database, once of each kind."""
    return make_database(database_kind, migrated=True)


@pytest.fixture
def probe(migrated_url: str, django_db_blocker: Any) -> Iterator[str]:
    """The alias of a Django connection to a migrated database of each kind."""
    settings = {PROBE: {**parsed(migrated_url)}}
    connections.settings[PROBE] = connections.configure_settings({**connections.settings, **settings})[PROBE]
    with django_db_blocker.unblock():
        try:
            yield PROBE
        finally:
            connections[PROBE].close()
            del connections[PROBE]
            del connections.settings[PROBE]


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """What pytest-django's `db` gives is SQLite in memory, whatever DATABASE_URL the developer has set."""
    settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    connections.settings["default"] = connections.configure_settings({"default": settings})["default"]
    with contextlib.suppress(AttributeError):
        del connections["default"]
