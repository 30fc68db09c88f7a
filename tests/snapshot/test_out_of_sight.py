"""What is called like a table and is none of the engine's must not pass for a table without rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from memoria.databases import create_tables, describe
from memoria.snapshot.compare.compare import compare_sides
from memoria.snapshot.compare.streams import database_side
from memoria.snapshot.errors import DatabaseFailure, InvalidRows
from memoria.snapshot.progress import NoProgress
from memoria.snapshot.schema.registry import TABLES
from tests.conftest import KINDS, MakeDatabase
from tests.faults.faults import run
from tests.support.samples.databases import CORE, insert, query, rows_of, script
from tests.support.samples.engine import export, import_, opened
from tests.support.samples.rows import layout_c, row, snapshot_row

POSTGRESQL = [kind for kind in KINDS if kind != "sqlite"]
VIEW = "is a view, whose rows are those of other tables: leave it out by naming the others with ⟨tables⟩"


@pytest.fixture
def edges(migrated_url: str) -> str:
    insert(migrated_url, "memory_relationships", [row("memory_relationships")])
    return migrated_url


def named(url: str) -> str:
    with opened(url) as connection:
        return describe(connection)


def test_a_view(edges: str, tmp_path: Path, django_db_blocker: Any) -> None:
    script(
        edges,
        "ALTER TABLE memory_relationships RENAME TO edges; CREATE VIEW memory_relationships AS SELECT * FROM edges",
    )
    path = tmp_path / "out.json"
    with pytest.raises(DatabaseFailure) as caught:
        export(edges, path)
    assert str(caught.value) == f"{named(edges)}: memory_relationships {VIEW}"
    assert not path.exists()
    with opened(edges) as connection, pytest.raises(DatabaseFailure, match="is a view"):
        database_side(connection, "here", TABLES, NoProgress()).__enter__()
    path.write_bytes(layout_c(memory_relationships=[snapshot_row("memory_relationships")]))
    with pytest.raises(InvalidRows) as refused:
        import_(edges, path)
    assert [i.reason for i in refused.value.report.issues] == [f"in {named(edges)} it {VIEW}"]
    with (
        opened(edges) as connection,
        django_db_blocker.unblock(),
        pytest.raises(DatabaseFailure, match="a view has its name"),
    ):
        create_tables(connection)
    export(edges, tmp_path / "others.json", tables=CORE[:-1])


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_another_schema(kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database(kind, migrated=True)
    insert(url, "memory_relationships", [row("memory_relationships")])
    insert(url, "agents", [row("agents")])
    script(url, "CREATE SCHEMA apart; ALTER TABLE memory_relationships SET SCHEMA apart")
    with pytest.raises(DatabaseFailure) as caught:
        export(url, tmp_path / "out.json")
    assert str(caught.value) == (
        f"{named(url)}: memory_relationships is in the schema apart, which is not on the search path:"
        " add ?options=-csearch_path%3Dpublic%2Capart to the URL"
    )
    separator = "&" if urlsplit(url).query else "?"
    both = f"{url}{separator}options=-csearch_path%3Dpublic,apart"
    assert export(both, tmp_path / "out.json").tables["memory_relationships"].rows == 1
    # Beside the core tables others may be somebody else's.
    script(url, "ALTER TABLE apart.memory_relationships SET SCHEMA public; ALTER TABLE agents SET SCHEMA apart")
    assert "agents" not in export(url, tmp_path / "other.json").tables


def test_letters_of_another_case(make_database: MakeDatabase, tmp_path: Path, django_db_blocker: Any) -> None:
    """SQLite finds the table, and so does everything here."""
    url = make_database("sqlite", migrated=True)
    insert(url, "memory_relationships", [row("memory_relationships")])
    before = rows_of(url, "memory_relationships")
    script(
        url,
        "ALTER TABLE memory_relationships RENAME TO x; ALTER TABLE x RENAME TO Memory_Relationships;"
        "ALTER TABLE clusters RENAME TO y; ALTER TABLE y RENAME TO CLUSTERS;",
    )
    insert(url, "clusters", [row("clusters")])
    path = tmp_path / "out.json"
    report = export(url, path)
    assert (report.tables["memory_relationships"].rows, report.tables["clusters"].rows) == (1, 1)
    assert report.left_out == {}
    with opened(url) as connection, django_db_blocker.unblock():
        assert create_tables(connection) == []
    import_(url, path)
    assert rows_of(url, "memory_relationships") == before
    with opened(url) as one, opened(make_database("sqlite", migrated=True)) as other:
        sides = [database_side(connection, "side", TABLES, NoProgress()) for connection in (one, other)]
        with sides[0] as a, sides[1] as b:
            assert compare_sides(a, b, TABLES).tables["memory_relationships"].only_a == 1


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_letters_of_another_case_on_postgresql(kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database(kind, migrated=True)
    script(url, 'ALTER TABLE memory_relationships RENAME TO "Memory_Relationships"')
    with pytest.raises(DatabaseFailure, match=r"memory_relationships is called Memory_Relationships: rename it$"):
        export(url, tmp_path / "out.json")


@pytest.mark.parametrize("kind", POSTGRESQL)
@pytest.mark.parametrize(("schema", "spelled"), [("public", "public"), ("My own", "%22My%5C%20own%22")])
def test_no_command_makes_a_second_set(
    kind: str, schema: str, spelled: str, make_database: MakeDatabase, tmp_path: Path
) -> None:
    url = make_database(kind, migrated=True)
    path = tmp_path / "all.ndjson"
    export(url, path)
    script(url, "CREATE SCHEMA other")
    if schema != "public":
        script(url, f'ALTER SCHEMA public RENAME TO "{schema}"')
    at = ("--database-url", f"{url}{'&' if urlsplit(url).query else '?'}options=-csearch_path%3Dother")
    for command in (
        ("export-data", tmp_path / "x.json"),
        ("import-data", path),
        ("import-data", path, "--dry-run"),
        ("import-data", path, "--migrate"),
        ("import-memories", path),
        ("import-memories", path, "--migrate"),
        ("load-sample-data",),
        ("list-imports",),
        ("undo-import", "1"),
    ):
        ended = run(*command, *at)
        assert ended.returncode == 1, command
        assert (
            "long_term_memory is in the schema "
            f"{schema}, which is not on the search path: add ?options=-csearch_path%3D{spelled} to the URL\n"
            in ended.stderr
        ), (command, ended.stderr)
    tables = query(url, "SELECT schemaname FROM pg_tables WHERE tablename = 'clusters'")
    assert tables == [(schema,)]
    way_out = f"{url}{'&' if urlsplit(url).query else '?'}options=-csearch_path%3D{spelled}"
    assert run("import-data", path, "--no-input", "--database-url", way_out).returncode == 0


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_tables_in_two_schemas(kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database(kind, migrated=True)
    insert(url, "clusters", [row("clusters")])
    path = tmp_path / "out.json"
    export(url, path)
    script(url, "CREATE SCHEMA apart; ALTER TABLE agents SET SCHEMA apart")
    ended = run("import-data", path, "--migrate", "--database-url", url)
    assert (ended.returncode, ended.stderr) == (
        1,
        f"CommandError: {named(url)}: agents is in the schema apart, which is not on the search path: add"
        " ?options=-csearch_path%3Dpublic%2Capart to the URL; if it is not Memoria's, create the tables with"
        " `memoria migrate`\n",
    )
    both = f"{url}{'&' if urlsplit(url).query else '?'}options=-csearch_path%3Dpublic%2Capart"
    ended = run("import-data", path, "--migrate", "--no-input", "--database-url", both)  # which lacks no table
    assert ended.returncode == 0, ended.stderr
    assert query(url, "SELECT schemaname FROM pg_tables WHERE tablename IN ('agents', 'clusters') ORDER BY 1") == [
        ("apart",),
        ("public",),
    ]
    # A role or a database may name the path as well, and of two tables the first on it counts.
    ((name,),) = query(url, "SELECT current_database()")
    script(url, f'ALTER DATABASE "{name}" SET search_path = apart, public; CREATE TABLE apart.clusters (LIKE clusters)')
    assert export(url, path).tables["clusters"].rows == 0
    script(url, "DROP TABLE apart.clusters")
    assert export(url, path).tables["clusters"].rows == 1
