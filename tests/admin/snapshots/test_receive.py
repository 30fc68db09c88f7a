"""What comes over the wire: sizes, forms, tickets, names, bombs. Nothing is read too early, nothing stays behind."""

from __future__ import annotations

import gzip
import io
import os
import re
import resource
import signal
import stat
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import zstandard
from django.contrib.auth.models import User
from django.core import signing
from django.core.checks import run_checks
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.utils import override_settings

from memoria.admin.snapshots import storage
from memoria.models import LongTermMemory, Upload
from memoria.snapshot.errors import FileFailure
from tests.admin.snapshots.conftest import ADD, Sign, act, address_of, ended, memories, send, uploaded

State = Upload.State
LIMIT = 3_000_000
FIELD = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'


class Body(io.RawIOBase):
    """A body of any length that counts what is read of it; it breaks off where it is told to."""

    def __init__(self, head: bytes, length: int, breaks_at: int | None = None) -> None:
        self._head = head
        self._left = length
        self._breaks_at = breaks_at
        self.read_bytes = 0

    def read(self, size: int = -1) -> bytes:
        if self._breaks_at is not None and self.read_bytes >= self._breaks_at:
            raise ConnectionResetError("the other side is gone")
        wanted = self._left if size < 0 else min(size, self._left)
        piece = (self._head[self.read_bytes : self.read_bytes + wanted]).ljust(wanted, b"x")
        self._left -= len(piece)
        self.read_bytes += len(piece)
        return piece


HEAD = b'--B\r\nContent-Disposition: form-data; name="snapshot"; filename="a.json"\r\n\r\n'


def post(client: Client, path: str, body: Body, length: int, **headers: Any) -> Any:
    request = {"wsgi.input": body, "CONTENT_LENGTH": str(length), "CONTENT_TYPE": "multipart/form-data; boundary=B"}
    return client.generic("POST", path, **{**request, **headers})


@pytest.mark.parametrize("length", [200_000_000, 1_000_000_000])
@pytest.mark.parametrize("who", ["anonymous", "staff", "exporter", "inactive"])
def test_nothing_is_read_from_who_may_not_upload(
    sqlite_site: str, sign_in: Sign, folder: Path, who: str, length: int
) -> None:
    client = Client(enforce_csrf_checks=True)
    if who != "anonymous":
        client = sign_in(*(["export_snapshot"] if who == "exporter" else []))
        User.objects.update(is_active=who != "inactive")
    client.cookies["csrftoken"] = "x" * 32
    body = Body(HEAD, length)
    response = post(client, "/admin/memoria/upload/receive/x/", body, length)
    assert (response.status_code, body.read_bytes) == (413 if who in ("staff", "exporter") else 403, 0)
    assert not folder.exists()


@pytest.mark.parametrize("length", [1000, LIMIT])
@pytest.mark.parametrize("who", ["staff", "exporter"])
def test_nothing_is_read_of_a_size_that_others_may_send(sqlite_site: str, sign_in: Sign, who: str, length: int) -> None:
    client = sign_in(*(["export_snapshot"] if who == "exporter" else []))
    body = Body(HEAD, length)
    assert post(client, "/admin/memoria/upload/receive/x/", body, length).status_code == 403
    assert body.read_bytes == 0


def test_what_says_that_it_is_too_large_is_not_read(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    body = Body(HEAD, 10_000_000)
    response = post(client, address_of(client), body, 10_000_000)
    assert (response.status_code, body.read_bytes) == (413, 0)
    assert response.headers["Connection"] == "close"


def test_a_file_above_the_limit_is_read_no_further(sqlite_site: str, sign_in: Sign, folder: Path) -> None:
    client = sign_in(administrator=True)
    body = Body(HEAD, LIMIT + 500_000)
    response = post(client, address_of(client), body, LIMIT + 500_000)
    assert response.status_code == 413
    assert body.read_bytes <= LIMIT + (1 << 20)
    assert "The file is larger than 3,000,000 bytes, the most that is taken here" in response.content.decode()
    assert os.listdir(folder) == []
    assert Upload.objects.count() == 0


def test_a_file_of_just_the_limit(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    content = memories("m-1")
    upload = uploaded(client, content + b"\n" * (LIMIT - len(content)))
    assert (upload.state, upload.size) == (State.PREVIEWED, LIMIT)


@pytest.mark.parametrize("at", [0, 50, 200, 100_000, 1_000_000])
def test_a_connection_that_breaks(sqlite_site: str, sign_in: Sign, folder: Path, at: int) -> None:
    client = sign_in(administrator=True)
    path = address_of(client)
    response = post(client, path, Body(HEAD, 2_000_000, breaks_at=at), 2_000_000)
    assert response.status_code == 400
    assert not folder.exists() or os.listdir(folder) == []
    assert Upload.objects.count() == 0


@pytest.mark.parametrize(
    ("type", "body", "status"),
    [
        ("multipart/form-data", b"x", 400),
        ("multipart/form-data; boundary=", b"x", 400),
        ("multipart/form-data; boundary=B", b"", 400),
        ("multipart/form-data; boundary=B", b"no parts", 400),
        ("multipart/form-data; boundary=B", HEAD + b"\r\n--B--\r\n", 400),
        ("multipart/form-data; boundary=B", (HEAD + b"{}\r\n") * 2 + b"--B--\r\n", 400),
        ("multipart/form-data; boundary=B", HEAD.replace(b"snapshot", b"other") + b"{}\r\n--B--\r\n", 400),
        ("multipart/form-data; boundary=B", HEAD.replace(b'; filename="a.json"', b"") + b"{}\r\n--B--\r\n", 400),
        (
            "multipart/form-data; boundary=B",
            b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 2000,
            400,
        ),
        ("multipart/form-data; boundary=B", HEAD.replace(b"snapshot", b"o") * 300 + b"--B--\r\n", 400),
        ("application/x-www-form-urlencoded", b"snapshot=x", 400),
        ("application/json", b'{"snapshot": 1}', 400),
        ("text/plain", b"x" * 1000, 400),
        ("", b"x", 400),
    ],
    ids=lambda value: str(value)[:30],
)
def test_forms_that_are_none(
    sqlite_site: str, sign_in: Sign, folder: Path, type: str, body: bytes, status: int
) -> None:
    client = sign_in(administrator=True)
    response = client.generic("POST", address_of(client), body, content_type=type)
    assert response.status_code == status
    assert not folder.exists() or os.listdir(folder) == []
    assert Upload.objects.count() == 0


def test_a_body_that_is_compressed_on_the_way_is_taken_for_what_it_is(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    body = gzip.compress(HEAD + memories("m-1") + b"\r\n--B--\r\n")
    response = client.generic(
        "POST",
        address_of(client),
        body,
        content_type="multipart/form-data; boundary=B",
        headers={"Content-Encoding": "gzip"},
    )
    assert (response.status_code, Upload.objects.count()) == (400, 0)


# Tickets


def forged(client: Client, kind: str) -> str:
    """The address of a form that is not this session's."""
    right = address_of(client)
    ticket = right.split("/")[-2]
    match kind:
        case "none":
            wrong = "x"
        case "cut":
            wrong = ticket[:-1]
        case "altered":
            wrong = ("A" if ticket[0] != "A" else "B") + ticket[1:]
        case "signed for something else":
            wrong = signing.dumps("x")
        case "of nobody":
            wrong = signing.dumps("x", salt="memoria.admin.snapshots.ticket")
        case _:
            raise AssertionError(kind)
    return right.replace(ticket, wrong)


@pytest.mark.parametrize("kind", ["none", "cut", "altered", "signed for something else", "of nobody"])
def test_a_forged_ticket(sqlite_site: str, sign_in: Sign, folder: Path, kind: str) -> None:
    client = sign_in(administrator=True)
    body = Body(HEAD, 1_000_000)
    response = post(client, forged(client, kind), body, 1_000_000)
    assert (response.status_code, body.read_bytes, Upload.objects.count()) == (403, 0, 0)


def test_the_ticket_of_another_session(sqlite_site: str, sign_in: Sign) -> None:
    ada, bob = sign_in(administrator=True), sign_in(administrator=True)
    body = Body(HEAD, 1000)
    assert post(bob, address_of(ada), body, 1000).status_code == 403
    # Nor does one of an earlier session of the same user do.
    ticket = address_of(ada)
    ada.logout()
    ada.force_login(User.objects.get(username="user-0"))
    assert post(ada, ticket, body, 1000).status_code == 403
    assert body.read_bytes == 0


def test_an_old_ticket(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    ticket = address_of(client)
    body = Body(HEAD, 1000)
    now = time.time
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.core.signing.time.time", lambda: now() + 13 * 3600)
        assert post(client, ticket, body, 1000).status_code == 403
    assert body.read_bytes == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://testserver"}, 403),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": "http://testserver:8080"}, 403),
        ({"Referer": "https://evil.example/http://testserver/"}, 403),
        ({"Origin": "http://testserver"}, 302),
        ({"Referer": "http://testserver/admin/"}, 302),
        ({}, 302),
    ],
    ids=str,
)
def test_where_a_form_comes_from(sqlite_site: str, sign_in: Sign, headers: dict[str, str], status: int) -> None:
    client = sign_in(administrator=True)
    file = SimpleUploadedFile("a.json", memories("m-1"))
    response = client.post(address_of(client), {"snapshot": file}, headers=headers)
    assert response.status_code == status
    if status == 302:
        ended(response.headers["Location"].split("/")[-2])


# Names

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'-alert(1)-'",
    "javascript:alert(1)",
    "</title><script>alert(1)</script>",
    "{{ 7|add:7 }}{% debug %}",
    "${7*7}",
    "<!--",
    "]]>",
    "&lt;b&gt;",
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "\u202egnp.exe",
    "\x1b[31mred",
    "=cmd|' /C calc'!A0",
    "<math><mi xlink:href='javascript:alert(1)'>",
    "<style>*{display:none}</style>",
    "<base href='//evil.example/'>",
    "<form action='//evil.example'><input name=csrfmiddlewaretoken>",
)


@pytest.mark.parametrize(
    "name",
    [
        "../../x.json",
        "/etc/passwd",
        "..\\..\\x.json",
        "C:\\x.json",
        "a\r\nSet-Cookie: x=y",
        "x" * 300 + ".json",
        "-rf",
        "a.json.exe",
        ".",
        "..",
        "~root",
        "%2e%2e%2fx",
        "con.json",
        *PAYLOADS[:6],
    ],
)
def test_odd_names(sqlite_site: str, sign_in: Sign, folder: Path, name: str) -> None:
    client = sign_in(administrator=True)
    quoted = name.replace("\\", "\\\\").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    body = HEAD.replace(b"a.json", quoted.encode()) + memories("m-1") + b"\r\n--B--\r\n"
    response = client.generic("POST", address_of(client), body, content_type="multipart/form-data; boundary=B")
    if response.status_code == 400:  # what has no name is no file
        assert name in (".", "..")
        return
    upload = ended(response.headers["Location"].split("/")[-2])
    (stored,) = [entry for entry in os.listdir(folder) if not entry.endswith(".progress")]
    assert len(stored) == 32
    assert set(stored) <= set("0123456789abcdef")
    assert "/" not in upload.name
    assert "\\" not in upload.name
    assert len(upload.name) <= 255
    assert not any(ord(character) < 32 for character in upload.name)
    only_ours(client, upload)


class Elements(HTMLParser):
    """Counts the elements of a page, and collects what would run."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.running: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.count += 1
        for name, value in attributes:
            leads = name in ("href", "src", "action", "formaction", "xlink:href", "data")
            runs = leads and (value or "").strip().lower().startswith(("javascript:", "data:"))
            if runs or name.startswith("on") or name in ("style", "srcdoc"):
                self.running.append(f"{tag} {name}={value}")
        inline = tag == "script" and not dict(attributes).get("src")
        if inline or tag in ("iframe", "base", "object", "embed", "math"):
            self.running.append(tag)


def elements(client: Client, path: str) -> Elements:
    found = Elements()
    found.feed(client.get(path).content.decode())
    return found


def only_ours(client: Client, upload: Upload) -> None:
    """The pages of an upload have no more elements than those of one with a plain name, and run nothing."""
    for path in (f"/admin/memoria/upload/{upload.pk}/", "/admin/memoria/upload/"):
        assert elements(client, path).running == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_texts_in_every_place(sqlite_site: str, sign_in: Sign, payload: str) -> None:
    client = sign_in(administrator=True)

    def shown(text: str) -> int:
        """Elements of the page of an upload that holds the text wherever it can."""
        LongTermMemory.objects.all().delete()
        LongTermMemory.objects.create(
            memory_id=f"m {text}",
            processed_data={},
            searchable_content="x",
            summary=f"old {text}",
            namespace=f"n {text}",
        )
        content = memories(f"m {text}", f"other {text}", summary=f"new {text}", namespace=f"n {text}")
        upload = uploaded(client, content, "a.json")
        Upload.objects.filter(pk=upload.pk).update(
            name=f"name {text}", message=f"message {text}", owner_name=f"o {text}"
        )
        found = elements(client, f"/admin/memoria/upload/{upload.pk}/")
        assert found.running == []
        page = client.get(f"/admin/memoria/upload/{upload.pk}/").content.decode()
        assert "\u202e" not in re.sub('<input type="text"[^>]*>', "", page)
        assert elements(client, "/admin/memoria/upload/").running == []
        return found.count

    assert shown(payload) == shown("plain")


# Bombs


@pytest.mark.parametrize(
    ("compress", "inside"),
    [
        (gzip.compress, "spaces"),
        (zstandard.ZstdCompressor(9).compress, "spaces"),
        (gzip.compress, "a value"),
        (zstandard.ZstdCompressor(9).compress, "rows"),
    ],
    ids=["gzip-spaces", "zstd-spaces", "gzip-a-value", "zstd-rows"],
)
def test_a_bomb_is_refused_and_costs_little(sqlite_site: str, sign_in: Sign, compress: Any, inside: str) -> None:
    head = memories("m-1")
    filler = b" " * 80_000_000 if inside == "spaces" else b""
    if inside == "a value":
        head = head.replace(b'"summary"', b'"x": "' + b"a" * 80_000_000 + b'", "summary"', 1)
    if inside == "rows":
        head = memories("m-1", summary="a" * 4000)
        one = head[head.index(b"   {\n") : head.index(b"\n  ]")]
        head = head.replace(one, b",\n".join([one] * 10_000))
    content = compress(head[:-1] + filler + b"}")
    del head, filler
    client = sign_in(administrator=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    upload = uploaded(client, content, "bomb")
    assert upload.state == State.REFUSED
    assert "grows to more than 250 times its size when it is unpacked" in upload.message
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_what_is_packed_well_is_no_bomb(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    content = memories("m-1", searchable_content="word " * 1_000_000)
    upload = uploaded(client, gzip.compress(content))
    assert upload.state == State.PREVIEWED, upload.message


def test_content_that_is_too_large_altogether(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    path = address_of(client)
    content = memories("m-1", searchable_content="word " * 30_000)
    with override_settings(MEMORIA_UPLOAD_MAX_BYTES=2000):
        response = client.post(path, {"snapshot": SimpleUploadedFile("a.gz", gzip.compress(content))})
        upload = ended(response.headers["Location"].split("/")[-2])
    assert upload.message == "a.gz: the file is too large when it is unpacked: import it with the command import-data"


# The folder


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes(sqlite_site: str, sign_in: Sign, folder: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        upload = uploaded(sign_in(administrator=True), memories("m-1"))
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / upload.stored).stat().st_mode) == 0o600


def others(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o755)


def writable(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


def a_link(folder: Path) -> None:
    (folder.parent / "real").mkdir(mode=0o700)
    folder.symlink_to(folder.parent / "real")


def a_file(folder: Path) -> None:
    folder.touch()


def another_users(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, 12345, 12345)
    else:
        folder.chmod(0o777)


@pytest.mark.parametrize("make", [others, writable, a_link, a_file, another_users])
def test_a_folder_that_is_not_ours_alone(sqlite_site: str, sign_in: Sign, folder: Path, make: Any) -> None:
    make(folder)
    client = sign_in(administrator=True)
    response = send(client, memories("m-1"))
    assert (response.status_code, Upload.objects.count()) == (507, 0)
    assert [check.id for check in run_checks(tags=["memoria"])] == ["memoria.E002"]


@pytest.mark.parametrize("setting", ["STATIC_ROOT", "MEDIA_ROOT"])
@pytest.mark.parametrize("below", ["", "deeper/down"])
def test_a_folder_that_is_served(folder: Path, setting: str, below: str) -> None:
    with override_settings(**{setting: str(folder), "MEMORIA_UPLOAD_DIR": folder / below}):
        (found,) = run_checks(tags=["memoria"])
        assert (found.id, found.hint) == ("memoria.E003", "Name another folder in MEMORIA_UPLOAD_DIR.")


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file of this process may grow beyond 1 MB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_no_room_while_a_file_comes(sqlite_site: str, sign_in: Sign, folder: Path, request: Any) -> None:
    client = sign_in(administrator=True)
    path = address_of(client)
    request.getfixturevalue("full_disk")
    response = client.post(path, {"snapshot": SimpleUploadedFile("a.json", b"x" * 2_000_000)})
    assert (response.status_code, os.listdir(folder), Upload.objects.count()) == (507, [], 0)
    assert "There is no room left for this file on the server; nothing of it was kept." in response.content.decode()
    assert uploaded(client, memories("m-1")).state == State.PREVIEWED


def test_a_stored_name_is_never_a_path() -> None:
    for name in ("../x", "/etc/passwd", "", "a" * 31, "A" * 32, "a" * 32 + "\n"):
        with pytest.raises(FileFailure):
            storage.open_stored(name)
        storage.remove(name)
        assert storage.progress_of(name) == {}


def test_the_page_tells_the_limit(sqlite_site: str, sign_in: Sign) -> None:
    text = sign_in("import_snapshot").get(ADD).content.decode()
    assert "at most 3.0 MB" in text
    assert 'data-limit="3000000"' in text


def test_what_was_uploaded_cannot_be_fetched(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1"))
    for path in (f"/uploads/{upload.stored}", f"/static/{upload.stored}", f"/admin/memoria/upload/{upload.stored}/"):
        assert client.get(path).status_code == 404
    assert act(client, upload, "remove").status_code == 302
