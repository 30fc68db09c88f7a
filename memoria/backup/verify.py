"""A backup that was made at any time, verified anew."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.backup.engines import SILENCE, Expected, Trial, engine_of
from memoria.backup.errors import InvalidBackup
from memoria.backup.report import BackupReport, VerifyReport
from memoria.backup.store import catalogue, refusal
from memoria.backup.store import sidecar as sidecars
from memoria.backup.store.file import BackupFile
from memoria.backup.store.sidecar import Sidecar, Verified
from memoria.backup.verification import verified
from memoria.snapshot.errors import FileFailure
from memoria.snapshot.progress import Progress
from memoria.snapshot.times import spelled


def verify_all(
    paths: Sequence[Path], server: BaseDatabaseWrapper | None, server_name: str, silence: float, progress: Progress
) -> VerifyReport:
    """Verify one after the other, whatever becomes of those before."""
    report = VerifyReport()
    for path in paths:
        progress.stage(f"Verifying {path.name}")
        try:
            report.verified.append(Verify(path, server, server_name, silence).run())
        except (InvalidBackup, FileFailure) as error:
            report.refused[str(path)] = str(error)
    return report


@dataclass(frozen=True)
class Verify:
    """One verification of `path`. A backup of PostgreSQL is restored on `server`, or else read to its end."""

    path: Path
    server: BaseDatabaseWrapper | None
    server_name: str
    silence: float = SILENCE

    def run(self) -> BackupReport:
        """Raises InvalidBackup unless the file is what its sidecar says, and marks it. A backup that nobody had
        verified is noted as verified in its sidecar, where that can be written."""
        started = time.monotonic()
        backup = catalogue.sidecar_of(self.path)
        expected = Expected(backup.kind, backup.dump, backup.compression, backup.size, backup.sha256, backup.contents)
        with BackupFile(self.path) as file, tempfile.TemporaryDirectory(prefix="memoria-") as folder:
            place = f"a scratch database in {tempfile.gettempdir()} (TMPDIR names another folder)"
            trial = Trial(Path(folder), place, self.server, self.server_name, self.silence)
            with refusal.marking(self.path, backup):
                how = verified(file, expected, trial)
        report = BackupReport("verify", backup.database, str(self.path), backup, how)
        if how == "read":
            report.notes.append(self._why_read(backup))
        if any(not table.sha256 for table in backup.contents.tables.values()):
            report.notes.append("It was made with --no-verify: of its tables only the numbers of rows are known.")
        if backup.verified is None:
            self._note(backup, Verified(spelled(sidecars.now()), how), report)
        report.seconds = time.monotonic() - started
        return report

    def _why_read(self, backup: Sidecar) -> str:
        read = "the file was read to its end and compared"
        if self.server is None or self.server.vendor != backup.kind:
            kind = engine_of(backup.kind).label
            return f"It is a backup of {kind}: {read}. To restore it for proof, name a server with --database-url."
        return f"No database may be created on {self.server_name} for a trial: {read}."

    def _note(self, backup: Sidecar, verified: Verified, report: BackupReport) -> None:
        pending = sidecars.pending_path_of(self.path)
        try:
            sidecars.write(msgspec.structs.replace(backup, verified=verified), pending)
            os.replace(pending, sidecars.path_of(self.path))
            report.notes.append("Noted in its sidecar.")
        except (OSError, FileFailure):
            report.notes.append("Its sidecar cannot be written, so that is not noted there.")
