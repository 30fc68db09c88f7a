"""Columns of types that do not belong, in the database of the site: a page says so, in the words of every command."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.admin.conftest import as_default, one_row_each
from tests.conftest import KINDS, MakeDatabase
from tests.snapshot.test_other_types import make_room
from tests.support.samples.databases import script

NEWEST = [kind for kind in KINDS if kind != "sqlite"][-1]


def pages(url: str, blocker: Any, table: str, column: str, type: str, using: str) -> list[tuple[int, str]]:
    """Status and text of a list and of the page of its row, after a column was altered."""
    one_row_each(url)
    make_room(url, table, column)
    script(url, f"ALTER TABLE {table} ALTER {column} TYPE {type} USING {using}")
    with as_default(url, blocker):
        client = Client(raise_request_exception=False)
        client.force_login(User.objects.create_superuser("ada", password="secret"))
        paths = ("/admin/memoria/longtermmemory/", "/admin/memoria/longtermmemory/m-1/change/")
        found = [client.get(path) for path in paths]
        return [(response.status_code, response.content.decode()) for response in found]


@pytest.mark.parametrize(
    ("column", "type", "using", "called"),
    [
        ("created_at", "bigint", "5", "times belong"),
        ("created_at", "text", "created_at::text", "times belong"),
        ("summary", "text[]", "ARRAY[summary]", "text belongs"),
    ],
)
def test_a_page_that_cannot_be_shown(
    make_database: MakeDatabase, django_db_blocker: Any, column: str, type: str, using: str, called: str
) -> None:
    url = make_database(NEWEST, migrated=True)
    sentence = f"long_term_memory.{column} has the type {type} where {called}: alter its type"
    expected = (500, f"This page cannot be shown: {sentence}.\n")
    assert pages(url, django_db_blocker, "long_term_memory", column, type, using) == [expected] * 2


def test_a_date_is_a_time(make_database: MakeDatabase, django_db_blocker: Any) -> None:
    """As an export has it."""
    url = make_database(NEWEST, migrated=True)
    found = pages(url, django_db_blocker, "long_term_memory", "created_at", "date", "created_at::date")
    assert [status for status, _ in found] == [200, 200]
