"""Foreign keys, one by one: replacing a table acts on no other, and a reference that leads nowhere is named."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from memoria.snapshot.errors import DatabaseFailure, InvalidRows
from memoria.snapshot.schema.registry import TABLES
from tests.conftest import KINDS, MakeDatabase
from tests.support.samples.databases import (
    connected,
    insert,
    load_postgresql_sample,
    query,
    rows_of,
    script,
    sqlite_sample,
)
from tests.support.samples.engine import export, import_, merge, opened
from tests.support.samples.rows import layout_c, row, snapshot_row

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


@pytest.fixture(
    params=[*((kind, "migrated") for kind in KINDS), (KINDS[0], "existing"), (KINDS[-1], "existing")], ids="-".join
)
def url(request: pytest.FixtureRequest, make_database: MakeDatabase, tmp_path: Path) -> str:
    """Of our own making, and of the existing Memoria's, emptied."""
    kind, made = request.param
    if made == "migrated":
        return make_database(kind, migrated=True)
    if kind == "sqlite":
        url = sqlite_sample("sqlite_tiny", tmp_path)
    else:
        url = make_database(kind, filled=load_postgresql_sample)
    clear(url)
    return url


def clear(url: str) -> None:
    catalog = "name FROM sqlite_master" if url.startswith("sqlite") else "relname FROM pg_class"
    there = {name for (name,) in query(url, f"SELECT {catalog}")}
    deletes = [f"DELETE FROM {table.name};" for table in reversed(TABLES) if table.name in there]
    script(url, f"BEGIN; {' '.join(deletes)} COMMIT;")


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
            remedy = "" if required else "; ⟨null_missing_references=True⟩ empties such references"
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


def refers_to_itself(url: str, column: str = "duplicate_of", deferred: str = "") -> None:
    """Make a foreign key of a column that has none in a database of ours."""
    add_foreign_key(url, "long_term_memory", column, "long_term_memory", "memory_id", deferred)


def add_foreign_key(url: str, table: str, column: str, target: str, target_column: str, deferred: str = "") -> None:
    clause = f"REFERENCES {target} ({target_column})"
    if not url.startswith("sqlite"):
        script(url, f"ALTER TABLE {table} ADD FOREIGN KEY ({column}) {clause} {deferred}")
        return
    with connected(url) as connection:
        ((sql,),) = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
        changed = re.sub(rf'("{column}" [^,]*)', rf"\1 {clause}", sql, count=1)
        assert changed != sql
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (changed, table))
        connection.execute("PRAGMA writable_schema = RESET")


@pytest.mark.parametrize("deferred", ["", "DEFERRABLE INITIALLY DEFERRED"])
@pytest.mark.parametrize("truncate", [True, False])
def test_self_references_that_lead_nowhere(migrated_url: str, deferred: str, truncate: bool, tmp_path: Path) -> None:
    """Only those that lead nowhere become NULL: the rows that wait count as well as those of the table."""
    url = migrated_url
    refers_to_itself(url, deferred=deferred)
    insert(url, "long_term_memory", [row("long_term_memory", memory_id="old")])
    duplicates = {"a": None, "b": "a", "c": "b", "d": "d", "e": "nowhere", "f": "old"}
    rows = [snapshot_row("long_term_memory", memory_id=k, duplicate_of=v) for k, v in reversed(duplicates.items())]
    path = tmp_path / "s.json"
    path.write_bytes(layout_c(long_term_memory=rows))
    reports = [
        import_(url, path, dry_run=dry_run, truncate=truncate, null_missing_references=True)
        for dry_run in (True, False)
    ]
    lost = {"e": None, "f": None} if truncate else {"e": None, "old": None}
    assert [r.tables["long_term_memory"].nulled for r in reports] == [{"duplicate_of": 2 if truncate else 1}] * 2
    assert dict(query(url, "SELECT memory_id, duplicate_of FROM long_term_memory")) == duplicates | lost


def test_rows_that_refer_to_a_row_that_is_left_out(migrated_url: str, tmp_path: Path) -> None:
    refers_to_itself(migrated_url)
    duplicates = {"a": "nowhere", "b": "a", "c": "b", "d": None, "e": "d"}
    for order in (list, lambda rows: list(reversed(rows))):
        rows = [snapshot_row("long_term_memory", memory_id=k, duplicate_of=v) for k, v in duplicates.items()]
        path = tmp_path / "s.json"
        path.write_bytes(layout_c(long_term_memory=order(rows)))
        for dry_run in (True, False):
            report = import_(migrated_url, path, skip_invalid=True, dry_run=dry_run)
            counts = report.tables["long_term_memory"]
            assert (report.exit_code, counts.inserted, counts.skipped) == (3, 2, 3)
        found = query(migrated_url, "SELECT memory_id, duplicate_of FROM long_term_memory ORDER BY 1")
        assert found == [("d", None), ("e", "d")]


class TestAColumnThatIsNotTheKey:
    """workspaces.owner_id refers to teams(slug)."""

    @pytest.fixture
    def url(self, migrated_url: str) -> str:
        add_foreign_key(migrated_url, "workspaces", "owner_id", "teams", "slug")
        insert(migrated_url, "teams", [row("teams", team_id="t", slug="s"), row("teams", team_id="u", slug="v")])
        insert(migrated_url, "workspaces", [row("workspaces", owner_id="s")])
        return migrated_url

    def test_its_own_export(self, url: str, tmp_path: Path) -> None:
        before = rows_of(url, "teams"), rows_of(url, "workspaces")
        export(url, tmp_path / "out.json")
        import_(url, tmp_path / "out.json")
        assert (rows_of(url, "teams"), rows_of(url, "workspaces")) == before
        assert merge(url, tmp_path / "out.json").tables["workspaces"].nulled == {}

    def test_merged(self, url: str, tmp_path: Path) -> None:
        export(url, tmp_path / "out.json")
        script(url, "DELETE FROM workspaces; DELETE FROM teams")
        report = merge(url, tmp_path / "out.json")
        assert report.tables["workspaces"].nulled == {}
        assert query(url, "SELECT owner_id FROM workspaces") == [("s",)]

    def test_that_leads_nowhere(self, url: str, tmp_path: Path) -> None:
        """The key of a team is no slug."""
        path = tmp_path / "s.json"
        path.write_bytes(
            layout_c(
                teams=[snapshot_row("teams", team_id="t", slug="s")],
                workspaces=[snapshot_row("workspaces", owner_id="t")],
            )
        )
        with pytest.raises(InvalidRows) as caught:
            import_(url, path)
        assert [i.reason for i in caught.value.report.issues] == [
            "owner_id refers to teams 't', neither in the file nor in the database;"
            " ⟨null_missing_references=True⟩ empties such references"
        ]

    @pytest.mark.parametrize("slugs", [{"t": "x"}, {"u": "s", "t": "x"}])
    def test_that_others_need(self, url: str, slugs: dict[str, str], tmp_path: Path) -> None:
        path = tmp_path / "s.json"
        path.write_bytes(layout_c(teams=[snapshot_row("teams", team_id=k, slug=s) for k, s in slugs.items()]))
        with pytest.raises(InvalidRows) as caught:
            import_(url, path)
        assert [(i.table, i.kind) for i in caught.value.report.issues] == [("teams", "abandoned")]
        path.write_bytes(layout_c(teams=[snapshot_row("teams", team_id="t", slug="s", name="new")]))
        import_(url, path)
        assert query(url, "SELECT team_id, slug, name FROM teams") == [("t", "s", "new")]
        assert query(url, "SELECT owner_id FROM workspaces") == [("s",)]


def test_references_that_a_trigger_empties_are_no_plan(make_database: MakeDatabase, tmp_path: Path) -> None:
    """What is set to NULL is counted where it happens, and compared with the plan before the commit."""
    url = make_database("sqlite", migrated=True)
    refers_to_itself(url)
    body = "BEGIN UPDATE long_term_memory SET duplicate_of = NULL; END"
    insert(url, "long_term_memory", [row("long_term_memory", memory_id="old")])
    script(url, f"CREATE TRIGGER forget AFTER INSERT ON long_term_memory {body}")
    path = tmp_path / "s.json"
    path.write_bytes(layout_c(long_term_memory=[snapshot_row("long_term_memory", duplicate_of="nowhere")]))
    with pytest.raises(DatabaseFailure) as caught:
        import_(url, path, null_missing_references=True)
    assert str(caught.value) == ("long_term_memory would lose 0 references where the plan says 1; nothing was changed")
    assert [held["memory_id"] for held in rows_of(url, "long_term_memory")] == ["old"]
