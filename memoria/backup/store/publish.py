"""Gives a complete backup its name, and takes backups away; a file and its sidecar belong together at any moment."""

from __future__ import annotations

import os
from pathlib import Path

from memoria.backup.store import readings, refusal
from memoria.backup.store import sidecar as sidecars
from memoria.backup.store.destination import require_file_or_nothing
from memoria.backup.store.sidecar import Sidecar
from memoria.snapshot.errors import FileFailure
from memoria.snapshot.files import sync_folder


def publish(draft: Path, path: Path, found: Sidecar) -> None:
    """Give a complete backup its name, and its sidecar. Whenever it is killed, the two belong together."""
    pending = sidecars.pending_path_of(path)
    try:
        require_file_or_nothing(pending)
        try:
            sidecars.write(found, pending)
            os.replace(draft, path)
        except BaseException:
            pending.unlink(missing_ok=True)
            raise
        os.replace(pending, sidecars.path_of(path))
        refusal.path_of(path).unlink(missing_ok=True)  # of the one that it replaces
        sync_folder(path.parent)
    except OSError as error:
        raise FileFailure.of("write", str(path), error) from None


def remove(path: Path) -> None:
    """The backup first: a sidecar without a backup is shown as such, and harms nobody."""
    try:
        path.unlink(missing_ok=True)
        sidecars.path_of(path).unlink(missing_ok=True)
        refusal.path_of(path).unlink(missing_ok=True)
        readings.path_of(path).unlink(missing_ok=True)
    except OSError as error:
        raise FileFailure.of("remove", str(path), error) from None


def is_taken(path: Path) -> bool:
    return os.path.lexists(path) or os.path.lexists(sidecars.path_of(path))
