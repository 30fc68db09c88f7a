"""A snapshot as a download: the engine writes into one end of a pipe while the browser reads from the other."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from django.db import DEFAULT_DB_ALIAS, connections
from django.http import StreamingHttpResponse

from memoria.admin.snapshots import storage
from memoria.admin.snapshots.preview_apply import database_name
from memoria.databases import connection_for
from memoria.models.uploads import new_id
from memoria.snapshot import Export, Selection
from memoria.snapshot.database import is_file
from memoria.snapshot.errors import DatabaseFailure, FileFailure, SnapshotError
from memoria.snapshot.files import OutputFile
from memoria.snapshot.files.compression import ending
from memoria.snapshot.schema.registry import TABLES

log = logging.getLogger(__name__)

_CHUNK = 64 << 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a snapshot is made of, and of which tables it says what it leaves out (None: of all)."""

    tables: set[str]
    told: set[str] | None
    selection: Selection | None = None
    format: str = "json"
    compression: str = ""


def download(wanted: Wanted) -> StreamingHttpResponse:
    """The snapshot. Raises SnapshotError where it cannot be begun.

    SQLite lets nobody write while somebody reads, and a download may be slow: there the file is written first.
    """
    pieces = _spooled(wanted) if is_file(connections[DEFAULT_DB_ALIAS]) else _Stream(wanted).begun()
    name = f"memories_{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}.{wanted.format}{ending(wanted.compression)}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(pieces, content_type="application/octet-stream", headers=headers)


def _export(file: OutputFile, wanted: Wanted) -> None:
    connection = connection_for(alias=DEFAULT_DB_ALIAS)
    chosen = tuple(table for table in TABLES if table.name in wanted.tables)
    Export(file, connection, database_name(), chosen, wanted.selection, wanted.format, told=wanted.told).run()


def _spooled(wanted: Wanted) -> Iterator[bytes]:
    path = storage.folder() / new_id()
    try:
        with OutputFile(str(path), wanted.compression) as file:
            _export(file, wanted)
    except FileFailure as error:
        # It names a place on the server.
        log.error("export: %s", error)
        raise FileFailure("the server cannot write the snapshot; its log tells why") from None
    content = path.open("rb")
    path.unlink()
    return _read(content)


def _read(content: BinaryIO) -> Iterator[bytes]:
    with content:
        while piece := content.read(_CHUNK):
            yield piece


class _Stream:
    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._error: BaseException | None = None
        self._source, self._sink = os.pipe()
        self._thread = threading.Thread(target=self._write, name="export", daemon=True)

    def begun(self) -> Iterator[bytes]:
        """The file in pieces, the first of which is there already, so that a refusal can still be told."""
        self._thread.start()
        first = self._piece()
        second = self._piece()
        if not second:
            self._finish()
        return self._pieces(first, second)

    def _pieces(self, held: bytes, piece: bytes) -> Iterator[bytes]:
        """What is read, one piece behind: without its last one a file that failed is seen to be cut."""
        try:
            while piece:
                yield held
                held, piece = piece, self._piece()
            self._finish()
            yield held
        finally:
            self._close()

    def _piece(self) -> bytes:
        """The next bytes, a whole chunk but for the last; none at the end."""
        found = b""
        while len(found) < _CHUNK and (piece := os.read(self._source, _CHUNK - len(found))):
            found += piece
        return found

    def _finish(self) -> None:
        self._thread.join()
        if self._error is not None:
            self._close()
            raise self._error

    def _close(self) -> None:
        """Whoever writes into a pipe that is closed here ends."""
        with contextlib.suppress(OSError):
            os.close(self._source)
        self._source = -1

    def _write(self) -> None:
        try:
            with OutputFile(f"/dev/fd/{self._sink}", self._wanted.compression) as file:
                _export(file, self._wanted)
        except BrokenPipeError:
            pass
        except SnapshotError as error:
            self._error = error
        except Exception:
            self._error = DatabaseFailure("the export failed; nothing of it can be used")
            raise
        finally:
            os.close(self._sink)
            connections.close_all()
