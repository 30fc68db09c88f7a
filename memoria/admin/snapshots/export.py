"""A snapshot as a download: the engine writes into one end of a pipe while the browser reads from the other."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from django.db import DEFAULT_DB_ALIAS, connections
from django.http import StreamingHttpResponse

from memoria.admin.snapshots import storage
from memoria.admin.snapshots.engine import database_name
from memoria.databases import connection_for
from memoria.models.uploads import new_id
from memoria.snapshot.errors import DatabaseFailure, SnapshotError
from memoria.snapshot.exporter import Export
from memoria.snapshot.files import OutputFile
from memoria.snapshot.registry import TABLES
from memoria.snapshot.selection import Selection

_CHUNK = 64 << 10
COMPRESSIONS = {"": "", "gzip": ".gz", "zstd": ".zst"}
"""Compression -> what the name of a file ends with."""


def download(tables: set[str], selection: Selection | None, format: str, compression: str) -> StreamingHttpResponse:
    """The snapshot of these tables. Raises SnapshotError where it cannot be begun.

    SQLite lets nobody write while somebody reads, and a download may be slow: there the file is written first.
    """
    if connections[DEFAULT_DB_ALIAS].vendor == "sqlite":
        pieces = _spooled(tables, selection, format, compression)
    else:
        pieces = _Stream(tables, selection, format, compression).begun()
    name = f"memories_{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}.{format}{COMPRESSIONS[compression]}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(pieces, content_type="application/octet-stream", headers=headers)


def _export(file: OutputFile, tables: set[str], selection: Selection | None, format: str) -> None:
    connection = connection_for(alias=DEFAULT_DB_ALIAS)
    chosen = tuple(table for table in TABLES if table.name in tables)
    Export(file, connection, database_name(), chosen, selection, format).run()


def _spooled(tables: set[str], selection: Selection | None, format: str, compression: str) -> Iterator[bytes]:
    path = storage.folder() / new_id()
    with OutputFile(str(path), compression) as file:
        _export(file, tables, selection, format)
    content = path.open("rb")
    path.unlink()
    return _read(content)


def _read(content: BinaryIO) -> Iterator[bytes]:
    with content:
        while piece := content.read(_CHUNK):
            yield piece


class _Stream:
    def __init__(self, tables: set[str], selection: Selection | None, format: str, compression: str) -> None:
        self._tables = tables
        self._selection = selection
        self._format = format
        self._compression = compression
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
            with OutputFile(f"/dev/fd/{self._sink}", self._compression) as file:
                _export(file, self._tables, self._selection, self._format)
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
