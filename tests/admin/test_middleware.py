"""What holds for every page."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.test.utils import override_settings

from memoria.admin.middleware import BodyLimit
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain_http() -> Iterator[None]:
    with override_settings(SECURE_SSL_REDIRECT=False):
        yield


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ada", password="secret"))
    return client


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/auth/user/", "/admin/memoria/nothing/"])
def test_headers_of_every_page(administrator: Client, path: str) -> None:
    response = administrator.get(path)
    assert response.headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in response.headers["Cache-Control"]


class Unread(io.BytesIO):
    """A body that says how much of it was read."""

    asked = 0

    def read(self, size: Any = -1) -> bytes:
        self.asked += 1
        return super().read(size)


def post(client: Client, path: str, length: str, **headers: str) -> tuple[int, str, int]:
    """Status, text and number of reads of a POST that claims to have that length."""
    body = Unread(b"x" * 100)
    request = {"wsgi.input": body, "CONTENT_LENGTH": length, "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    response = client.generic("POST", path, **request, **headers)  # type: ignore[arg-type]
    return response.status_code, response.content.decode(), body.asked


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/auth/user/add/", "/admin/memoria/nothing/"])
def test_nothing_large_is_read_from_somebody_unknown(path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "x" * 32
    sentence = "Sign in first: a request of this size is not read from somebody unknown.\n"
    assert post(client, path, str(200 * 1024 * 1024)) == (403, sentence, 0)


def test_a_form_of_somebody_known_has_a_limit_too(administrator: Client) -> None:
    status, text, asked = post(administrator, "/admin/auth/user/add/", "2621441")
    assert (status, text, asked) == (413, "The request has 2,621,441 bytes, and 2,621,440 bytes are read at most.\n", 0)


@pytest.mark.parametrize("length", ["-1", "1e9", "many"])
def test_a_length_that_is_none(administrator: Client, length: str) -> None:
    assert post(administrator, "/admin/auth/user/add/", length) == (
        400,
        "The request does not say how long it is.\n",
        0,
    )


def test_no_command_loads_the_pages() -> None:
    code = (
        "import django, sys; django.setup(); print([name for name in sys.modules if name.startswith('memoria.admin')])"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "memoria_site.settings"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_view_may_take_more() -> None:
    def view() -> None: ...

    view.body_limit = lambda: 3_000_000  # type: ignore[attr-defined]
    refused = []
    for length in (3_000_000, 3_000_001):
        request = RequestFactory().post("/", CONTENT_LENGTH=str(length))
        request.user = User(username="ada")
        refused.append(BodyLimit(lambda request: None).process_view(request, view, (), {}))  # type: ignore[arg-type, return-value]
    assert [refusal and refusal.status_code for refusal in refused] == [None, 413]
