"""`/healthz`: whether the site could work, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client, override_settings

from tests.admin.conftest import as_default
from tests.conftest import MakeDatabase


@pytest.fixture(autouse=True)
def _uploads(tmp_path: Path) -> Iterator[None]:
    with override_settings(MEMORIA_UPLOAD_DIR=tmp_path / "uploads", SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=[]):
        yield


def answer(**options: str) -> tuple[int, str]:
    response = Client().get("/healthz", headers={"host": "10.0.0.7"}, **options)
    assert response["Cache-Control"] == "no-store"
    assert response.cookies == {}
    return response.status_code, response.content.decode()


def test_all_is_well(migrated_url: str, django_db_blocker: object, tmp_path: Path) -> None:
    with as_default(migrated_url, django_db_blocker):
        assert answer() == (200, "ok\n")
        assert not (tmp_path / "uploads").exists()
        assert Client().post("/healthz").status_code == 405
        assert Client().head("/healthz").content == b""


def test_a_database_that_was_not_migrated(database_url: str, django_db_blocker: object) -> None:
    with as_default(database_url, django_db_blocker):
        assert answer() == (503, "migrations\n")


def test_no_database_and_no_room_for_uploads(tmp_path: Path, django_db_blocker: object) -> None:
    (tmp_path / "uploads").mkdir(mode=0o755)
    (tmp_path / "uploads").chmod(0o755)
    with as_default("postgresql://ada:s3cret@127.0.0.1:1/memories", django_db_blocker):
        assert answer() == (503, "database\nuploads\n")


def test_a_file_that_is_no_database(make_database: MakeDatabase, tmp_path: Path, django_db_blocker: object) -> None:
    (tmp_path / "x.sqlite3").write_text("this is no database, whatever its name says")
    with as_default(f"sqlite:///{tmp_path}/x.sqlite3", django_db_blocker):
        assert answer() == (503, "database\n")
