"""Answers `/healthz`: whether the site could work, in a word for each part that could not.

It stands before all other middleware: a probe comes over plain HTTP, names no host that is allowed, and has no session.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from memoria import conf
from memoria.admin.snapshots.storage import unsafe

PATH = "/healthz"


class Health:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info != PATH:
            return self._get_response(request)
        wrong = problems() if request.method in ("GET", "HEAD") else ["method"]
        status = 405 if wrong == ["method"] else 503 if wrong else 200
        text = "".join(f"{word}\n" for word in wrong or ["ok"])
        return HttpResponse(text, content_type="text/plain", status=status, headers={"Cache-Control": "no-store"})


def problems() -> list[str]:
    """`database`, `migrations`, `uploads`: what does not work. Nothing is written to find out."""
    found = []
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            found.append("migrations")
    except Error:
        found.append("database")
    if not _is_writable(conf.upload_dir()):
        found.append("uploads")
    return found


def _is_writable(folder: Path) -> bool:
    """The upload folder is made when it is needed, and then its parent has to be one that can be written."""
    if unsafe(folder):
        return False
    place = next((path for path in (folder, *folder.absolute().parents) if path.exists()), None)
    return place is not None and os.access(place, os.W_OK | os.X_OK)
