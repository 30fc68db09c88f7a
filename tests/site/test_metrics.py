"""`/metrics`: figures for who brings the token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client, override_settings

from memoria.prometheus import Sample, exposition
from tests.admin.conftest import as_default
from tests.backup.backups import backed_up, listing
from tests.conftest import MakeDatabase
from tests.faults.faults import run


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path) -> Iterator[None]:
    with override_settings(
        MEMORIA_METRICS_TOKEN="t0ken", MEMORIA_BACKUP_DIR=tmp_path / "kept", SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=[]
    ):
        yield


def answer(token: str = "t0ken", **headers: str) -> tuple[int, list[str]]:
    response = Client().get("/metrics", headers={"host": "10.0.0.7", "authorization": f"Bearer {token}", **headers})
    return response.status_code, [line for line in response.content.decode().splitlines() if not line.startswith("#")]


def test_figures(migrated_url: str, django_db_blocker: object, tmp_path: Path) -> None:
    assert run("load-sample-data", "--database-url", migrated_url).returncode == 0
    (tmp_path / "kept").mkdir()
    with as_default(migrated_url, django_db_blocker):
        status, lines = answer()
        assert status == 200
        assert lines[0] == "memoria_database_up 1"
        assert 'memoria_rows{table="long_term_memory"} 160' in lines
        assert 'memoria_rows{table="agents"} 0' in lines
        assert [line for line in lines if "uploads" in line] == ["memoria_uploads_failed 0"]
        assert not any(line.startswith("memoria_last_import") for line in lines)
        assert lines[-4] == "memoria_backups_fine 0"


def test_backups(make_database: MakeDatabase, migrated_url: str, django_db_blocker: object, tmp_path: Path) -> None:
    backed_up("sqlite", make_database("sqlite", migrated=True), tmp_path / "kept" / "x.sql")
    (entry,) = listing(tmp_path / "kept")
    with as_default(migrated_url, django_db_blocker):
        _, lines = answer()
    assert f'memoria_backup_rows{{database="{entry["database"]}"}} {entry["rows"]}' in lines
    assert "memoria_backups_fine 1" in lines


def test_no_database_and_no_backups(django_db_blocker: object) -> None:
    with as_default("postgresql://ada:s3cret@127.0.0.1:1/memories", django_db_blocker):
        assert answer() == (200, ["memoria_database_up 0", "memoria_backups_fine 0"])


@pytest.mark.parametrize("token", ["", "t0ke", "t0ken2", "Bearer t0ken", "ü"])
def test_another_token(token: str) -> None:
    assert answer(token) == (401, ["a token is needed"])


def test_without_a_token_there_is_no_page() -> None:
    with override_settings(MEMORIA_METRICS_TOKEN="", SECURE_SSL_REDIRECT=False, ALLOWED_HOSTS=["10.0.0.7"]):
        assert answer("")[0] == 404


def test_what_would_break_a_line_is_escaped() -> None:
    sample = Sample("memoria_rows", 1, {"table": 'a"b\\c\nd'})
    assert exposition([sample], {"memoria_rows": "rows"}) == (
        '# HELP memoria_rows rows\n# TYPE memoria_rows gauge\nmemoria_rows{table="a\\"b\\\\c\\nd"} 1\n'
    )
