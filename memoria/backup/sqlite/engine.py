"""SQLite as backups use it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.backup.engines import Dumped, Emit, Engine, Expected, How, Target, Trial
from memoria.backup.errors import WrongArguments
from memoria.backup.sqlite import dump
from memoria.backup.sqlite.load import restored
from memoria.backup.sqlite.restore import restore
from memoria.backup.store.destination import CUSTOM
from memoria.backup.store.digests import Contents
from memoria.backup.store.file import BackupFile
from memoria.backup.store.sidecar import Kind, Sidecar
from memoria.snapshot.database import path_of
from memoria.snapshot.database.sqlite.connection import failures


class SQLiteEngine:
    kind: Kind = "sqlite"
    label = "SQLite"
    digests_are_free = True

    def require_dump(self, kind: str) -> None:
        if kind == CUSTOM:
            raise WrongArguments(".dump is PostgreSQL's own format: name the backup of a SQLite database .sql")

    def stem(self, connection: BaseDatabaseWrapper) -> str:
        return Path(str(connection.settings_dict["NAME"])).stem

    def source(self, connection: BaseDatabaseWrapper, described: str) -> str:
        path = path_of(connection)
        if path is None:
            return described
        return f"sqlite:///{os.fsencode(os.path.abspath(path)).decode('utf-8', 'backslashreplace')}"

    def size_of_trial(self, connection: BaseDatabaseWrapper) -> int:
        path = path_of(connection)
        return path.stat().st_size if path is not None and path.is_file() else 0

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
        with dump.moment(connection, name, work) as database, failures(name):
            return Dumped(dump.dump(database, emit), sqlite3.sqlite_version)

    def tried(self, file: BackupFile, expected: Expected, trial: Trial) -> tuple[How, Contents]:
        path = trial.folder / "scratch.sqlite3"
        restored(file, expected.compression, path, trial.place)
        with closing(sqlite3.connect(path, isolation_level=None)) as database, failures(trial.place):
            return "restored", dump.contents(database)

    def restore(self, file: BackupFile, backup: Sidecar, target: Target) -> list[str]:
        restore(file, backup, target)
        return []


ENGINE: Engine = SQLiteEngine()
