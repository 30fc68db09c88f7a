"""The backups in a folder, as their sidecars tell of them."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from memoria.backup.errors import InvalidBackup
from memoria.backup.store import refusal
from memoria.backup.store import sidecar as sidecars
from memoria.backup.store.destination import SIDECAR, Destination
from memoria.backup.store.file import BackupFile
from memoria.backup.store.sidecar import Sidecar
from memoria.snapshot import formats
from memoria.snapshot.errors import FileFailure
from memoria.snapshot.files import compression
from memoria.snapshot.files.urls import require_local

_COMPRESSED = "|".join(map(re.escape, compression.ENDINGS))
ANY_NAME = re.compile(rf"[^.].*\.(sql((?i:{_COMPRESSED}))?|dump)", re.DOTALL)
SAFETY = "before-restore-"
"""So begin the names of backups that a restore makes of what it replaces."""


VERIFIED, UNREAD = "verified", "verified when made"
BROKEN = ("damaged sidecar", "wrong size", "damaged", "refused", "missing", "cannot be read")
"""States of what is no backup any more."""


@dataclass(frozen=True)
class Entry:
    """One backup. `state` is verified, suspicious, unverified, before restore, or what is wrong: no sidecar, damaged
    sidecar, wrong size, damaged, refused, missing. Where nobody has read the file, `verified` is `verified when made`.
    """

    path: Path
    state: str
    sidecar: Sidecar | None = None

    @property
    def is_good(self) -> bool:
        """Whether retention counts it."""
        return self.state in (VERIFIED, UNREAD)

    def age(self, now: datetime) -> float | None:
        """Seconds since it was made, none below 0: a clock may have gone back."""
        return max(0.0, (now - self.sidecar.moment).total_seconds()) if self.sidecar else None

    def as_dict(self, now: datetime) -> dict[str, Any]:
        found = self.sidecar
        return {
            "name": self.path.name,
            "state": self.state,
            "created_at": found.created_at if found else None,
            "age_seconds": self.age(now),
            "sequence": found.sequence if found else None,
            "size": found.size if found else None,
            "sha256": found.sha256 if found else None,
            "rows": found.contents.rows if found else None,
            "kind": found.kind if found else None,
            "database": found.database if found else None,
            "generator": found.generator if found else None,
            "verified": found.verified.how if found and found.verified else None,
            "suspicious": found.suspicious if found else None,
        }


def entries(folder: Path, names: re.Pattern[str], *, read: bool = False) -> list[Entry]:
    """All backups of these names, oldest first; with `read` every byte of them is looked at. Raises FileFailure where
    the folder cannot be read."""
    try:
        found = os.listdir(folder)
    except FileNotFoundError:
        raise FileFailure(f"cannot read {folder}: no such folder") from None
    except NotADirectoryError:
        raise FileFailure(f"cannot read {folder}: it is no folder; verify-backup looks at one file") from None
    except OSError as error:
        raise FileFailure.of("read", str(folder), error) from None
    stems = {name.removesuffix(SIDECAR) for name in found if name.endswith(SIDECAR)}
    listed = [_entry(folder / name, read=read) for name in {*found, *stems} if names.fullmatch(name)]
    return sorted(listed, key=lambda entry: (entry.sidecar.sequence if entry.sidecar else 0, entry.path.name))


def _entry(path: Path, *, read: bool) -> Entry:
    try:
        if not os.path.lexists(path):
            return Entry(path, "missing", sidecars.read(sidecars.path_of(path)))
        found = sidecar_of(path)
        status = path.lstat()
    except (FileFailure, OSError):
        return Entry(path, "no sidecar")
    except InvalidBackup:
        return Entry(path, "damaged sidecar")
    if not stat.S_ISREG(status.st_mode) or status.st_size != found.size:
        return Entry(path, "wrong size", found)
    if refusal.of(path, found):
        return Entry(path, "refused", found)
    entry = Entry(path, _state(path, found), found)
    return looked_at(entry) if read else entry


def looked_at(entry: Entry, *, mark: bool = True) -> Entry:
    """The same with the state that every byte of the file shows; with `mark` a damaged one is marked as refused."""
    if entry.sidecar is None or entry.state in BROKEN:
        return entry
    try:
        marking = refusal.marking(entry.path, entry.sidecar) if mark else contextlib.nullcontext()
        with BackupFile(entry.path) as file, marking:
            file.require(entry.sidecar.size, entry.sidecar.sha256)
    except InvalidBackup:
        return replace(entry, state="damaged")
    except FileFailure:
        return replace(entry, state="cannot be read")
    return replace(entry, state=VERIFIED) if entry.state == UNREAD else entry


def _state(path: Path, found: Sidecar) -> str:
    if not found.verified:
        return "unverified"
    if path.name.startswith(SAFETY):
        return "before restore"
    return "suspicious" if found.suspicious else UNREAD


def sidecar_of(path: Path) -> Sidecar:
    """What is known of a backup, also where a run was killed while it gave both their names. Raises FileFailure where
    one of the two is not there."""
    if not path.name:
        raise FileFailure(f"cannot read {path}: it is a directory")
    pending = sidecars.pending_path_of(path)
    if os.path.lexists(pending):
        with contextlib.suppress(InvalidBackup, FileFailure):
            waiting = sidecars.read(pending)
            with BackupFile(path) as file:
                file.require(waiting.size, waiting.sha256)
            return waiting
    if not os.path.lexists(path):
        raise FileFailure(f"cannot read {path}: no such file")
    if path.is_dir():
        raise FileFailure(f"cannot read {path}: it is a folder; name one of its backups, which list-backups shows")
    if formats.by_name(path.name):
        raise FileFailure(f"{path} is named as a snapshot or a sidecar: a snapshot is read by import-data")
    if not os.path.lexists(sidecars.path_of(path)):
        raise FileFailure(
            f"{path} has no sidecar {sidecars.path_of(path).name} beside it: bring both from where it was made"
        )
    return sidecars.read(sidecars.path_of(path))


def settle(path: Path) -> None:
    """Finish, or take back, what a killed run began. Only for who holds the destination's lock."""
    pending = sidecars.pending_path_of(path)
    if not os.path.lexists(pending):
        return
    with contextlib.suppress(InvalidBackup, FileFailure):
        if sidecar_of(path) == sidecars.read(pending):
            os.replace(pending, sidecars.path_of(path))
            return
    pending.unlink(missing_ok=True)


def named(text: str) -> list[Path]:
    """The file of that name, or all backups with a sidecar of a folder or a destination, oldest first."""
    if not (os.path.isdir(text) or "{" in os.path.basename(text)):
        return [Path(text)]
    found = [entry.path for entry in listed(text, read=False) if entry.state != "no sidecar"]
    if not found:
        raise FileFailure(f"there is no backup in {text}")
    return found


def latest(text: str) -> Path:
    """The newest backup of a folder or a destination that is verified, by its sidecar and its size. Raises FileFailure
    where there is none, or where there are backups of several databases."""
    found = [entry for entry in listed(text, read=False) if entry.is_good and entry.sidecar]
    if not found:
        raise FileFailure(f"there is no verified backup in {text}; list-backups shows what there is")
    databases = sorted({entry.sidecar.database for entry in found if entry.sidecar})
    if len(databases) > 1:
        raise FileFailure(f"{text} has backups of {' and of '.join(databases)}: name one file, or a pattern of names")
    return found[-1].path


def listed(text: str, *, read: bool = True) -> list[Entry]:
    """The backups of a folder, or of a destination as it is given to a backup, and whether their files are whole; only
    what their sidecars and sizes say without `read`."""
    require_local("read", text)
    if os.path.isdir(text) or not ANY_NAME.fullmatch(os.path.basename(text)):
        found = entries(Path(text), ANY_NAME, read=read)  # of several destinations, each of which counts for itself
        return sorted(found, key=lambda entry: (entry.sidecar.created_at if entry.sidecar else "", entry.path.name))
    destination = Destination.parse(text)
    return entries(destination.folder, destination.regex(), read=read)
