"""Reads and writes what is known of a backup, beside it as `NAME.json`. docs/backups.md specifies it."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from memoria import json_bytes
from memoria.backup.errors import InvalidBackup
from memoria.backup.store.destination import SIDECAR
from memoria.backup.store.digests import Contents
from memoria.backup.store.properties import Properties
from memoria.snapshot.errors import FileFailure

VERSION = 1
_LARGEST = 64 << 20
_SHA256 = re.compile("[0-9a-f]{64}")


Kind = Literal["sqlite", "postgresql"]
"""Of databases; Django calls them so too."""


class Verified(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at: str
    how: Literal["restored", "read"]
    """Restored into a scratch database and compared, or only read to the end and compared."""


class Sidecar(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    format: Literal["memoria-backup"] = "memoria-backup"
    version: int = VERSION
    created_at: str
    sequence: int
    """Counts the backups of a destination: their order, whatever the clock says."""
    generator: str
    kind: Kind
    server: str
    """Version of SQLite or of the server."""
    database: str
    dump: Literal["sql", "custom"]
    compression: Literal["", "gzip", "zstd"]
    size: int
    sha256: str
    contents: Contents
    verified: Verified | None
    suspicious: str
    """Why somebody should look at it; empty if there is no reason."""
    properties: Properties | None = None
    """Of a PostgreSQL database; a sidecar without them was made before there were any."""

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.created_at)


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    backup: Sidecar
    sha256: str
    """Of `backup` as JSON without white space."""


def path_of(backup: Path) -> Path:
    return backup.with_name(backup.name + SIDECAR)


def pending_path_of(backup: Path) -> Path:
    """Where the sidecar waits while the backup gets its name."""
    return backup.with_name(f".{backup.name}{SIDECAR}.next")


def encoded(sidecar: Sidecar) -> bytes:
    fields = {name: getattr(sidecar, name) for name in sidecar.__struct_fields__}
    if sidecar.properties is None:
        del fields["properties"]
    digest = hashlib.sha256(json_bytes.encoded(fields)).hexdigest()
    return msgspec.json.format(json_bytes.encoded({"backup": fields, "sha256": digest}), indent=1) + b"\n"


def write(sidecar: Sidecar, path: Path) -> None:
    """The sidecar at `path`, complete and flushed; whoever calls it gives it its final name."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(encoded(sidecar))
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise FileFailure.of("write", str(path), error) from None


def read(path: Path) -> Sidecar:
    """Raises InvalidBackup where it is not exactly as it was written, FileFailure where it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            data = file.read(_LARGEST)
    except OSError as error:
        raise FileFailure.of("read", str(path), error) from None
    return _decoded(data, path)


def _decoded(data: bytes, path: Path) -> Sidecar:
    try:
        stored = msgspec.json.decode(data, type=_Stored)
        sidecar = stored.backup
        newer = sidecar.version > VERSION
        whole = encoded(sidecar) == data and _is_sane(sidecar)
    except (msgspec.MsgspecError, ValueError, UnicodeError, RecursionError):
        raise InvalidBackup(f"{path} is damaged, or is not the sidecar of a backup") from None
    if newer:
        raise InvalidBackup(f"{path} has version {sidecar.version}, and this program knows {VERSION}: upgrade it")
    if not whole:
        raise InvalidBackup(f"{path} was changed after it was written")
    return sidecar


def _is_sane(sidecar: Sidecar) -> bool:
    counted = [*sidecar.contents.tables.values(), *sidecar.contents.objects.values()]
    numbers = [sidecar.size, sidecar.sequence, sidecar.version, *(counts.rows for counts in counted)]
    digests = [sidecar.sha256, *(counts.sha256 for counts in counted if counts.sha256)]
    known = sidecar.version == VERSION and sidecar.moment.tzinfo is UTC
    return known and min(numbers) >= 0 and all(_SHA256.fullmatch(digest) for digest in digests)


def now() -> datetime:
    return datetime.now(UTC)
