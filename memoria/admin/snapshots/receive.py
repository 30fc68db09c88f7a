"""Takes an uploaded file as it comes: straight into its private place, counted and digested on the way."""

from __future__ import annotations

import errno
import hashlib
import os
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from memoria.admin.snapshots import storage
from memoria.snapshot.errors import FileFailure

FIELD = "snapshot"
ROOM = 1 << 20
"""Bytes that a form may have beside its file."""


class Refused(Exception):
    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Receiving(FileUploadHandler):
    """Use as a context manager around reading the request: what was not kept by its end is removed."""

    def __init__(self, request: HttpRequest, limit: int) -> None:
        super().__init__(request)
        self._form = request
        self.limit = limit
        self.name = ""
        self.size = 0
        self.stored = ""
        self.sha256 = ""
        self._digest = hashlib.sha256()
        self._descriptor = -1
        self._refused: Refused | None = None
        self._kept = False

    def __enter__(self) -> Receiving:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()
        if self.stored and not self._kept:
            storage.remove(self.stored)

    def read(self) -> None:
        """Read the request. Raises Refused where it does not bring exactly one file that may be kept."""
        _require_room(self._form)
        self._form.upload_handlers = [self]
        try:
            self._form.FILES  # noqa: B018 - reads the body
        except MultiPartParserError:
            raise Refused("The form could not be read; send it again.", 400) from None
        except UnreadablePostError:
            raise Refused("The upload ended before the file was complete; send it again.", 400) from None
        if self._refused:
            raise self._refused
        if not self.sha256:
            raise Refused("Choose a file first.", 400)
        if not self.size:
            raise Refused("The file is empty.", 400)

    def keep(self) -> None:
        self._kept = True

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.field_name != FIELD:
            raise SkipFile
        if self.stored:
            self._stop(Refused("Send one file at a time.", 400))
        self.name = str(self.file_name)[:255]
        try:
            self.stored, self._descriptor = storage.create()
        except FileFailure as error:
            self._stop(Refused(f"{error}.", 507))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if self.field_name != FIELD:
            return raw_data
        self.size += len(raw_data)
        if self.size > self.limit:
            self._stop(Refused(too_large(self.limit), 413))
        self._digest.update(raw_data)
        try:
            view = memoryview(raw_data)
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            self._stop(_full(error))
        return None

    def file_complete(self, file_size: int) -> Any:
        if self._descriptor < 0:
            return None
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            self._stop(_full(error))
        self._close()
        self.sha256 = self._digest.hexdigest()
        return None

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _stop(self, refused: Refused) -> None:
        self._refused = refused
        raise StopUpload(connection_reset=True)  # nothing more of it is read


def too_large(limit: int) -> str:
    return (
        f"The file is larger than {limit:,} bytes, the most that is taken here (MEMORIA_UPLOAD_MAX_BYTES):"
        " import it on the server, with the command import-data."
    )


def _require_room(request: HttpRequest) -> None:
    try:
        free = os.statvfs(storage.folder())
    except (OSError, FileFailure) as error:
        raise Refused(f"{error}.", 507) from None
    if int(request.META.get("CONTENT_LENGTH") or 0) > free.f_bavail * free.f_frsize:
        raise Refused("There is no room for this file on the server.", 507)


def _full(error: OSError) -> Refused:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Refused("There is no room left for this file on the server; nothing of it was kept.", 507)
    return Refused("The server could not write the file; nothing of it was kept.", 507)
