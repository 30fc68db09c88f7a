"""An import is taken back, and nothing else."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path
from time import process_time, sleep
from typing import Any
from urllib.parse import urlsplit

import pytest

from memoria.snapshot.errors import DatabaseFailure, InvalidRows, SnapshotError, UndoRefused
from memoria.snapshot.history.history import imports
from memoria.snapshot.report import ChangedRow, TableUndo, UndoReport
from tests.conftest import KINDS, MakeDatabase, server
from tests.support.samples.databases import (
    EVERY,
    connected,
    contents,
    create_existing,
    insert,
    query,
    script,
    sqlite_sample,
)
from tests.support.samples.engine import import_, merge, opened, undo
from tests.support.samples.rows import BASE, layout_c, row, snapshot_row


def memory(key: str, **more: Any) -> dict[str, Any]:
    return row("long_term_memory", memory_id=key, searchable_content=key, **more)


def write(folder: Path, **tables: list[dict[str, Any]]) -> Path:
    path = folder / "file.json"
    path.write_bytes(layout_c(**tables))
    return path


def long(key: str, **more: Any) -> dict[str, Any]:
    return snapshot_row("long_term_memory", memory_id=key, searchable_content=key, **more)


def state_of(url: str, number: int) -> str:
    ((state,),) = query(url, f"SELECT state FROM memoria_imports WHERE id = {number}")
    return str(state)


def a_row_in_every_table(url: str) -> None:
    """And some more memories."""
    for table in EVERY:
        insert(url, table, [row(table)])
    insert(url, "long_term_memory", [memory("m-2", embedding="[1e-320, 1.10]"), memory("m-3", x_coord=0.1 + 0.2)])


@pytest.fixture
def url(database_kind: str, make_database: MakeDatabase) -> str:
    return make_database(database_kind, migrated=True, filled=a_row_in_every_table)


def test_replaced_tables_come_back(url: str, tmp_path: Path) -> None:
    before = contents(url, EVERY)
    held = [long("m-2", summary="else"), long("new")]
    path = write(tmp_path, long_term_memory=held, short_term_memory=[], clusters=[], cluster_members=[])
    assert import_(url, path, undo=True).import_id == 1
    assert [held["memory_id"] for held in contents(url)["long_term_memory"]] == ["m-2", "new"]
    planned = undo(url, 1, dry_run=True)
    assert planned.tables == {
        "long_term_memory": TableUndo(delete=1, restore=3),
        "short_term_memory": TableUndo(restore=1),
        "clusters": TableUndo(restore=1),
        "cluster_members": TableUndo(restore=1),
    }
    assert (planned.kind, planned.file_name, planned.changed) == ("import-data", str(path), [])
    assert len(contents(url)["long_term_memory"]) == 2
    assert undo(url, 1).tables == planned.tables
    assert contents(url, EVERY) == before
    assert (state_of(url, 1), query(url, "SELECT count(*) FROM memoria_import_changes")) == ("undone", [(0,)])
    with pytest.raises(SnapshotError, match="import 1 is undone already"):
        undo(url, 1)


def test_added_rows_go(url: str, tmp_path: Path) -> None:
    before = contents(url, EVERY)
    path = write(tmp_path, long_term_memory=[long("new"), long("newer")])
    import_(url, path, truncate=False, undo=True)
    assert undo(url, 1).tables == {"long_term_memory": TableUndo(delete=2)}
    assert contents(url, EVERY) == before


def test_filled_tables_are_empty_again(migrated_url: str, tmp_path: Path) -> None:
    path = write(tmp_path, long_term_memory=[long("new"), long("newer")], clusters=[snapshot_row("clusters")])
    import_(migrated_url, path, undo=True)
    assert undo(migrated_url, 1).tables == {"long_term_memory": TableUndo(delete=2), "clusters": TableUndo(delete=1)}
    assert not any(contents(migrated_url).values())


def test_rows_that_were_changed_since(url: str, tmp_path: Path) -> None:
    """They are named, nothing is changed; then they are taken back all the same."""
    before = contents(url)
    path = write(tmp_path, long_term_memory=[long("m-1"), long("m-2"), long("new"), long("newer")])
    import_(url, path, undo=True)
    script(
        url,
        "UPDATE long_term_memory SET access_count = 7 WHERE memory_id = 'm-2';"
        "DELETE FROM long_term_memory WHERE memory_id = 'new';"
        "UPDATE long_term_memory SET memory_id = 'm-3' WHERE memory_id = 'm-1'",
    )
    changed = contents(url)
    with pytest.raises(UndoRefused) as caught:
        undo(url, 1)
    assert str(caught.value) == (
        "4 rows changed since import 1, such as long_term_memory 'm-2': was changed since"
        " (nothing was changed; ⟨force=True⟩ takes them back all the same)"
    )
    assert caught.value.report.refused
    assert caught.value.report.changed == [
        ChangedRow("long_term_memory", "m-2", "was changed since"),
        ChangedRow("long_term_memory", "m-1", "was deleted since"),
        ChangedRow("long_term_memory", "new", "was deleted since"),
        ChangedRow("long_term_memory", "m-3", "was added since"),
    ]
    assert contents(url) == changed
    planned = undo(url, 1, dry_run=True)
    assert planned.tables == {"long_term_memory": TableUndo(delete=1, restore=3, changed=4)}
    assert (planned.refused, planned.exit_code) == (True, 1)
    assert not undo(url, 1, dry_run=True, force=True).refused
    undo(url, 1, force=True)
    assert contents(url) == before


def test_what_others_added_since_stays(url: str, tmp_path: Path) -> None:
    before = contents(url)["long_term_memory"]
    import_(url, write(tmp_path, long_term_memory=[long("new")]), undo=True)
    insert(url, "long_term_memory", [memory("theirs")])
    undo(url, 1)
    rows = contents(url)["long_term_memory"]
    assert [held for held in rows if held["memory_id"] != "theirs"] == before
    assert len(rows) == len(before) + 1


@pytest.mark.parametrize("force", [False, True])
def test_rows_that_others_refer_to_cannot_go(url: str, tmp_path: Path, force: bool) -> None:
    import_(url, write(tmp_path, clusters=[snapshot_row("clusters", id=9)]), truncate=False, undo=True)
    insert(url, "cluster_members", [row("cluster_members", id=9, cluster_id=9)])
    before = contents(url)
    with pytest.raises(DatabaseFailure, match="1 row of cluster_members that the import did not write refer"):
        undo(url, 1, force=force)
    assert contents(url) == before


def test_one_import_upon_another(url: str, tmp_path: Path) -> None:
    before = contents(url)
    merge(url, write(tmp_path, long_term_memory=[long("m-2", summary="first")]), on_conflict="overwrite")
    between = contents(url)
    merge(url, write(tmp_path, long_term_memory=[long("m-2", summary="second")]), on_conflict="overwrite")
    with pytest.raises(UndoRefused, match="1 row changed since import 1, such as long_term_memory 'm-2'"):
        undo(url, 1)
    undo(url, 2)
    assert contents(url) == between
    undo(url, 1)
    assert contents(url) == before


def test_numbers_go_on(url: str, tmp_path: Path) -> None:
    merge(url, write(tmp_path, clusters=[snapshot_row("clusters", id=1, summary="other")]))
    undo(url, 1)
    script(url, "INSERT INTO clusters (summary) VALUES ('next')")
    assert query(url, "SELECT max(id) FROM clusters") == [(3,)]


def test_only_the_last_imports_can_be_undone(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMORIA_UNDO_IMPORTS", "2")
    for number in range(1, 5):
        merge(url, write(tmp_path, long_term_memory=[long(f"new {number}")]))
    assert [state_of(url, number) for number in range(1, 5)] == ["final", "final", "done", "done"]
    assert query(url, "SELECT DISTINCT import_id FROM memoria_import_changes ORDER BY 1") == [(3,), (4,)]
    with pytest.raises(SnapshotError, match="import 2 can no longer be undone: what it takes is not kept"):
        undo(url, 2)
    monkeypatch.setenv("MEMORIA_UNDO_IMPORTS", "none")
    with pytest.raises(DatabaseFailure, match="MEMORIA_UNDO_IMPORTS is 'none': write a whole number from 1 to 1000"):
        merge(url, write(tmp_path, long_term_memory=[long("last")]))
    assert query(url, "SELECT count(*) FROM long_term_memory WHERE memory_id = 'last'") == [(0,)]


def test_rows_that_nobody_looked_at(url: str, tmp_path: Path) -> None:
    path = write(tmp_path, long_term_memory=[long("new")])
    import_(url, path, truncate=False, validate=False, undo=True)
    assert state_of(url, 1) == "final"


def test_what_an_import_leaves_in_the_history(url: str, tmp_path: Path) -> None:
    path = write(tmp_path, long_term_memory=[long("new")])
    report = merge(url, path, namespace="prod")
    with opened(url) as connection:
        (entry,) = imports(connection, "here")
    assert (entry.id, entry.kind, entry.state, entry.user, entry.rows) == (1, "import-memories", "done", "tester", 1)
    assert (entry.file_name, entry.sha256, entry.undone_at) == (str(path), report.file.sha256, None)
    assert entry.counts == {"long_term_memory": {"inserted": 1}}
    assert entry.started_at <= entry.finished_at
    assert merge(url, path, namespace="prod", undo=False).import_id is None
    assert query(url, "SELECT count(*) FROM memoria_imports") == [(1,)]


def test_numbers_of_what_is_not_there(url: str, database_kind: str, make_database: MakeDatabase) -> None:
    for place in (url, make_database(database_kind)):
        with pytest.raises(SnapshotError, match="knows no import 5: see list-imports"):
            undo(place, 5)
    older = make_database(database_kind, filled=create_existing)
    with opened(older) as connection:
        assert imports(connection, "here") == []


@pytest.mark.parametrize(
    "name",
    [
        "sqlite_edge_bool_text",
        "sqlite_edge_invalid_utf8",
        "sqlite_edge_nan_inf_columns",
        "sqlite_edge_nul_char",
        "sqlite_edge_text_in_float",
        "sqlite_edge_tz_strings",
        "sqlite_initial_release",
    ],
)
def test_rows_of_sqlite_that_no_snapshot_can_hold_come_back(name: str, tmp_path: Path) -> None:
    url = sqlite_sample(name, tmp_path)
    everything = (
        "SELECT memory_id, typeof(processed_data), hex(processed_data), typeof(importance_score), importance_score,"
        " hex(summary), hex(searchable_content), typeof(created_at), created_at, hex(embedding), x_coord"
        " FROM long_term_memory ORDER BY 1"
    )
    before = query(url, everything)
    assert before
    path = write(tmp_path, long_term_memory=[long("new")])
    import_(url, path, undo=True)
    assert [held[0] for held in query(url, everything)] == ["new"]
    undo(url, 1)
    assert query(url, everything) == before


def test_columns_that_no_snapshot_knows_come_back(url: str, tmp_path: Path) -> None:
    script(url, "ALTER TABLE clusters ADD COLUMN mood TEXT")
    script(url, "UPDATE clusters SET mood = 'good'")
    import_(url, write(tmp_path, clusters=[snapshot_row("clusters", summary="else")], cluster_members=[]), undo=True)
    assert query(url, "SELECT summary, mood FROM clusters") == [("else", None)]
    undo(url, 1)
    assert query(url, "SELECT summary, mood FROM clusters") == [(BASE["clusters"]["summary"], "good")]


def test_unique_values_that_moved_to_another_row(migrated_url: str, tmp_path: Path) -> None:
    """Each is free by the time the row that had it gets it back."""
    insert(
        migrated_url,
        "teams",
        [row("teams", team_id=key, slug=slug) for key, slug in (("a", "x"), ("b", "y"), ("c", "z"))],
    )
    insert(
        migrated_url, "workspaces", [row("workspaces", workspace_id=key, slug=key, team_id="a") for key in ("v", "w")]
    )
    members = {1: ("v", "u"), 2: ("w", "u"), 3: ("v", "o")}
    insert(
        migrated_url,
        "workspace_members",
        [row("workspace_members", id=n, workspace_id=w, user_id=u) for n, (w, u) in members.items()],
    )
    policies = [row("policy_artifacts", id=n, workspace_id="v", namespace=space) for n, space in ((1, "a"), (2, "b"))]
    insert(migrated_url, "policy_artifacts", policies)
    before = contents(migrated_url, EVERY)
    moved = {1: ("w", "u"), 2: ("v", "u"), 4: ("v", "o")}
    path = write(
        tmp_path,
        teams=[snapshot_row("teams", team_id=k, slug=s) for k, s in (("a", "y"), ("b", "x"), ("d", "z"))],
        workspaces=[snapshot_row("workspaces", workspace_id=k, slug=k, team_id="a") for k in ("v", "w")],
        workspace_members=[
            snapshot_row("workspace_members", id=n, workspace_id=w, user_id=u) for n, (w, u) in moved.items()
        ],
        policy_artifacts=[
            snapshot_row("policy_artifacts", id=n, workspace_id="v", namespace=s) for n, s in ((1, "b"), (2, "a"))
        ],
    )
    import_(migrated_url, path, undo=True)
    assert query(migrated_url, "SELECT id, workspace_id, user_id FROM workspace_members ORDER BY 1") == [
        (number, *held) for number, held in moved.items()
    ]
    undo(migrated_url, 1)
    assert contents(migrated_url, EVERY) == before


def test_unique_values_of_columns_that_no_snapshot_knows(migrated_url: str, tmp_path: Path) -> None:
    script(migrated_url, "ALTER TABLE teams ADD COLUMN place INTEGER; CREATE UNIQUE INDEX one_place ON teams (place)")
    insert(migrated_url, "teams", [row("teams", team_id=key, slug=key) for key in "ab"])
    script(migrated_url, "UPDATE teams SET place = 1 WHERE team_id = 'a'")
    import_(migrated_url, write(tmp_path, teams=[snapshot_row("teams", team_id="c", slug="b")]), undo=True)
    script(migrated_url, "UPDATE teams SET place = 1")
    undo(migrated_url, 1, force=True)
    assert query(migrated_url, "SELECT team_id, slug, place FROM teams ORDER BY 1") == [("a", "a", 1), ("b", "b", None)]


def test_many_rows_are_compared_at_once(make_database: MakeDatabase, tmp_path: Path) -> None:
    """Rows of one action are not looked up row by row among those of the other, for which SQLite has no index."""
    url = make_database("sqlite", migrated=True)
    path = write(tmp_path, long_term_memory=[long(str(number)) for number in range(6000)])
    for _ in range(2):
        import_(url, path, undo=True)
    started = process_time()
    assert undo(url, 2, dry_run=True).tables == {"long_term_memory": TableUndo(restore=6000)}
    assert process_time() - started < 3  # row by row it is fifteen


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "sqlite"])
@pytest.mark.parametrize("noted", [True, False])
def test_a_role_that_owns_no_sequence(make_database: MakeDatabase, tmp_path: Path, kind: str, noted: bool) -> None:
    """It may use them, and that is enough."""
    url = make_database(kind, migrated=True)
    name = f"role_{secrets.token_hex(4)}"
    script(
        url,
        f"CREATE ROLE {name} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name};"
        f" GRANT SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {name}",
    )
    theirs = server(kind).url(urlsplit(url).path[1:], user=name)
    try:
        path = write(tmp_path, clusters=[snapshot_row("clusters", id=7)])
        import_(theirs, path, undo=noted)
        assert query(url, "SELECT nextval('clusters_id_seq')") == [(8,)]
        merge(theirs, write(tmp_path, clusters=[snapshot_row("clusters", id=7, summary="else")]), undo=noted)
        assert query(url, "SELECT nextval('clusters_id_seq')") == [(9,)]
        if noted:
            undo(theirs, 2)
            undo(theirs, 1)
            assert contents(url, ["clusters"]) == {"clusters": []}
    finally:
        script(url, f"DROP OWNED BY {name}; DROP ROLE {name}")


WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
HOLDERS = [
    ("memory_relationships", {"source_memory_id": "new", "target_memory_id": "m-1"}),
    ("memory_relationships", {"source_memory_id": "m-1", "target_memory_id": "new"}),
    ("cluster_members", {"memory_id": "new"}),
    ("memory_entities", {"memory_id": "new"}),
    ("spatial_metadata", {"memory_id": "new"}),
]


def test_rows_that_held_ids_before_do_not_keep_them(migrated_url: str, tmp_path: Path) -> None:
    """They led nowhere before the import, and do so again after its undo."""
    insert(migrated_url, "clusters", [row("clusters")])
    for number, (table, held) in enumerate(HOLDERS):
        key = {"relationship_id": f"r-{number}"} if table == "memory_relationships" else {}
        insert(migrated_url, table, [row(table, **held, **key)])
    insert(migrated_url, "long_term_memory", [memory("m-1", duplicate_of="new")])
    before = contents(migrated_url, EVERY)
    merge(migrated_url, write(tmp_path, long_term_memory=[long("new")]))
    undo(migrated_url, 1)
    assert contents(migrated_url, EVERY) == before


@pytest.mark.parametrize(("table", "held"), HOLDERS, ids=[f"{table}-{next(iter(held))}" for table, held in HOLDERS])
def test_rows_whose_ids_others_hold_cannot_go(
    migrated_url: str, tmp_path: Path, table: str, held: dict[str, Any]
) -> None:
    """There is no foreign key that would tell."""
    insert(migrated_url, "clusters", [row("clusters")])
    insert(migrated_url, "long_term_memory", [memory("m-1")])
    merge(migrated_url, write(tmp_path, long_term_memory=[long("new")]))
    insert(migrated_url, table, [row(table, **held)])
    before = contents(migrated_url, EVERY)
    for options in ({"dry_run": True}, {"force": True}):
        with pytest.raises(DatabaseFailure, match=f"1 row of {table} that the import did not write refer to rows of"):
            undo(migrated_url, 1, **options)
    assert contents(migrated_url, EVERY) == before
    insert(migrated_url, "short_term_memory", [row("short_term_memory", memory_id="new", chat_id=None)])
    undo(migrated_url, 1)  # the id still leads somewhere


def test_what_happened_to_rows_does_not_keep_them(migrated_url: str, tmp_path: Path) -> None:
    merge(migrated_url, write(tmp_path, long_term_memory=[long("new")]))
    for table in ("memory_access_events", "retention_policy_audits"):
        insert(migrated_url, table, [row(table, memory_id="new")])
    undo(migrated_url, 1)
    assert query(migrated_url, "SELECT memory_id FROM memory_access_events") == [("new",)]


def test_references_that_are_being_added(url: str, tmp_path: Path) -> None:
    """A row whose writer has not committed yet is waited for, and is not lost with the row that it refers to."""
    import_(url, write(tmp_path, clusters=[snapshot_row("clusters", id=9)]), truncate=False, undo=True)
    added = threading.Event()

    def add() -> None:
        with connected(url) as connection:
            cursor = connection.cursor()
            cursor.execute("BEGIN")
            cursor.execute(
                "INSERT INTO cluster_members (id, memory_id, summary, cluster_id) VALUES (9, 'theirs', 'x', 9)"
            )
            added.set()
            sleep(0.5)
            while url.startswith("postgres") and not query(url, WAITING):
                sleep(0.02)
            cursor.execute("COMMIT")

    writer = threading.Thread(target=add)

    def confirm(report: UndoReport) -> bool:
        writer.start()
        return added.wait(10)

    with pytest.raises(DatabaseFailure, match="1 row of cluster_members that the import did not write refer"):
        undo(url, 1, confirm=confirm)
    writer.join()
    assert query(url, "SELECT cluster_id FROM cluster_members WHERE memory_id = 'theirs'") == [(9,)]


@pytest.mark.parametrize("force", [False, True])
def test_columns_that_were_added_since_keep_their_values(url: str, tmp_path: Path, force: bool) -> None:
    """They make no row another one; a row that was removed has what the column has by default."""
    import_(url, write(tmp_path, long_term_memory=[long("m-1"), long("new")]), undo=True)
    script(url, "ALTER TABLE long_term_memory ADD COLUMN mood text DEFAULT 'calm'")
    script(url, "UPDATE long_term_memory SET mood = 'good'")
    assert undo(url, 1, dry_run=True).changed == []
    undo(url, 1, force=force)
    assert query(url, "SELECT memory_id, mood FROM long_term_memory ORDER BY 1") == [
        ("m-1", "good"),
        ("m-2", "calm"),
        ("m-3", "calm"),
    ]


SHAPES = {
    "generated column": "ALTER TABLE {0} ADD shout text GENERATED ALWAYS AS (upper(summary)) STORED",
    "identity column": "ALTER TABLE {0} ADD number bigint GENERATED ALWAYS AS IDENTITY",
    "no primary key": "ALTER TABLE {0} DROP CONSTRAINT {0}_pkey CASCADE",
    "deferrable key": "ALTER TABLE {0} DROP CONSTRAINT {0}_pkey CASCADE;"
    "ALTER TABLE {0} ADD PRIMARY KEY (memory_id) DEFERRABLE",
    "character key": "ALTER TABLE {0} ALTER memory_id TYPE character(3)",
    "other columns of a length": "ALTER TABLE {0} ADD code character(4), ADD bits bit(3), ADD codes character(3)[];"
    "UPDATE {0} SET code = 'abc', bits = B'101', codes = '{{ab,c}}'",
    "partitions": "ALTER TABLE {0} RENAME TO old;"
    "CREATE TABLE {0} (LIKE old INCLUDING ALL) PARTITION BY HASH (memory_id);"
    "CREATE TABLE part PARTITION OF {0} FOR VALUES WITH (MODULUS 1, REMAINDER 0);"
    "INSERT INTO {0} SELECT * FROM old; DROP TABLE old CASCADE",
    "SQLite generated columns": "ALTER TABLE {0} ADD shout text GENERATED ALWAYS AS (upper(summary)) VIRTUAL",
    "SQLite table without a key": "CREATE TABLE copied AS SELECT * FROM {0}; DROP TABLE {0};"
    "ALTER TABLE copied RENAME TO {0}",
}


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        (kind, shape)
        for kind in KINDS
        for shape in SHAPES
        if shape.startswith("SQLite") == (kind == "sqlite") and (kind != "postgresql-16" or "identity" in shape)
    ],
)
def test_tables_of_any_shape(make_database: MakeDatabase, tmp_path: Path, kind: str, shape: str) -> None:
    """What is said when rows are imported is kept: of a replacement, of added rows and of a merge."""
    url = make_database(kind, migrated=True)
    insert(url, "long_term_memory", [memory("m-1"), memory("m-2", embedding="[1e-320]"), memory("m-3")])
    script(url, SHAPES[shape].format("long_term_memory"))
    before = sorted(query(url, "SELECT * FROM long_term_memory"), key=str)
    path = write(tmp_path, long_term_memory=[long("m-2", summary="else"), long("new")])
    import_(url, path, undo=True)
    assert undo(url, 1, dry_run=True, rehearse=True).tables == {"long_term_memory": TableUndo(delete=1, restore=3)}
    assert undo(url, 1).tables == {"long_term_memory": TableUndo(delete=1, restore=3)}
    assert sorted(query(url, "SELECT * FROM long_term_memory"), key=str) == before
    if shape in ("no primary key", "deferrable key", "SQLite table without a key"):
        with pytest.raises(InvalidRows, match="no unique index of the database tells its rows apart by memory_id"):
            merge(url, path, on_conflict="overwrite")
        return
    merge(url, path, on_conflict="overwrite")
    undo(url, 2, dry_run=True, rehearse=True)
    undo(url, 2)
    assert sorted(query(url, "SELECT * FROM long_term_memory"), key=str) == before


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_key_that_the_database_alone_numbers(make_database: MakeDatabase, tmp_path: Path, kind: str) -> None:
    url = make_database(kind, migrated=True)
    script(
        url,
        "ALTER TABLE clusters ALTER id DROP IDENTITY IF EXISTS; ALTER TABLE clusters ALTER id DROP DEFAULT;"
        "ALTER TABLE clusters ALTER id ADD GENERATED ALWAYS AS IDENTITY",
    )
    path = write(tmp_path, clusters=[snapshot_row("clusters", id=7)], cluster_members=[])
    import_(url, path, undo=True)
    before = contents(url)
    other = snapshot_row("clusters", id=7, size=77)
    path = write(tmp_path, clusters=[other, snapshot_row("clusters", id=9)], cluster_members=[])
    import_(url, path, undo=True)
    assert [row["id"] for row in contents(url)["clusters"]] == [7, 9]
    undo(url, 2, dry_run=True, rehearse=True)
    undo(url, 2)
    assert contents(url) == before
