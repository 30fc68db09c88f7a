"""Adds the errors of backups to those of the engine (`memoria/snapshot/errors.py`).

InvalidBackup       exit code 1: the file is not the one its sidecar tells of, or does not restore to it
NotRestorable       exit code 1: whole as it is, no server makes a database of it
WrongArguments      exit code 2: what was asked for cannot be
"""

from __future__ import annotations

from memoria.snapshot.errors import SnapshotError


class InvalidBackup(SnapshotError):
    pass


class NotRestorable(SnapshotError):
    pass


class WrongArguments(SnapshotError):
    exit_code = 2
