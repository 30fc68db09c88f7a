"""The groups of tables in the index and the side bar."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client

from memoria.admin_site import GROUPS


def headings(client: Client) -> dict[str, list[str]]:
    """Of the index, with the tables below each."""
    text = client.get("/admin/").content.decode()
    found = {}
    for part in text[text.index('<div id="content-main">') :].split('<div class="app-')[1:]:
        (heading,) = re.findall(r'class="section"[^>]*>\s*([^<]+?)\s*<', part)
        found[heading] = re.findall(r'<th scope="row"[^>]*>\s*<a[^>]*>\s*([^<]+?)\s*<', part)
    return found


def test_every_page_is_in_a_group_and_once() -> None:
    admin.autodiscover()
    listed = [name for names in GROUPS.values() for name in names]
    pages = {model.__name__ for model in admin.site._registry if model._meta.app_label == "memoria"}
    assert (len(listed), set(listed)) == (len(pages), pages)


def test_the_index(sqlite_site: str) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    found = headings(client)
    assert [heading for heading in found if heading in GROUPS] == list(GROUPS)
    assert found["Memories"] == ["Long-term memories", "Short-term memories"]
    assert found["Operations"][:2] == ["Uploads", "Imports"]


def test_who_may_see_one_table_sees_one_heading(sqlite_site: str) -> None:
    user = User.objects.create_user("bo", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_team"))
    client = Client()
    client.force_login(user)
    assert headings(client) == {"Teams and access": ["Teams"]}


def test_an_upload_begins_on_the_overview(sqlite_site: str, sign_in: Callable[..., Client]) -> None:
    link = '<a class="button" href="/admin/memoria/upload/add/">Upload a snapshot</a>'
    assert link in sign_in(administrator=True).get("/admin/").content.decode()
    assert link not in sign_in("view_longtermmemory").get("/admin/").content.decode()
