"""The admin in this process, on databases of every kind."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.test.utils import override_settings

from memoria.database_url import parsed
from memoria.models.imports import Import
from tests.conftest import MakeDatabase
from tests.support.samples.databases import EVERY, insert
from tests.support.samples.rows import row


@contextlib.contextmanager
def as_default(url: str, blocker: Any) -> Iterator[str]:
    """The database of this URL is the site's, over plain HTTP, until the block ends."""
    before = connections.settings["default"]
    with blocker.unblock(), override_settings(SECURE_SSL_REDIRECT=False):
        connections["default"].close()
        del connections["default"]
        connections.settings["default"] = connections.configure_settings({"default": parsed(url)})["default"]
        try:
            yield url
        finally:
            connections["default"].close()
            del connections["default"]
            connections.settings["default"] = before


@pytest.fixture(autouse=True)
def _own_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def everywhere(migrated_url: str, django_db_blocker: Any) -> Iterator[str]:
    """The URL of the site's database, once of each kind; its tables are there and empty."""
    with as_default(migrated_url, django_db_blocker) as url:
        yield url


@pytest.fixture
def sqlite_site(make_database: MakeDatabase, django_db_blocker: Any) -> Iterator[str]:
    """The same on SQLite alone, for what no database can change."""
    with as_default(make_database("sqlite", migrated=True), django_db_blocker) as url:
        yield url


def one_row_each(url: str) -> None:
    for table in EVERY:
        insert(url, table, [row(table)])


def sample_data() -> None:
    call_command("load-sample-data", stdout=io.StringIO())


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    """Signs a new member of the staff in, with these permissions, or an administrator with all."""

    def sign_in(*permissions: str, administrator: bool = False) -> Client:
        for codename in ("export_snapshot", "import_snapshot"):
            content_type = ContentType.objects.get_for_model(Import)
            if not Permission.objects.filter(codename=codename).exists():
                Permission.objects.create(codename=codename, name=codename, content_type=content_type)
        number = User.objects.count()
        user = User.objects.create(username=f"user-{number}", is_staff=True, is_superuser=administrator)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        assert user.user_permissions.count() == len(permissions)
        client = Client()
        client.force_login(user)
        return client

    return sign_in
