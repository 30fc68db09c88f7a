"""A database that an earlier migration left, with rows in it, is brought forward and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import RunMemoria, run_manage
from tests.support.samples.databases import contents, insert, query, rows_of, script
from tests.support.samples.engine import import_
from tests.support.samples.rows import layout_c, row, snapshot_row

STANDS_IN = "Stands in for a row that is not in this database; rows that refer to it were here before its table."

CHANGE = {"table_name": "long_term_memory", "key": "m-1", "action": "written", "digest": "0" * 32, "import_id": 1}


@pytest.fixture
def first_url(database_url: str) -> str:
    """A database as 0001 makes it, with rows that refer to what it has no table for."""
    migrate(database_url, "0001")
    insert(
        database_url,
        "long_term_memory",
        [
            row("long_term_memory", memory_id="a", team_id="t-1", workspace_id="w-1"),
            row("long_term_memory", memory_id="b", team_id="t'2 🙂"),
            row("long_term_memory", memory_id="c", original_chat_id="no foreign key"),
        ],
    )
    insert(
        database_url,
        "short_term_memory",
        [
            row("short_term_memory", memory_id="d", chat_id="c-1", team_id="t-1", namespace="first"),
            row("short_term_memory", memory_id="e", chat_id="c-1", workspace_id="w-2", namespace="second"),
            row("short_term_memory", memory_id="f"),
        ],
    )
    insert(database_url, "clusters", [row("clusters", id=3)])
    insert(database_url, "cluster_members", [row("cluster_members", id=4, cluster_id=3)])
    return database_url


def migrate(url: str, *name: str) -> None:
    result = run_manage("migrate", "memoria", *name, env={"DATABASE_URL": url})
    assert result.returncode == 0, result.stderr.decode()


def test_no_row_and_no_reference_is_lost(first_url: str) -> None:
    before = contents(first_url)
    migrate(first_url)
    assert contents(first_url) == before
    assert query(first_url, "SELECT team_id, name, slug, description FROM teams ORDER BY 1") == [
        ("t'2 🙂", "t'2 🙂", "t'2 🙂", STANDS_IN),
        ("t-1", "t-1", "t-1", STANDS_IN),
    ]
    assert query(first_url, "SELECT workspace_id, slug, team_id FROM workspaces ORDER BY 1") == [
        ("w-1", "w-1", None),
        ("w-2", "w-2", None),
    ]
    [chat] = rows_of(first_url, "chat_history")
    assert (chat["chat_id"], chat["namespace"], chat["user_input"]) == ("c-1", "first", "")
    assert chat["metadata"] == f'{{"note": "{STANDS_IN}"}}'
    if first_url.startswith("sqlite"):
        assert query(first_url, "PRAGMA foreign_key_check") == []


def test_back_to_0001(first_url: str) -> None:
    before = contents(first_url)
    migrate(first_url)
    migrate(first_url, "0001")
    assert contents(first_url) == before
    migrate(first_url)
    assert contents(first_url) == before


def test_an_import_of_the_real_rows_replaces_those_that_stand_in(first_url: str, tmp_path: Path) -> None:
    migrate(first_url)
    before = contents(first_url)
    teams = [
        snapshot_row("teams", team_id=key, slug=key, name=name) for key, name in [("t-1", "One"), ("t'2 🙂", "Two")]
    ]
    (tmp_path / "teams.json").write_bytes(layout_c(teams=teams))
    assert import_(first_url, tmp_path / "teams.json").tables["teams"].inserted == 2
    found = [(team["team_id"], team["name"], team["description"]) for team in rows_of(first_url, "teams")]
    assert found == [("t'2 🙂", "Two", None), ("t-1", "One", None)]
    assert contents(first_url) == before


def test_missing_tables_of_an_older_migration_come_by_migrating(
    first_url: str, run_memoria: RunMemoria, tmp_path: Path
) -> None:
    """And not beside the migrations, which would fail from then on."""
    (tmp_path / "chats.json").write_bytes(layout_c(chat_history=[snapshot_row("chat_history", chat_id="c-1")]))
    done = run_memoria("import-data", tmp_path / "chats.json", "--migrate", "--no-input", "--database-url", first_url)
    assert done.returncode == 0, done.stderr.decode()
    assert [chat["user_input"] for chat in rows_of(first_url, "chat_history")] == ["question"]
    assert query(first_url, "SELECT count(*) FROM teams") == [(2,)]
    migrate(first_url)


def test_the_history_of_imports_may_be_there_already(database_url: str) -> None:
    """As after an import into a database that was not migrated."""
    migrate(database_url, "0003")
    insert(database_url, "memoria_import_changes", [{**CHANGE, "id": 1}])
    script(database_url, "DELETE FROM django_migrations WHERE name = '0003_imports'")
    migrate(database_url)
    assert query(database_url, "SELECT id, key FROM memoria_import_changes") == [(1, "m-1")]
    assert query(database_url, "SELECT count(*) FROM memoria_imports") == [(0,)]
