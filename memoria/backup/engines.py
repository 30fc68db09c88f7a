"""Names what a backup needs of a database engine, and finds the one that a database has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.backup.store.digests import Contents
from memoria.backup.store.file import BackupFile
from memoria.backup.store.properties import Properties
from memoria.backup.store.sidecar import Kind, Sidecar
from memoria.snapshot.errors import DatabaseFailure

Emit = Callable[[bytes], None]
How = Literal["restored", "read"]
SILENCE = 600.0
"""Seconds without a byte after which a program of PostgreSQL counts as hung."""
_MODULES = {"sqlite": "memoria.backup.sqlite.engine", "postgresql": "memoria.backup.postgresql.engine"}


@dataclass(frozen=True)
class Dumped:
    """What was dumped: what it holds, the version of its engine, and what a PostgreSQL database has of its own."""

    contents: Contents
    server: str
    properties: Properties | None = None


@dataclass(frozen=True)
class Expected:
    """What a backup has to be."""

    kind: Kind
    dump: str
    compression: str
    size: int
    sha256: str
    contents: Contents


@dataclass(frozen=True)
class Trial:
    """Where a backup may be restored for no other reason than to be compared."""

    folder: Path
    place: str
    """What messages call a database in that folder."""
    server: BaseDatabaseWrapper | None
    """A PostgreSQL on which a scratch database may be created, if there is one."""
    server_name: str
    silence: float


@dataclass(frozen=True)
class Target:
    """Where a backup is restored to stay."""

    connection: BaseDatabaseWrapper
    database: str
    """What messages call it."""
    into: str
    """A new database beside it, which stays as it is: a file (SQLite), or a name on the same server (PostgreSQL)."""
    owners: bool
    """Whether owners and privileges come back as well (PostgreSQL)."""
    silence: float
    ask: Callable[[Contents], None]
    """Is told what is there, or that nothing is, before any of it goes; what it raises ends the restore there."""
    stage: Callable[[str], None]
    """Is told what is done next."""


class Engine(Protocol):
    """Databases of one kind: how they are dumped, tried and restored."""

    kind: Kind
    label: str
    digests_are_free: bool
    """Whether a dump costs the same with the digests of its tables."""

    def require_dump(self, kind: str) -> None:
        """Raises WrongArguments if it has no dumps of this kind."""
        ...

    def stem(self, connection: BaseDatabaseWrapper) -> str:
        """What `{database}` stands for in a destination."""
        ...

    def source(self, connection: BaseDatabaseWrapper, described: str) -> str:
        """What a sidecar calls a database: the same from whichever folder, and in whichever locale."""
        ...

    def size_of_trial(self, connection: BaseDatabaseWrapper) -> int:
        """Bytes that a trial takes in the folder of the backup, as far as that is known."""
        ...

    def dump(
        self,
        connection: BaseDatabaseWrapper,
        name: str,
        kind: str,
        emit: Emit,
        work: Path,
        *,
        digests: bool,
        silence: float,
    ) -> Dumped:
        """Emit the database, which messages call `name`; `work` is a folder for what that takes."""
        ...

    def tried(self, file: BackupFile, expected: Expected, trial: Trial) -> tuple[How, Contents]:
        """What a backup holds: restored or, where nothing may be created, read to its end.

        Raises InvalidBackup or NotRestorable.
        """
        ...

    def restore(self, file: BackupFile, backup: Sidecar, target: Target) -> list[str]:
        """All of it or nothing. Returns notes on what did not come back."""
        ...


def engine_of(vendor: str) -> Engine:
    """Only that of the database at hand is loaded, with its driver."""
    if vendor not in _MODULES:
        raise DatabaseFailure(f"{vendor} is not supported: use SQLite or PostgreSQL")
    found: Engine = import_module(_MODULES[vendor]).ENGINE
    return found
