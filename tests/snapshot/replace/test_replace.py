"""An import as a whole: what it touches, what it leaves, what it reports."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from memoria.snapshot.errors import DatabaseFailure, Declined, InvalidRows
from memoria.snapshot.files import InputFile
from memoria.snapshot.replace.replace import Replace
from tests.conftest import MakeDatabase, RunMemoria
from tests.support.samples.databases import CORE, EVERY, contents, insert, query, rows_of, script
from tests.support.samples.engine import export, import_, opened
from tests.support.samples.rows import layout_c, row, snapshot_row


def write(path: Path, **tables: list[dict[str, Any]]) -> Path:
    path.write_bytes(layout_c(**tables))
    return path


def one_row_each(url: str) -> None:
    for table in CORE:
        insert(url, table, [row(table)])


@pytest.fixture
def filled_url(database_kind: str, make_database: MakeDatabase) -> str:
    return make_database(database_kind, migrated=True, filled=one_row_each)


def test_only_the_tables_of_the_file(filled_url: str, tmp_path: Path) -> None:
    path = write(tmp_path / "s.json", short_term_memories=[snapshot_row("short_term_memory", memory_id="new")])
    before = contents(filled_url)
    report = import_(filled_url, path)
    assert list(report.tables) == ["short_term_memory"]
    after = contents(filled_url)
    assert [memory["memory_id"] for memory in after["short_term_memory"]] == ["new"]
    assert after | {"short_term_memory": []} == before | {"short_term_memory": []}


def test_only_the_chosen_tables(filled_url: str, tmp_path: Path) -> None:
    path = write(
        tmp_path / "s.json",
        long_term_memories=[snapshot_row("long_term_memory", memory_id="new")],
        short_term_memories=[snapshot_row("short_term_memory", memory_id="new")],
    )
    before = contents(filled_url)
    report = import_(filled_url, path, tables=["long_term_memory", "clusters"])
    assert (list(report.tables), report.left_out, report.exit_code) == (
        ["long_term_memory"],
        {"short_term_memory": 1},
        0,
    )
    after = contents(filled_url)
    assert [memory["memory_id"] for memory in after["long_term_memory"]] == ["new"]
    assert after | {"long_term_memory": []} == before | {"long_term_memory": []}


def test_an_empty_table_in_the_file_empties_the_database_s(filled_url: str, tmp_path: Path) -> None:
    report = import_(filled_url, write(tmp_path / "s.json", clusters=[], cluster_members=[]))
    assert {name: table.deleted for name, table in report.tables.items()} == {"clusters": 1, "cluster_members": 1}
    assert rows_of(filled_url, "clusters") == rows_of(filled_url, "cluster_members") == []


def test_twice_is_the_same_as_once(filled_url: str, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    export(filled_url, path)
    before = contents(filled_url)
    for _ in range(2):
        report = import_(filled_url, path)
        assert report.exit_code == 0
        counts = {name: (t.rows, t.inserted, t.deleted, t.skipped) for name, t in report.tables.items()}
        assert counts == {name: (1, 1, 1, 0) if name in CORE else (0, 0, 0, 0) for name in EVERY}
        assert contents(filled_url) == before


def test_no_answer_changes_nothing(filled_url: str, tmp_path: Path) -> None:
    asked = []

    def decline(report: Any) -> bool:
        asked.append({name: table.deleted for name, table in report.tables.items()})
        return False

    path = write(tmp_path / "s.json", long_term_memories=[])
    before = contents(filled_url)
    with opened(filled_url) as connection, InputFile(str(path)) as file, pytest.raises(Declined):
        Replace(file, connection, "here", confirm=decline).run()
    assert asked == [{"long_term_memory": 1}]
    assert contents(filled_url) == before


def test_a_required_column_that_the_file_lacks_takes_its_default(migrated_url: str, tmp_path: Path) -> None:
    memory = snapshot_row("long_term_memory")
    for name in ("namespace", "importance_score", "created_at", "classification"):
        del memory[name]
    path = write(tmp_path / "s.json", long_term_memories=[memory, snapshot_row("long_term_memory", memory_id="m-2")])
    report = import_(migrated_url, path)
    assert report.exit_code == 0
    assert report.tables["long_term_memory"].defaulted == {
        "namespace": 1,
        "importance_score": 1,
        "created_at": 1,
        "classification": 1,
    }
    first, second = rows_of(migrated_url, "long_term_memory")
    assert (first["namespace"], first["importance_score"], first["classification"]) == (
        "default",
        (0.5).hex(),
        "conversational",
    )
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", first["created_at"])
    assert second["created_at"] == "2025-01-02 03:04:05.123456"


def test_a_required_column_without_a_default(migrated_url: str, tmp_path: Path) -> None:
    memory = snapshot_row("long_term_memory")
    del memory["summary"]
    with pytest.raises(InvalidRows) as caught:
        import_(migrated_url, write(tmp_path / "s.json", long_term_memories=[memory]))
    assert [issue.reason for issue in caught.value.report.issues] == ["summary is missing, and has no default"]


class TestATargetThatLacksAColumn:
    @pytest.fixture
    def older_url(self, migrated_url: str) -> str:
        script(
            migrated_url,
            "DROP INDEX idx_long_term_last_editor; ALTER TABLE long_term_memory DROP COLUMN last_edited_by_model",
        )
        return migrated_url

    def test_null_is_no_loss(self, older_url: str, tmp_path: Path) -> None:
        memories = [
            snapshot_row("long_term_memory"),
            snapshot_row("long_term_memory", memory_id="m-2", last_edited_by_model=None),
        ]
        report = import_(older_url, write(tmp_path / "s.json", long_term_memories=memories))
        assert (report.exit_code, report.tables["long_term_memory"].ignored) == (0, {})
        assert [memory["memory_id"] for memory in rows_of(older_url, "long_term_memory")] == ["m-1", "m-2"]

    def test_a_value_is(self, older_url: str, tmp_path: Path) -> None:
        memory = snapshot_row("long_term_memory", last_edited_by_model="gpt")
        path = write(tmp_path / "s.json", long_term_memories=[memory])
        with pytest.raises(InvalidRows) as caught:
            import_(older_url, path, skip_invalid=True)
        assert [(issue.kind, issue.reason) for issue in caught.value.report.issues] == [
            (
                "unknown",
                "the target database has no column 'last_edited_by_model': update its schema,"
                " or leave the column out with ⟨ignore_unknown=True⟩",
            )
        ]
        report = import_(older_url, path, ignore_unknown=True)
        assert (report.exit_code, report.tables["long_term_memory"].ignored) == (3, {"last_edited_by_model": 1})
        assert [memory["memory_id"] for memory in rows_of(older_url, "long_term_memory")] == ["m-1"]

    def test_export_and_import_again(self, older_url: str, tmp_path: Path) -> None:
        insert(older_url, "long_term_memory", [row("long_term_memory")])
        export(older_url, tmp_path / "out.json")
        assert b"last_edited_by_model" not in (tmp_path / "out.json").read_bytes().replace(b"short", b"")
        before = contents(older_url)
        assert import_(older_url, tmp_path / "out.json").exit_code == 0
        assert contents(older_url) == before


class TestSequences:
    INSERT = "INSERT INTO clusters (summary) VALUES ('next') RETURNING id"

    def test_stand_past_the_highest_key(self, migrated_url: str, tmp_path: Path) -> None:
        import_(migrated_url, write(tmp_path / "s.json", clusters=[snapshot_row("clusters", id=n) for n in (41, 3)]))
        assert query(migrated_url, self.INSERT) == [(42,)]

    def test_never_go_back(self, migrated_url: str, tmp_path: Path) -> None:
        for _ in range(3):
            query(migrated_url, self.INSERT)
        import_(migrated_url, write(tmp_path / "s.json", clusters=[snapshot_row("clusters", id=2)]))
        assert query(migrated_url, self.INSERT) == [(4,)]

    def test_stay_when_nothing_is_imported(self, migrated_url: str, tmp_path: Path) -> None:
        path = write(tmp_path / "s.json", clusters=[snapshot_row("clusters", id=41)])
        import_(migrated_url, path, dry_run=True)
        bad = [snapshot_row("clusters", id=50), snapshot_row("clusters", id=51, size="x")]
        path = write(tmp_path / "bad.json", clusters=bad)
        with pytest.raises(InvalidRows):
            import_(migrated_url, path)
        assert query(migrated_url, self.INSERT) == [(1,)]

    def test_go_back_with_the_transaction(self, migrated_url: str, tmp_path: Path) -> None:
        """The database refuses something after the sequence has moved: here at the commit, and no rehearsal saw it."""
        if migrated_url.startswith("sqlite"):
            pytest.skip("SQLite checks nothing at its commit")
        script(
            migrated_url,
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF EXISTS (SELECT 1 FROM memoria_imports) THEN RAISE 'not today'; END IF; RETURN NULL; END $$;"
            " CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON clusters DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        with pytest.raises(DatabaseFailure, match="not today"):
            import_(migrated_url, write(tmp_path / "s.json", clusters=[snapshot_row("clusters", id=41)]), undo=True)
        script(migrated_url, "DROP TRIGGER refuse ON clusters")
        assert query(migrated_url, self.INSERT) == [(1,)]

    def test_the_highest_key_of_all(self, migrated_url: str, tmp_path: Path) -> None:
        import_(migrated_url, write(tmp_path / "s.json", clusters=[snapshot_row("clusters", id=2147483647)]))
        assert [cluster["id"] for cluster in rows_of(migrated_url, "clusters")] == [2147483647]


def test_the_orm_goes_on_after_an_import(run_memoria: RunMemoria, migrated_url: str, tmp_path: Path) -> None:
    import_(migrated_url, write(tmp_path / "s.json", clusters=[snapshot_row("clusters", id=7)]))
    code = "from memoria.models import Cluster; print(Cluster.objects.create(summary='x').pk)"
    result = run_memoria("shell", "--no-imports", "-c", code, env={"DATABASE_URL": migrated_url})
    assert (result.stdout, result.stderr) == (b"8\n", b"")


def test_a_database_without_tables(database_url: str, tmp_path: Path) -> None:
    path = write(tmp_path / "s.json", clusters=[snapshot_row("clusters")])
    with pytest.raises(DatabaseFailure) as caught:
        import_(database_url, path)
    assert str(caught.value).endswith(" has no tables yet: create them with ⟨Django's migrations⟩")


def test_indexes_are_back_after_a_large_import(migrated_url: str, tmp_path: Path) -> None:
    """From 10,000 rows on they are dropped and built again."""
    before = indexes(migrated_url)
    members = [snapshot_row("cluster_members", id=n) for n in range(1, 10_001)]
    path = write(tmp_path / "s.json", clusters=[snapshot_row("clusters")], cluster_members=members)
    for _ in range(2):
        report = import_(migrated_url, path)
        assert report.tables["cluster_members"].inserted == 10_000
        assert query(migrated_url, "SELECT count(*), max(id) FROM cluster_members") == [(10_000, 10_000)]
    assert indexes(migrated_url) == before


def indexes(url: str) -> set[tuple[Any, ...]]:
    if url.startswith("sqlite"):
        return set(query(url, "SELECT name, sql FROM sqlite_master WHERE type = 'index'"))
    return set(query(url, "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"))
