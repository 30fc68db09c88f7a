"""A snapshot as a download: the engine writes it into one end of a pipe while the browser reads from the other."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import DEFAULT_DB_ALIAS, connections
from django.http import StreamingHttpResponse

from memoria.databases import connection_for, describe
from memoria.snapshot.errors import DatabaseFailure, SnapshotError
from memoria.snapshot.exporter import Export
from memoria.snapshot.files import OutputFile
from memoria.snapshot.registry import TABLES
from memoria.snapshot.selection import Selection

_CHUNK = 64 << 10
COMPRESSIONS = {"": "", "gzip": ".gz", "zstd": ".zst"}
"""Compression -> what the name of a file ends with."""


def download(tables: set[str], selection: Selection | None, format: str, compression: str) -> StreamingHttpResponse:
    """The snapshot of these tables. Raises SnapshotError where it cannot be begun."""
    stream = _Stream(tables, selection, format, compression)
    name = f"memories_{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}.{format}{COMPRESSIONS[compression]}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(stream.begun(), content_type="application/octet-stream", headers=headers)


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
            tables = tuple(table for table in TABLES if table.name in self._tables)
            connection = connection_for(alias=DEFAULT_DB_ALIAS)
            with OutputFile(f"/dev/fd/{self._sink}", self._compression) as file:
                Export(
                    file,
                    connection,
                    describe(connection),
                    tables=tables,
                    selection=self._selection,
                    format=self._format,
                ).run()
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
