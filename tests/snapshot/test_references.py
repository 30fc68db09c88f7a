"""Foreign keys, one by one: replacing a table acts on no other, and a reference that leads nowhere is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from memoria.snapshot.errors import InvalidRows
from memoria.snapshot.registry import TABLES
from tests.conftest import MakeDatabase
from tests.samples.databases import insert, load_postgresql_sample, query, rows_of, script, sqlite_sample
from tests.samples.engine import import_, opened
from tests.samples.rows import layout_c, row, snapshot_row

KEYS = [
    ("workspaces", "team_id", "teams"),
    ("workspace_members", "workspace_id", "workspaces"),
    ("chat_history", "team_id", "teams"),
    ("chat_history", "workspace_id", "workspaces"),
    ("long_term_memory", "team_id", "teams"),
    ("long_term_memory", "workspace_id", "workspaces"),
    ("short_term_memory", "chat_id", "chat_history"),
    ("short_term_memory", "team_id", "teams"),
    ("short_term_memory", "workspace_id", "workspaces"),
    ("cluster_members", "cluster_id", "clusters"),
    ("spatial_metadata", "team_id", "teams"),
    ("spatial_metadata", "workspace_id", "workspaces"),
    ("memory_access_events", "workspace_id", "workspaces"),
    ("policy_artifacts", "team_id", "teams"),
    ("policy_artifacts", "workspace_id", "workspaces"),
    ("retention_policy_audits", "team_id", "teams"),
    ("retention_policy_audits", "workspace_id", "workspaces"),
]
REQUIRED = {("workspace_members", "workspace_id"), ("cluster_members", "cluster_id")}
CHANGED = {"teams": "name", "workspaces": "name", "chat_history": "user_input", "clusters": "summary"}
"""A column of each table that others refer to."""
BY_NAME = {table.name: table for table in TABLES}


@pytest.fixture(params=["migrated", "existing"])
def url(request: pytest.FixtureRequest, database_kind: str, make_database: MakeDatabase, tmp_path: Path) -> str:
    """Of our own making, and of the existing Memoria's, emptied."""
    if request.param == "migrated":
        return make_database(database_kind, migrated=True)
    if database_kind == "sqlite":
        url = sqlite_sample("sqlite_tiny", tmp_path)
    else:
        url = make_database(database_kind)
        load_postgresql_sample(url)
    clear(url)
    return url


def clear(url: str) -> None:
    for table in reversed(TABLES):
        if exists(url, table.name):
            script(url, f"DELETE FROM {table.name}")


def exists(url: str, table: str) -> bool:
    catalog = "sqlite_master WHERE name" if url.startswith("sqlite") else "pg_class WHERE relname"
    return bool(query(url, f"SELECT 1 FROM {catalog} = '{table}'"))


def keyed(table: str, number: int) -> dict[str, Any]:
    """The column values that make a row of a referred-to table its `number`th."""
    key = BY_NAME[table].key
    values: dict[str, Any] = {key.name: number if table == "clusters" else f"{table}-{number}"}
    return values | ({"slug": f"slug-{number}"} if "slug" in BY_NAME[table].by_name else {})


def test_every_foreign_key_is_here(make_database: MakeDatabase) -> None:
    from memoria.snapshot import database

    for kind in ("sqlite", "postgresql-16"):
        with opened(make_database(kind, migrated=True)) as connection, database.source(connection, "here") as source:
            facts = source.facts()
        found = [(r.table, r.column, r.target) for table in facts.values() for r in table.references]
        assert sorted(key for key in found if key[0] in BY_NAME) == sorted(KEYS)


def with_a_child(url: str, child: str, column: str, parent: str) -> Any:
    """Two rows of the parent, and a child of the first; returns the first's key."""
    clear(url)
    insert(url, parent, [row(parent, **keyed(parent, n)) for n in (1, 2)])
    reference = keyed(parent, 1)[BY_NAME[parent].key.name]
    insert(url, child, [row(child, **{column: reference})])
    return reference


def test_replacing_a_parent_leaves_its_children(url: str, subtests: pytest.Subtests, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    for child, column, parent in KEYS:
        with subtests.test(child=child, column=column):
            reference = with_a_child(url, child, column, parent)
            before = rows_of(url, child)
            assert before[0][column] == reference
            changed, key = CHANGED[parent], BY_NAME[parent].key.name
            first = snapshot_row(parent, **keyed(parent, 1), **{changed: "changed"})
            path.write_bytes(layout_c(**{parent: [first, snapshot_row(parent, **keyed(parent, 3))]}))
            report = import_(url, path, tables=[parent])
            counts = report.tables[parent]
            assert (list(report.tables), counts.inserted, counts.deleted) == ([parent], 2, 2)
            assert rows_of(url, child) == before
            found = [(held[key], held[changed] == "changed") for held in rows_of(url, parent)]
            assert found == [(reference, True), (keyed(parent, 3)[key], False)]


def test_a_parent_that_a_child_needs_is_not_removed(url: str, subtests: pytest.Subtests, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    for child, column, parent in KEYS:
        with subtests.test(child=child, column=column):
            with_a_child(url, child, column, parent)
            before = rows_of(url, child), rows_of(url, parent)
            path.write_bytes(layout_c(**{parent: [snapshot_row(parent, **keyed(parent, 2))]}))
            with pytest.raises(InvalidRows) as caught:
                import_(url, path, tables=[parent])
            assert [(i.table, i.kind) for i in caught.value.report.issues] == [(parent, "abandoned")]
            assert f"1 rows of {child} in the database refer to rows" in caught.value.report.issues[0].reason
            assert (rows_of(url, child), rows_of(url, parent)) == before


def test_a_reference_that_leads_nowhere(url: str, subtests: pytest.Subtests, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    for child, column, parent in KEYS:
        with subtests.test(child=child, column=column):
            clear(url)
            nowhere = 77 if parent == "clusters" else "nowhere"
            path.write_bytes(layout_c(**{child: [snapshot_row(child, **{column: nowhere})]}))
            required = (child, column) in REQUIRED
            remedy = "" if required else "; --missing-references null empties such references"
            with pytest.raises(InvalidRows) as caught:
                import_(url, path)
            assert [i.reason for i in caught.value.report.issues] == [
                f"{column} refers to {parent} {nowhere!r}, neither in the file nor in the database{remedy}"
            ]
            if required:
                with pytest.raises(InvalidRows):
                    import_(url, path, null_missing_references=True)
                assert rows_of(url, child) == []
            else:
                report = import_(url, path, null_missing_references=True)
                assert report.tables[child].nulled == {column: 1}
                assert [held[column] for held in rows_of(url, child)] == [None]


def test_children_of_a_row_that_is_left_out_are_left_out(url: str, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_bytes(
        layout_c(
            workspaces=[snapshot_row("workspaces", workspace_id="w", slug="w", team_id="nowhere")],
            workspace_members=[snapshot_row("workspace_members", workspace_id="w")],
            chat_history=[snapshot_row("chat_history", chat_id="c", workspace_id="w")],
            short_term_memory=[
                snapshot_row("short_term_memory", memory_id="a", chat_id="c"),
                snapshot_row("short_term_memory", memory_id="b"),
            ],
        )
    )
    for dry_run in (True, False):
        report = import_(url, path, skip_invalid=True, dry_run=dry_run)
        assert {name: (t.inserted, t.skipped) for name, t in report.tables.items()} == {
            "workspaces": (0, 1),
            "workspace_members": (0, 1),
            "chat_history": (0, 1),
            "short_term_memory": (1, 1),
        }
    assert [r["memory_id"] for r in rows_of(url, "short_term_memory")] == ["b"]
    assert json.dumps([rows_of(url, t) for t in ("workspaces", "workspace_members", "chat_history")]) == "[[], [], []]"
