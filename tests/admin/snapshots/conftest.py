"""Uploads in this process: what a browser sends, and what the threads behind it make of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.utils import override_settings

from memoria.models import Upload
from tests.support.samples.rows import layout_c, snapshot_row

ADD = "/admin/memoria/upload/add/"
ENDED = tuple(state for state in Upload.State.values if state not in Upload.BUSY)


def memories(*ids: str, **values: Any) -> bytes:
    """A snapshot of long-term memories."""
    rows = [
        snapshot_row("long_term_memory", memory_id=id, **{"searchable_content": f"content of {id}", **values})
        for id in ids
    ]
    return layout_c(long_term_memory=rows)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """The upload folder."""
    path = tmp_path / "uploads"
    with override_settings(MEMORIA_UPLOAD_DIR=path, MEMORIA_UPLOAD_MAX_BYTES=3_000_000):
        yield path


def address_of(client: Client) -> str:
    """Where the form of the upload page sends its file."""
    found = re.search(r'action="(/admin/memoria/upload/receive/[^"]+)"', client.get(ADD).content.decode())
    assert found
    return found[1]


def send(client: Client, content: bytes, name: str = "a.json") -> Any:
    return client.post(address_of(client), {"snapshot": SimpleUploadedFile(name, content)})


def ended(pk: str) -> Upload:
    """The upload once no worker has it."""
    end = time.monotonic() + 20
    while (upload := Upload.objects.get(pk=pk)).state not in ENDED:
        assert time.monotonic() < end, upload.state
        time.sleep(0.02)
    return upload


def uploaded(client: Client, content: bytes, name: str = "a.json") -> Upload:
    """An upload that has been checked."""
    response = send(client, content, name)
    assert response.status_code == 302, response.content
    return ended(response.headers["Location"].split("/")[-2])


def act(client: Client, upload: Upload, what: str, **values: Any) -> Any:
    return client.post(f"/admin/memoria/upload/{upload.pk}/{what}/", values)


def chosen(client: Client, upload: Upload, **values: Any) -> Upload:
    """The upload with a new preview."""
    response = act(client, upload, "preview", **{"mode": "merge", **values})
    assert response.status_code == 302, response.content
    return ended(upload.pk)


def applied(client: Client, upload: Upload, **values: Any) -> Upload:
    response = act(client, upload, "apply", preview=upload.attempt, **values)
    assert response.status_code == 302, response.content
    return ended(upload.pk)


Sign = Callable[..., Client]
