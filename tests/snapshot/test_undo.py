"""An import is taken back, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memoria.snapshot.errors import DatabaseFailure, SnapshotError, UndoRefused
from memoria.snapshot.history import imports
from memoria.snapshot.undo_report import ChangedRow, TableUndo
from tests.conftest import MakeDatabase
from tests.samples.databases import EVERY, contents, create_existing, insert, query, script, sqlite_sample
from tests.samples.engine import import_, merge, opened, undo
from tests.samples.rows import BASE, layout_c, row, snapshot_row


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


@pytest.fixture
def url(migrated_url: str) -> str:
    """A row in every table, and some more memories."""
    for table in EVERY:
        insert(migrated_url, table, [row(table)])
    insert(
        migrated_url, "long_term_memory", [memory("m-2", embedding="[1e-320, 1.10]"), memory("m-3", x_coord=0.1 + 0.2)]
    )
    return migrated_url


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
        " (nothing was changed; --force takes them back all the same)"
    )
    assert caught.value.report.refused
    assert caught.value.report.changed == [
        ChangedRow("long_term_memory", "m-2", "was changed since"),
        ChangedRow("long_term_memory", "m-1", "was deleted since"),
        ChangedRow("long_term_memory", "new", "was deleted since"),
        ChangedRow("long_term_memory", "m-3", "was added since"),
    ]
    assert contents(url) == changed
    assert undo(url, 1, dry_run=True).tables == {"long_term_memory": TableUndo(delete=1, restore=3, changed=4)}
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
    """Also in the history itself, whose next numbers may be given by Django."""
    merge(url, write(tmp_path, clusters=[snapshot_row("clusters", id=1, summary="other")]))
    undo(url, 1)
    script(url, "INSERT INTO clusters (summary) VALUES ('next')")
    assert query(url, "SELECT max(id) FROM clusters") == [(3,)]
    if not url.startswith("sqlite"):
        assert query(url, "SELECT nextval('memoria_imports_id_seq')") == [(2,)]


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
    older = make_database(database_kind)
    create_existing(older)
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
