"""Values beside the key that occur once only, and text that is never empty: the plan finds what the database would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memoria.snapshot.errors import InvalidRows
from tests.conftest import MakeDatabase
from tests.support.samples.databases import contents, create_existing, insert, query, rows_of
from tests.support.samples.engine import export, import_
from tests.support.samples.rows import layout_c, row, snapshot_row

TABLES = ("teams", "workspaces", "workspace_members", "policy_artifacts", "spatial_metadata")


@pytest.fixture(params=[True, False], ids=["migrated", "existing"])
def url(request: pytest.FixtureRequest, database_kind: str, make_database: MakeDatabase) -> str:
    return make_database(database_kind, migrated=request.param, filled=None if request.param else create_existing)


def write(path: Path, **tables: list[dict[str, Any]]) -> Path:
    rows = {table: [snapshot_row(table, **changes) for changes in changed] for table, changed in tables.items()}
    path.write_bytes(layout_c(**rows))
    return path


def refused(url: str, path: Path, **options: Any) -> list[tuple[str, str | None, str]]:
    """What a dry run finds; the real run finds the same, and changes nothing."""
    before = contents(url, TABLES)
    found = []
    for dry_run in (True, False):
        with pytest.raises(InvalidRows) as caught:
            import_(url, path, dry_run=dry_run, **options)
        found.append([(i.table, i.key, i.reason) for i in caught.value.report.issues])
    assert found[0] == found[1]
    assert contents(url, TABLES) == before
    return found[0]


def test_one_column(url: str, tmp_path: Path) -> None:
    path = write(
        tmp_path / "s.json", teams=[{"team_id": "a", "slug": "x"}, {"team_id": "b"}, {"team_id": "c", "slug": "x"}]
    )
    assert refused(url, path) == [("teams", "c", "its slug stands on line 9 already")]
    report = import_(url, path, skip_invalid=True)
    assert (report.exit_code, report.tables["teams"].inserted) == (3, 2)
    assert [(team["team_id"], team["slug"]) for team in rows_of(url, "teams")] == [("a", "x"), ("b", "team")]


def test_several_columns(url: str, tmp_path: Path) -> None:
    members = [("w-1", "u"), ("w-2", "u"), ("w-1", "v"), ("w-2", "u")]
    path = write(
        tmp_path / "s.json",
        workspaces=[{"workspace_id": key, "slug": key} for key in ("w-1", "w-2")],
        workspace_members=[{"id": n, "workspace_id": w, "user_id": u} for n, (w, u) in enumerate(members, 1)],
    )
    ((table, key, reason),) = refused(url, path)
    assert (table, key) == ("workspace_members", "4")
    assert reason.startswith("its (workspace_id, user_id) stands on line ")


def test_null_is_no_value(url: str, tmp_path: Path) -> None:
    policies = [{"id": n, "name": "p", "namespace": "n", "workspace_id": None} for n in (1, 2)]
    import_(url, write(tmp_path / "s.json", policy_artifacts=policies))
    assert len(rows_of(url, "policy_artifacts")) == 2


def test_rows_that_are_added(url: str, tmp_path: Path) -> None:
    insert(url, "teams", [row("teams", team_id="a", slug="x")])
    path = write(tmp_path / "s.json", teams=[{"team_id": "b", "slug": "x"}])
    assert refused(url, path, truncate=False) == [("teams", "b", "its slug is in the database already")]


def test_values_that_change_places(url: str, tmp_path: Path) -> None:
    """Rows that others refer to are changed in place, where each meets the values of those that are not yet changed."""
    insert(url, "teams", [row("teams", team_id=key, slug=slug) for key, slug in (("a", "x"), ("b", "y"), ("c", "z"))])
    insert(url, "workspaces", [row("workspaces", team_id="a")])
    path = write(
        tmp_path / "s.json", teams=[{"team_id": k, "slug": s} for k, s in (("a", "y"), ("b", "x"), ("d", "z"))]
    )
    import_(url, path)
    assert query(url, "SELECT team_id, slug FROM teams ORDER BY 1") == [("a", "y"), ("b", "x"), ("d", "z")]
    assert query(url, "SELECT team_id FROM workspaces") == [("a",)]


def test_empty_text(url: str, tmp_path: Path) -> None:
    path = write(tmp_path / "s.json", spatial_metadata=[{"memory_id": "m", "namespace": ""}])
    assert refused(url, path) == [("spatial_metadata", "m", "namespace is empty, and may not be")]


def test_a_unique_index_of_the_databases_own(url: str, tmp_path: Path) -> None:
    """Found in the database, not in the models; one with a condition or an expression is for the database to check."""
    query(url, "CREATE UNIQUE INDEX one_name ON teams (name)")
    query(url, "CREATE UNIQUE INDEX one_lower ON agents (lower(name))")
    query(url, "CREATE UNIQUE INDEX one_of_some ON clusters (summary) WHERE summary LIKE 'once%'")
    path = write(tmp_path / "s.json", teams=[{"team_id": key, "slug": key} for key in "ab"])
    assert refused(url, path) == [("teams", "b", "its name stands on line 9 already")]
    rows = write(
        tmp_path / "r.json",
        agents=[{"agent_id": key, "name": key} for key in "ab"],
        clusters=[{"id": n, "summary": "the same"} for n in (1, 2)],
    )
    import_(url, rows)
    assert export(url, tmp_path / "out.json").tables["clusters"].rows == 2
