"""What a database refuses to do without a word: a trigger that returns NULL, a rule, RAISE(IGNORE)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memoria.snapshot.errors import DatabaseFailure, WriteCancelled
from tests.support.samples.databases import contents, insert, query, script
from tests.support.samples.engine import import_, merge, undo
from tests.support.samples.rows import layout_c, row, snapshot_row

SEEMS = "cancels the others, it seems; disable it first; nothing was changed"


def cancel(url: str, what: str, *, when: str = "true", table: str = "long_term_memory") -> None:
    """A trigger called `keep` that cancels an insert, update or delete of the rows that meet a condition."""
    row = "NEW" if what == "INSERT" else "OLD"
    condition = when.replace("row.", f"{row}.")
    if url.startswith("sqlite"):
        script(
            url,
            f"CREATE TRIGGER keep BEFORE {what} ON {table} WHEN {condition} BEGIN SELECT RAISE(IGNORE); END",
        )
        return
    script(
        url,
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'begin return null; end';"
        f"CREATE TRIGGER keep BEFORE {what} ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION keep()",
    )


def memories(url: str, *keys: str) -> None:
    insert(url, "long_term_memory", [row("long_term_memory", memory_id=key, searchable_content=key) for key in keys])


def file(folder: Path, *keys: str, **more: Any) -> Path:
    path = folder / "file.json"
    rows = [snapshot_row("long_term_memory", memory_id=key, searchable_content=key, **more) for key in keys]
    path.write_bytes(layout_c(long_term_memory=rows))
    return path


def refused(sentence: str) -> Any:
    return pytest.raises(WriteCancelled, match=f"^{sentence.replace('(', '[(]').replace(')', '[)]')}$")


def test_inserts_into_an_empty_table(migrated_url: str, tmp_path: Path) -> None:
    cancel(migrated_url, "INSERT", when="row.memory_id = 'b'")
    with refused(f"long_term_memory: only 2 of 3 rows would be written: the trigger keep {SEEMS}"):
        import_(migrated_url, file(tmp_path, "a", "b", "c"), undo=True)
    assert contents(migrated_url)["long_term_memory"] == []


def test_deletes_of_a_replacing_import(migrated_url: str, tmp_path: Path) -> None:
    memories(migrated_url, "a", "b")
    cancel(migrated_url, "DELETE", when="row.memory_id = 'b'")
    before = contents(migrated_url)
    with pytest.raises(DatabaseFailure) as failure:
        import_(migrated_url, file(tmp_path, "c"), undo=True)
    # On PostgreSQL rows move into place, and those that do not stay are counted in the end.
    assert str(failure.value) in (
        f"long_term_memory: only 1 of 2 rows would be deleted: the trigger keep {SEEMS}",
        "long_term_memory would hold 2 rows where the plan says 1; its triggers (keep) may add or remove some;"
        " nothing was changed",
    )
    assert contents(migrated_url) == before


def test_updates_of_rows_that_stay(migrated_url: str, tmp_path: Path) -> None:
    """Their number is right whether or not they changed."""
    memories(migrated_url, "a", "b")
    cancel(migrated_url, "UPDATE", when="row.memory_id = 'b'")
    before = contents(migrated_url)
    with refused(f"long_term_memory: only 1 of 2 rows would be written: the trigger keep {SEEMS}"):
        merge(migrated_url, file(tmp_path, "a", "b", summary="other"), on_conflict="overwrite", undo=True)
    assert contents(migrated_url) == before


def test_the_number_is_that_of_the_rows(migrated_url: str, tmp_path: Path) -> None:
    """And not of what is asked about the schema before the sentence is made."""
    memories(migrated_url, "a", "b", "c", "d")
    cancel(migrated_url, "UPDATE", when="row.memory_id = 'b'")
    with refused(f"long_term_memory: only 3 of 4 rows would be written: the trigger keep {SEEMS}"):
        merge(migrated_url, file(tmp_path, "a", "b", "c", "d", summary="other"), on_conflict="overwrite")


def test_inserts_of_a_merge(migrated_url: str, tmp_path: Path) -> None:
    memories(migrated_url, "a")
    cancel(migrated_url, "INSERT", when="row.memory_id = 'b'")
    with refused(f"long_term_memory: only 0 of 1 rows would be written: the trigger keep {SEEMS}"):
        merge(migrated_url, file(tmp_path, "a", "b"), undo=True)
    assert len(contents(migrated_url)["long_term_memory"]) == 1


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(
    ("what", "verb", "wanted"), [("DELETE", "deleted", 1), ("UPDATE", "restored", 2), ("INSERT", "restored", 2)]
)
def test_an_undo(migrated_url: str, tmp_path: Path, what: str, verb: str, wanted: int, dry_run: bool) -> None:
    """Its dry run finds it as well."""
    memories(migrated_url, "a", "b")
    import_(migrated_url, file(tmp_path, "a", "c", summary="other"), undo=True)
    cancel(migrated_url, what, when="row.memory_id IN ('a', 'c')" if what != "INSERT" else "row.memory_id = 'b'")
    before = contents(migrated_url)
    done = wanted - 1
    with refused(f"long_term_memory: only {done} of {wanted} rows would be {verb}: the trigger keep {SEEMS}"):
        undo(migrated_url, 1, dry_run=dry_run, rehearse=True)
    assert contents(migrated_url) == before
    assert query(migrated_url, "SELECT state FROM memoria_imports") == [("done",)]


def test_a_trigger_that_adds_rows(migrated_url: str, tmp_path: Path) -> None:
    """The sentence about rows that are too many names it, and never the same number twice."""
    if migrated_url.startswith("sqlite"):
        script(
            migrated_url,
            "CREATE TRIGGER more AFTER INSERT ON long_term_memory WHEN NEW.memory_id = 'a' BEGIN"
            " UPDATE long_term_memory SET summary = 'x' WHERE memory_id = 'a';"
            " DELETE FROM long_term_memory WHERE memory_id = 'a'; END",
        )
    else:
        script(
            migrated_url,
            "CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS"
            " 'begin delete from long_term_memory where memory_id = new.memory_id; return null; end';"
            "CREATE TRIGGER more AFTER INSERT ON long_term_memory FOR EACH ROW WHEN (NEW.memory_id = 'a')"
            " EXECUTE FUNCTION more()",
        )
    with pytest.raises(DatabaseFailure) as failure:
        import_(migrated_url, file(tmp_path, "a", "b"), undo=True)
    assert str(failure.value) == (
        "long_term_memory would hold 1 rows where the plan says 2; its triggers (more) may add or remove some;"
        " nothing was changed"
    )


@pytest.mark.parametrize("kind", ["postgresql-16", "postgresql-18"])
@pytest.mark.parametrize("what", ["UPDATE", "DELETE"])
def test_a_rule(make_database: Any, tmp_path: Path, kind: str, what: str) -> None:
    url = make_database(kind, migrated=True)
    memories(url, "a", "b")
    import_(url, file(tmp_path, "c"), undo=True)
    script(url, f"CREATE RULE keep AS ON {what} TO long_term_memory DO INSTEAD NOTHING")
    with pytest.raises(DatabaseFailure) as failure:
        undo(url, 1)
    assert str(failure.value).endswith(
        f"long_term_memory: only 0 of 1 rows would be deleted: the trigger keep (a rule) {SEEMS}"
        if what == "DELETE"
        else "INSERT with ON CONFLICT clause cannot be used with table that has INSERT or UPDATE rules"
    )
    assert len(contents(url)["long_term_memory"]) == 1


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_notes_of_imports_are_what_they_say(migrated_url: str, tmp_path: Path, dry_run: bool) -> None:
    memories(migrated_url, "a")
    merge(migrated_url, file(tmp_path, "b"), undo=True)
    cancel(migrated_url, "INSERT", table="memoria_import_changes")
    sentence = (
        "memoria_import_changes has triggers of its own (keep), and is what an import is undone with: remove them, or"
        " import with ⟨origin=None⟩; nothing was changed"
    )
    for run in (import_, merge):
        with pytest.raises(DatabaseFailure) as failure:
            run(migrated_url, file(tmp_path, "c"), dry_run=dry_run, undo=True)
        assert str(failure.value) == sentence
    with pytest.raises(DatabaseFailure) as failure:
        undo(migrated_url, 1, dry_run=dry_run)
    assert str(failure.value) == sentence
    merge(migrated_url, file(tmp_path, "c"), undo=False)
