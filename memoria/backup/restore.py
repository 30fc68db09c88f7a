"""A backup back into a database: checked first, all of it or nothing, and what was there is kept."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria import __version__
from memoria.backup.backup import Backup
from memoria.backup.engines import SILENCE, Target, engine_of
from memoria.backup.errors import InvalidBackup
from memoria.backup.report import BackupReport
from memoria.backup.store import catalogue, refusal
from memoria.backup.store.destination import Destination
from memoria.backup.store.digests import Contents
from memoria.backup.store.file import BackupFile
from memoria.backup.store.sidecar import Sidecar
from memoria.file_names import plain_name
from memoria.snapshot.errors import Declined, SnapshotError
from memoria.snapshot.progress import NoProgress, Progress

Confirm = Callable[[str, Contents, Sidecar], bool]
"""Takes what the database is called, what it holds, and the backup that will replace that; false stops the restore."""


@dataclass(frozen=True)
class Restore:
    """One restore: the backup, where it goes, and what was asked for."""

    path: Path
    connection: BaseDatabaseWrapper
    database: str
    """What messages call the target."""
    into: str = ""
    """A new database beside the target: a file (SQLite), or a name on the same server. The target stays as it is."""
    safety_backup: bool = True
    owners: bool = True
    """Whether owners and privileges come back as well (PostgreSQL)."""
    dry_run: bool = False
    """Whether all is done but to ask, to keep what is there and to replace it."""
    confirm: Confirm = lambda name, contents, backup: True
    silence: float = SILENCE
    progress: Progress = field(default_factory=NoProgress)

    def run(self) -> BackupReport:
        """Raises SnapshotError, and then the target is as it was."""
        started = time.monotonic()
        backup = catalogue.sidecar_of(self.path)
        self._require_sense(backup)
        report = BackupReport("restore", self.into or self.database, str(self.path), backup, "restored")
        with BackupFile(self.path) as file:
            self.progress.stage("Reading")
            with refusal.marking(self.path, backup):
                file.require(backup.size, backup.sha256)
            target = Target(
                self.connection,
                self.database,
                self.into,
                self.owners,
                self.silence,
                ask=lambda there: self._ask_and_keep(there, backup, report),
                stage=self.progress.stage,
            )
            with suppress(_Seen):
                report.notes += engine_of(backup.kind).restore(file, backup, target)
        if not self.dry_run:
            report.next_steps += self._next_steps(backup, report)
        report.seconds += time.monotonic() - started
        return report

    def _require_sense(self, backup: Sidecar) -> None:
        if backup.kind != self.connection.vendor:
            theirs, ours = (engine_of(kind).label for kind in (backup.kind, self.connection.vendor))
            raise InvalidBackup(
                f"{self.path} is a backup of {theirs}, and {self.database} is {ours}:"
                " between the two go export-data and import-data"
            )
        made_by = backup.generator.removeprefix("memoria ")
        if _numbers(made_by) > _numbers(__version__):
            raise InvalidBackup(
                f"{self.path} was made by memoria {made_by}, newer than this {__version__}: upgrade first"
            )

    def _ask_and_keep(self, there: Contents, backup: Sidecar, report: BackupReport) -> None:
        if self.dry_run:
            report.dry_run, report.replaced = True, {name: table.rows for name, table in there.tables.items()}
            raise _Seen
        if not there.tables:
            return
        asked = time.monotonic()
        if not self.confirm(self.database, there, backup):
            raise Declined("not confirmed; nothing was changed")
        report.seconds -= time.monotonic() - asked
        if not self.safety_backup:
            return
        name = plain_name(Path(str(self.connection.settings_dict["NAME"])).stem)
        destination = Destination.parse(
            str(self.path.absolute().parent / f"{catalogue.SAFETY}{name}-{{timestamp}}.sql")
        )
        self.progress.stage("Keeping what is there")
        try:
            report.safety_backup = Backup(destination, self.connection, self.database, silence=self.silence).run().file
        except SnapshotError as error:
            raise type(error)(
                f"what is there could not be backed up, so nothing was restored ({error});"
                " --no-safety-backup goes without it"
            ) from None

    def _next_steps(self, backup: Sidecar, report: BackupReport) -> list[str]:
        steps = [
            "Restart what uses the database."
            if not self.into
            else "It is a new database: point what uses the old one at it, or remove it after a drill."
        ]
        if backup.generator != f"memoria {__version__}":
            steps.append(
                f"Run `memoria migrate`: the backup was made by {backup.generator}, and this is {__version__}."
            )
        if report.safety_backup:
            steps.append(f"What was there before is in {report.safety_backup}; remove it when you are content.")
        return steps


class _Seen(Exception):
    """A dry run has seen all that it looks at."""


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
