"""Who gets what answer, at every address and with every method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from memoria.admin.snapshots.pages import UploadAdmin
from memoria.admin.snapshots.undo_page import ImportAdmin
from memoria.models import Import, Upload

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
PERMISSIONS: dict[str, tuple[str, ...]] = {
    "plain": (),
    "staff": (),
    "inactive": ("import_snapshot", "replace_with_snapshot", "export_snapshot", "undo_import", "view_upload"),
    "not-staff": ("import_snapshot", "replace_with_snapshot", "export_snapshot", "undo_import", "view_upload"),
    "browsing": ("view_longtermmemory", "change_longtermmemory", "delete_longtermmemory", "add_upload"),
    "auditor": ("view_upload", "view_import"),
    "exporter": ("export_snapshot",),
    "undoer": ("undo_import",),
    "importer": ("import_snapshot",),
    "replacer": ("replace_with_snapshot",),
    "owner": ("import_snapshot",),
}
ROLES = ("anonymous", *PERMISSIONS, "superuser")

# Place -> role -> answers to GET and POST; a role that is not named gets 403.
# The upload belongs to "owner" and is done, so that what is let in changes nothing.
LOOK = {"anonymous": (302, 405), "superuser": (200, 405), "owner": (200, 405), "auditor": (200, 405)}
OTHERS_UPLOAD = {"importer": (404, 405), "replacer": (404, 405), "exporter": (404, 405)}
# GET leads to the page of the upload.
ACT = {"anonymous": (302, 403), "importer": (404, 404), "replacer": (404, 404), "owner": (302, 409)}
TABLE: dict[str, dict[str, tuple[int, int]]] = {
    "add/": dict.fromkeys(("importer", "replacer", "owner", "superuser"), (200, 405)) | {"anonymous": (302, 405)},
    "receive/ticket/": dict.fromkeys(ROLES, (405, 403)),
    "export/": {"anonymous": (302, 403), "exporter": (200, 400), "superuser": (200, 400)},
    "{pk}/": LOOK | OTHERS_UPLOAD,
    "{pk}/change/": LOOK | OTHERS_UPLOAD,
    "{pk}/status/": LOOK | OTHERS_UPLOAD,
    "{pk}/report/": LOOK | OTHERS_UPLOAD,
    "{pk}/preview/": ACT | {"owner": (302, 400), "superuser": (302, 400)},
    "{pk}/apply/": ACT | {"owner": (302, 302), "superuser": (302, 302)},
    "{pk}/remove/": ACT | {"superuser": (302, 409)},
}
IMPORTS: dict[str, dict[str, tuple[int, int]]] = {
    "{pk}/": {
        "anonymous": (302, 403),
        "auditor": (200, 403),
        "undoer": (200, 302),
        "superuser": (200, 302),
    },
}
IMPORTS["{pk}/change/"] = IMPORTS["{pk}/"]


@pytest.fixture(autouse=True)
def _nothing_runs() -> Iterator[None]:
    tasks = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    with override_settings(SECURE_SSL_REDIRECT=False, TASKS=tasks):
        yield


def client_of(role: str) -> Client:
    client = Client()
    if role != "anonymous":
        user = User.objects.create(username=role, is_staff=role not in ("plain", "not-staff"))
        user.is_superuser = role == "superuser"
        user.user_permissions.set(Permission.objects.filter(codename__in=PERMISSIONS.get(role, ())))
        client.force_login(user)
        user.is_active = role != "inactive"
        user.save()
    return client


def expected(answers: dict[str, tuple[int, int]], role: str, method: str) -> int:
    # Who is inactive is nobody to Django.
    on_get, on_post = answers.get("anonymous" if role == "inactive" else role, (403, 403))
    gets = any(pair[0] != 405 for pair in answers.values())
    posts = any(pair[1] != 405 for pair in answers.values())
    if method in ("GET", "HEAD"):
        return on_get if gets else 405
    return on_post if method == "POST" and posts else 405


def upload_of(owner: str) -> Upload:
    return Upload.objects.create(
        owner=User.objects.filter(username=owner).first(),
        owner_name="owner",
        name="a.json",
        size=1,
        sha256="0" * 64,
        expires_at=timezone.now(),
        state=Upload.State.DONE,
        preview={"operation": "import", "tables": {}, "issues": [], "notes": [], "file": {}},
    )


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("place", TABLE)
def test_uploads(place: str, role: str) -> None:
    client = client_of(role)
    path = "/admin/memoria/upload/" + place.format(pk=upload_of("owner").pk)
    before = Upload.objects.get()
    found = {method: client.generic(method, path).status_code for method in METHODS}
    assert found == {method: expected(TABLE[place], role, method) for method in METHODS}
    assert Upload.objects.get().__dict__ | {"_state": 0} == before.__dict__ | {"_state": 0}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("place", IMPORTS)
def test_imports(place: str, role: str) -> None:
    client = client_of(role)
    now = timezone.now()
    made = Import.objects.create(
        kind="upload", state="final", started_at=now, finished_at=now, file_name="a.json", options={}, counts={}
    )
    path = "/admin/memoria/import/" + place.format(pk=made.pk)
    found = {method: client.generic(method, path).status_code for method in METHODS}
    assert found == {method: expected(IMPORTS[place], role, method) for method in METHODS}
    assert Import.objects.get().state == "final"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/admin/memoria/upload/", ("auditor", "exporter", "importer", "replacer", "owner", "superuser")),
        ("/admin/memoria/import/", ("auditor", "undoer", "superuser")),
    ],
)
def test_lists(path: str, allowed: tuple[str, ...], role: str) -> None:
    response = client_of(role).get(path)
    unknown = role in ("anonymous", "inactive", "plain", "not-staff")
    assert response.status_code == (302 if unknown else 200 if role in allowed else 403)


def test_every_address_is_in_the_table() -> None:
    """An address that nobody thought of here fails."""

    def places(model_admin: Any) -> set[str]:
        patterns = [str(url.pattern) for url in model_admin.get_urls()]
        return {p.replace("<upload:pk>", "{pk}").replace("<int:pk>", "{pk}") for p in patterns} - {""}

    assert places(UploadAdmin(Upload, admin.site)) == {p.replace("ticket", "<str:given>") for p in TABLE}
    assert places(ImportAdmin(Import, admin.site)) == set(IMPORTS)


@pytest.mark.parametrize("place", ["", "status/", "report/", "change/"])
@pytest.mark.parametrize(
    "guess",
    [
        "0" * 32,
        "f" * 31,
        "f" * 33,
        "1",
        "..",
        "%2e%2e%2fetc",
        "1%27%20OR%20%271%27=%271",
        "%00",
        "%F0%9F%92%A5",
        "a" * 5000,
    ],
)
def test_guessed_uploads_are_not_there(guess: str, place: str) -> None:
    client = client_of("owner")
    upload_of("owner")
    assert client.get(f"/admin/memoria/upload/{guess}/{place}").status_code == 404


@pytest.mark.parametrize("what", ["preview", "apply", "remove"])
@pytest.mark.parametrize("role", ["auditor", "importer"])
def test_somebody_elses_upload(what: str, role: str) -> None:
    client = client_of(role)
    User.objects.create(username="owner")
    path = f"/admin/memoria/upload/{upload_of('owner').pk}/{what}/"
    assert client.post(path).status_code == {"auditor": 403, "importer": 404}[role]
    if role == "importer":
        # Seeing everybody's is not touching everybody's.
        user = User.objects.get(username=role)
        user.user_permissions.add(Permission.objects.get(codename="view_upload"))
        assert client.post(path).status_code == 403
        user.user_permissions.add(Permission.objects.get(codename="change_upload"))
        assert client.post(path).status_code in (302, 400, 409)


@pytest.mark.parametrize("what", ["preview", "apply", "remove"])
@pytest.mark.parametrize("token", [None, "wrong", "x" * 32, "y" * 64])
def test_forms_need_the_token_of_their_session(what: str, token: str | None) -> None:
    client = client_of("owner")
    client.handler.enforce_csrf_checks = True
    upload = upload_of("owner")
    client.cookies["csrftoken"] = "x" * 32
    values = {} if token is None else {"csrfmiddlewaretoken": token}
    response = client.post(f"/admin/memoria/upload/{upload.pk}/{what}/", values)
    if token == "x" * 32:  # what a page of ours sends
        assert response.status_code in (302, 400, 409)
    else:
        assert response.status_code == 403


@pytest.mark.parametrize("what", ["preview", "apply", "remove"])
def test_forms_of_another_site(what: str) -> None:
    client = client_of("owner")
    client.handler.enforce_csrf_checks = True
    client.cookies["csrftoken"] = "x" * 32
    path = f"/admin/memoria/upload/{upload_of('owner').pk}/{what}/"
    response = client.post(path, {"csrfmiddlewaretoken": "x" * 32}, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403


@pytest.mark.parametrize("path", ["add/", "export/", "{pk}/", "{pk}/status/", "{pk}/report/", ""])
def test_headers_of_every_page(path: str) -> None:
    client = client_of("superuser")
    response = client.get("/admin/memoria/upload/" + path.format(pk=upload_of("superuser").pk))
    assert response.status_code == 200
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in response.headers["Cache-Control"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    text = response.content.decode()
    assert not any(f"{inline}=" in text for inline in ("onclick", "onload", "onerror", "style"))
    assert "<script>" not in text


def test_a_session_is_neither_taken_over_nor_changed() -> None:
    client = client_of("owner")
    before = client.cookies["sessionid"].value
    client.get("/admin/memoria/upload/add/")
    client.post("/admin/memoria/upload/receive/x/")
    assert client.cookies["sessionid"].value == before


def test_no_right_by_default() -> None:
    client = client_of("staff")
    text = client.get("/admin/").content.decode()
    assert "/admin/memoria/upload/" not in text
    assert "/admin/memoria/import/" not in text
