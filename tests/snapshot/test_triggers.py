"""What a database does by itself when rows are written: it is named, or the import is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from memoria.snapshot.errors import InvalidRows
from tests.conftest import KINDS, MakeDatabase
from tests.support.samples.databases import create_existing, insert, query, rows_of, script
from tests.support.samples.engine import export, import_, merge
from tests.support.samples.rows import layout_c, row, snapshot_row

POSTGRESQL = [kind for kind in KINDS if kind != "sqlite"]
# Comes after one about the layout of the file.
NOTE = "clusters has triggers of its own (shout, touch), which may change rows as they are written."


def create_triggers(url: str) -> None:
    if url.startswith("sqlite"):
        body = "BEGIN UPDATE clusters SET summary = upper(summary) WHERE id = NEW.id; END"
        script(url, f"CREATE TRIGGER shout AFTER INSERT ON clusters {body}")
        script(url, "CREATE TRIGGER touch AFTER UPDATE OF memory_count ON clusters BEGIN SELECT 1; END")
        return
    script(
        url,
        "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.summary := upper(NEW.summary); RETURN NEW; END $$;"
        " CREATE TRIGGER shout BEFORE INSERT ON clusters FOR EACH ROW EXECUTE FUNCTION shout();"
        " CREATE TRIGGER touch BEFORE UPDATE ON clusters FOR EACH ROW EXECUTE FUNCTION shout();"
        " CREATE TRIGGER off BEFORE UPDATE ON clusters FOR EACH ROW EXECUTE FUNCTION shout();"
        " ALTER TABLE clusters DISABLE TRIGGER off",
    )


def test_triggers_are_named(migrated_url: str, tmp_path: Path) -> None:
    create_triggers(migrated_url)
    path = tmp_path / "s.json"
    path.write_bytes(layout_c(clusters=[snapshot_row("clusters", id=1, summary="quiet")]))
    for dry_run in (True, False, False):  # into an empty table, and in the place of its row
        assert import_(migrated_url, path, dry_run=dry_run).notes[1:] == [NOTE]
    assert query(migrated_url, "SELECT summary FROM clusters") == [("QUIET",)]
    script(migrated_url, "DELETE FROM clusters")
    for dry_run in (True, False):
        assert NOTE in merge(migrated_url, path, dry_run=dry_run).notes
    path.write_bytes(layout_c(agents=[snapshot_row("agents")]))
    assert import_(migrated_url, path).notes[1:] == []


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_what_fills_the_search_vector_is_no_news(kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database(kind, filled=create_existing)
    path = tmp_path / "s.json"
    path.write_bytes(layout_c(short_term_memories=[snapshot_row("short_term_memory")]))
    assert import_(url, path).notes[1:] == []


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_a_table_that_inherits(kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    """DELETE and UPDATE would reach its rows as well."""
    url = make_database(kind, migrated=True)
    insert(url, "clusters", [row("clusters", id=1)])
    export(url, tmp_path / "out.json")
    script(url, "CREATE TABLE old_clusters () INHERITS (clusters)")
    insert(url, "old_clusters", [row("clusters", id=2)])
    reason = (
        "the table old_clusters inherits from it, whose rows would be changed as well: end that with"
        " ALTER TABLE … NO INHERIT first"
    )
    for run in (import_, merge):
        with pytest.raises(InvalidRows) as caught:
            run(url, tmp_path / "out.json")
        assert [(i.table, i.reason) for i in caught.value.report.issues] == [("clusters", reason)]
    script(url, "DELETE FROM ONLY clusters")
    with pytest.raises(InvalidRows):
        import_(url, tmp_path / "out.json")
    assert len(rows_of(url, "old_clusters")) == 1
    script(url, "ALTER TABLE old_clusters NO INHERIT clusters")
    import_(url, tmp_path / "out.json")
    assert [held["id"] for table in ("clusters", "old_clusters") for held in rows_of(url, table)] == [1, 2]
