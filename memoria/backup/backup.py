"""A whole database into a file that is verified before it gets its name."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria import __version__
from memoria.backup.engines import SILENCE, Dumped, Engine, Expected, Trial, engine_of
from memoria.backup.errors import InvalidBackup, NotRestorable, WrongArguments
from memoria.backup.report import BackupReport
from memoria.backup.store import catalogue, lock
from memoria.backup.store import sidecar as sidecars
from memoria.backup.store.destination import CUSTOM, SQL, Destination, require_file_or_nothing
from memoria.backup.store.digests import Contents
from memoria.backup.store.file import BackupFile
from memoria.backup.store.pruning import decided
from memoria.backup.store.publish import is_taken, publish, remove
from memoria.backup.store.retention import Policy
from memoria.backup.store.sidecar import Sidecar, Verified
from memoria.backup.store.work_folder import work_folder
from memoria.backup.verification import verified
from memoria.snapshot.errors import FileFailure
from memoria.snapshot.files import OutputFile
from memoria.snapshot.files.compression import ending
from memoria.snapshot.progress import NoProgress, Progress
from memoria.snapshot.times import spelled

_MB = 1_000_000
_SECOND = 0.05


@dataclass(frozen=True)
class Backup:
    """One backup: what it reads, where it goes, and what was asked for."""

    destination: Destination
    connection: BaseDatabaseWrapper
    database: str
    """What messages and the sidecar call the source."""
    verify: bool = True
    verify_on: BaseDatabaseWrapper | None = None
    """A server to restore to for the verification, if not the source's own."""
    verify_on_name: str = ""
    fewer_rows: bool = False
    """The database is meant to hold less than half the rows of the backup before."""
    policy: Policy = field(default_factory=Policy)
    prune_dry_run: bool = False
    require_mount: bool = False
    silence: float = SILENCE
    progress: Progress = field(default_factory=NoProgress)

    def run(self) -> BackupReport:
        """Write, verify, name, and only then remove what the policy does not keep. Raises SnapshotError, and then
        there is no new file and none is removed."""
        started = time.monotonic()
        self._require_sense()
        if self.require_mount:
            self.destination.require_mount()
        pattern = self.destination.pattern
        place = self.destination.folder / pattern
        locked = lock.held(self.destination.folder / f".{pattern}.lock", str(place))
        with self.destination.prepared(), locked:
            with work_folder(self.destination.folder, pattern) as work:
                earlier = self._earlier()
                self._require_room(earlier)
                report = self._write(work, earlier)
            self._prune(report)
        report.seconds = time.monotonic() - started
        return report

    @property
    def _engine(self) -> Engine:
        return engine_of(self.connection.vendor)

    @property
    def _name_of_database(self) -> str:
        return self._engine.stem(self.connection)

    @property
    def _source(self) -> str:
        return self._engine.source(self.connection, self.database)

    def _require_sense(self) -> None:
        self._engine.require_dump(self.destination.dump)
        if self.policy and not self.destination.keeps_several:
            raise WrongArguments("--keep-… needs {timestamp} in the name: without it each run replaces the last one")
        if self.policy and not self.verify:
            raise WrongArguments("--keep-… counts verified backups only: leave out --no-verify")

    def _earlier(self) -> list[catalogue.Entry]:
        names = self.destination.regex(self._name_of_database)
        for pending in self.destination.folder.glob(".*.json.next"):
            name = pending.name.removeprefix(".").removesuffix(".json.next")
            if names.fullmatch(name):
                catalogue.settle(pending.with_name(name))
        return self._own()

    def _own(self) -> list[catalogue.Entry]:
        """The backups of this destination and this database: another one's may have the same names."""
        found = catalogue.entries(self.destination.folder, self.destination.regex(self._name_of_database))
        return [entry for entry in found if entry.sidecar and entry.sidecar.database == self._source]

    def _require_own(self, path: Path) -> None:
        """What is replaced is a backup of the same database."""
        with contextlib.suppress(InvalidBackup, FileFailure):
            if (database := catalogue.sidecar_of(path).database) != self._source:
                raise WrongArguments(
                    f"{path} is a backup of {database}, and this is one of {self._source}: name another file,"
                    " or remove that one"
                )

    def _require_room(self, earlier: list[catalogue.Entry]) -> None:
        """Better now than after an hour: as much as the last one took, and a fifth more."""
        last = next((entry.sidecar for entry in reversed(earlier) if entry.sidecar), None)
        if last is None:
            return
        disk = os.statvfs(self.destination.folder)
        free, needed = disk.f_bavail * disk.f_frsize, last.size * 6 // 5
        if self.verify:
            needed += self._engine.size_of_trial(self.connection)
        if free < needed:
            raise FileFailure(
                f"cannot write to {self.destination.folder}: {free // _MB:,} MB are free, and going by the last backup"
                f" {needed // _MB + 1:,} MB are needed"
            )

    def _free_path(self) -> tuple[Path, datetime]:
        """A name that is not taken: two backups in a second, or a clock that went back, make it wait."""
        while True:
            moment = sidecars.now()
            path = self.destination.folder / self.destination.name(moment, self._name_of_database)
            if not self.destination.keeps_several or not is_taken(path):
                break
            time.sleep(_SECOND)
        self._require_own(path)
        for other in (path, sidecars.path_of(path)):
            require_file_or_nothing(other)
        return path, moment

    def _write(self, work: Path, earlier: list[catalogue.Entry]) -> BackupReport:
        path, moment = self._free_path()
        draft = work / f"draft{_extension(self.destination)}"
        self.progress.stage("Writing")
        with OutputFile(str(draft)) as file:
            try:
                dumped = self._dump(file, work)
                file.commit()
            except FileFailure as error:
                raise FileFailure(str(error).replace(str(draft), str(path))) from None
        contents = dumped.contents
        proven = self._verified(draft, path, file, contents, work)
        found = Sidecar(
            created_at=spelled(moment),
            sequence=1 + max((e.sidecar.sequence for e in earlier if e.sidecar), default=0),
            generator=f"memoria {__version__}",
            kind=self._engine.kind,
            server=dumped.server,
            database=self._source,
            dump="custom" if self.destination.dump == CUSTOM else "sql",
            compression=self.destination.compression,  # type: ignore[arg-type]
            size=file.size,
            sha256=file.sha256,
            contents=contents,
            verified=proven,
            suspicious="" if self.fewer_rows else _suspicion(contents, earlier),
            properties=dumped.properties,
        )
        publish(draft, path, found)
        report = BackupReport("backup", self.database, str(path), found, proven.how if proven else "")
        report.notes += self._notes(found, earlier)
        return report

    def _dump(self, file: OutputFile, work: Path) -> Dumped:
        def emit(data: bytes) -> None:
            file.write(data)
            self.progress.advance(size=len(data))

        digests, kind = self.verify or self._engine.digests_are_free, self.destination.dump
        return self._engine.dump(
            self.connection, self.database, kind, emit, work, digests=digests, silence=self.silence
        )

    def _verified(self, draft: Path, path: Path, file: OutputFile, contents: Contents, work: Path) -> Verified | None:
        if not self.verify:
            return None
        self.progress.stage("Verifying")
        expected = Expected(
            self._engine.kind,
            self.destination.dump,
            self.destination.compression,
            file.size,
            file.sha256,
            contents,
        )
        server, name = (self.verify_on, self.verify_on_name) if self.verify_on else (self.connection, self.database)
        with BackupFile(draft, str(path)) as written:
            place = f"a scratch database in {self.destination.folder}"
            try:
                how = verified(written, expected, Trial(work, place, server, name, self.silence))
            except NotRestorable as error:
                raise NotRestorable(f"{error}; no file was written (--no-verify writes it, unverified)") from None
        return Verified(spelled(sidecars.now()), how)

    def _notes(self, found: Sidecar, earlier: list[catalogue.Entry]) -> list[str]:
        notes = []
        if not found.verified:
            notes.append("Not verified: verify-backup does it later.")
        elif found.verified.how == "read":
            notes.append(
                "No database may be created for a trial: the file was read to its end and compared instead;"
                " --verify-url names a server for one."
            )
        if found.suspicious:
            notes.append(
                f"Suspicious: {found.suspicious}. Nothing was removed; --fewer-rows says that it is meant to be so."
            )
        last = next((entry.sidecar for entry in reversed(earlier) if entry.sidecar), None)
        if last and last.moment > found.moment:
            notes.append(f"The clock went back: the backup before this one says {last.created_at}.")
        return notes

    def _prune(self, report: BackupReport) -> None:
        if not self.policy or report.backup is None or report.backup.suspicious:
            return
        new = Path(report.file).name
        # What this run has verified needs not be read again.
        own = [replace(e, state=catalogue.VERIFIED) if e.path.name == new else e for e in self._own()]
        decision = decided(own, self.policy)
        report.kept, report.removed = decision.keep, decision.remove
        report.prune_dry_run = self.prune_dry_run
        if not self.prune_dry_run:
            for name in decision.remove:
                remove(self.destination.folder / name)


def stream(connection: BaseDatabaseWrapper, name: str, kind: str, file: OutputFile, silence: float = SILENCE) -> int:
    """The database to standard output, unverified; returns its rows."""
    engine = engine_of(connection.vendor)
    engine.require_dump(kind)
    with tempfile.TemporaryDirectory(prefix="memoria-") as work:
        dumped = engine.dump(connection, name, kind, file.write, Path(work), digests=False, silence=silence)
    file.commit()
    return dumped.contents.rows


def _suspicion(contents: Contents, earlier: list[catalogue.Entry]) -> str:
    if not contents.tables:
        return "it holds no table"
    last = next((entry.sidecar for entry in reversed(earlier) if entry.is_good), None)
    if last is None or 2 * contents.rows >= last.contents.rows:
        return ""
    return f"{contents.rows:,} rows, and the verified backup before it has {last.contents.rows:,}"


def _extension(destination: Destination) -> str:
    return f".{destination.dump if destination.dump == SQL else 'dump'}{ending(destination.compression)}"
