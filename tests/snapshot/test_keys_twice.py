"""A key stands once in a snapshot, also where a database has nothing that forbids a second row with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from memoria.snapshot import database
from memoria.snapshot.compare.compare import compare_sides
from memoria.snapshot.compare.streams import database_side
from memoria.snapshot.errors import InvalidRows, SnapshotError
from memoria.snapshot.progress import NoProgress
from memoria.snapshot.schema.registry import TABLES
from tests.conftest import KINDS, MakeDatabase
from tests.support.samples.databases import create_existing, insert, query, script
from tests.support.samples.engine import export, import_, merge, opened
from tests.support.samples.rows import layout_c, row, snapshot_row

POSTGRESQL = [kind for kind in KINDS if kind != "sqlite"]
TWICE = "its key stands in another row already"
EDGES = "memory_relationships"


def drop_key(url: str, table: str = EDGES) -> None:
    if url.startswith("sqlite"):
        script(
            url,
            f"PRAGMA foreign_keys = OFF; CREATE TABLE plain AS SELECT * FROM {table}; DROP TABLE {table};"
            f" ALTER TABLE plain RENAME TO {table}",
        )
    else:
        script(url, f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")


def hold(url: str, *keys: str | None) -> None:
    insert(url, EDGES, [row(EDGES, relationship_id=key, reasoning=str(n)) for n, key in enumerate(keys)])


def keys_in(path: Path) -> list[str]:
    return [json.loads(line)["data"]["relationship_id"] for line in path.read_text().splitlines()[2:-1]]


def refused(url: str, path: Path, **options: int) -> list[tuple[str | None, str]]:
    with pytest.raises(InvalidRows) as caught:
        export(url, path, **options)
    assert not path.exists()
    return [(issue.key, issue.reason) for issue in caught.value.report.issues]


@pytest.mark.parametrize("jobs", [1, 2])
def test_without_a_primary_key(migrated_url: str, jobs: int, tmp_path: Path) -> None:
    drop_key(migrated_url)
    hold(migrated_url, "b", "a", "b", "c", "B", "b")
    path = tmp_path / "out.json"
    assert refused(migrated_url, path, jobs=jobs) == [("b", TWICE)] * 2
    report = export(migrated_url, path, jobs=jobs, skip_invalid=True)
    assert (report.exit_code, report.tables[EDGES].rows, report.tables[EDGES].skipped) == (3, 4, 2)
    assert import_(migrated_url, path).tables[EDGES].deleted == 6
    assert query(migrated_url, f"SELECT relationship_id FROM {EDGES} ORDER BY 1") in (
        [("B",), ("a",), ("b",), ("c",)],
        [("a",), ("B",), ("b",), ("c",)],
    )
    export(migrated_url, path)


def test_keys_that_are_numbers(migrated_url: str, tmp_path: Path) -> None:
    if not migrated_url.startswith("sqlite"):
        held = "conrelid = 'cluster_members'::regclass AND confrelid = 'clusters'::regclass"
        ((name,),) = query(migrated_url, f"SELECT conname FROM pg_constraint WHERE {held}")
        script(migrated_url, f'ALTER TABLE cluster_members DROP CONSTRAINT "{name}"')
    drop_key(migrated_url, "clusters")
    insert(migrated_url, "clusters", [row("clusters", id=n) for n in (7, 3, 7)])
    assert refused(migrated_url, tmp_path / "out.json") == [("7", TWICE)]


@pytest.mark.parametrize("jobs", [1, 3])
def test_across_parts(migrated_url: str, jobs: int, tmp_path: Path) -> None:
    """A table that is read in parts, some of them all of one key, some with none."""
    drop_key(migrated_url)
    if not migrated_url.startswith("sqlite"):
        script(migrated_url, f"ALTER TABLE {EDGES} ALTER relationship_id DROP NOT NULL")
    hold(migrated_url, *(f"k{n:04}" for n in range(700)), *["k0500"] * 1200, None, None)
    path = tmp_path / "out.ndjson"
    missing = "relationship_id is NULL, and may not be"
    report = export(migrated_url, path, jobs=jobs, skip_invalid=True, tables=[EDGES])
    assert (report.tables[EDGES].rows, report.tables[EDGES].skipped) == (700, 1202)
    assert {(i.key, i.reason) for i in report.issues} == {(None, missing), ("k0500", TWICE)}
    assert keys_in(path) == [f"k{n:04}" for n in range(700)]


def test_compared(migrated_url: str, make_database: MakeDatabase) -> None:
    drop_key(migrated_url)
    hold(migrated_url, "a", "a")
    other = make_database("sqlite", migrated=True)
    with opened(migrated_url) as a, opened(other) as b, pytest.raises(SnapshotError) as caught:  # noqa: SIM117
        with database_side(a, "one", TABLES, NoProgress()) as one, database_side(b, "b", TABLES, NoProgress()) as two:
            compare_sides(one, two, TABLES)
    assert str(caught.value) == f"one, {EDGES} 'a': {TWICE}."


@pytest.mark.parametrize("dry_run", [True, False])
def test_merged(migrated_url: str, dry_run: bool, tmp_path: Path) -> None:
    """Which of two rows is meant cannot be told; where there is one, it can be left as it is and not be replaced."""
    path = tmp_path / "in.json"
    insert(migrated_url, "long_term_memory", [row("long_term_memory", memory_id=i) for i in ("m-1", "m-2")])
    path.write_bytes(layout_c(memory_relationships=[snapshot_row(EDGES, relationship_id="a", reasoning="other")]))
    drop_key(migrated_url)
    hold(migrated_url, "a", "a", "b")
    with pytest.raises(InvalidRows) as caught:
        merge(migrated_url, path, dry_run=dry_run, skip_invalid=True)
    reason = "its key 'a' stands in 2 rows of the database: leave one of them"
    assert [(i.table, i.reason) for i in caught.value.report.issues] == [(EDGES, reason)]
    script(migrated_url, f"DELETE FROM {EDGES} WHERE reasoning = '0'")
    assert merge(migrated_url, path, dry_run=dry_run).merge[0].different == 1
    with pytest.raises(InvalidRows) as caught:
        merge(migrated_url, path, dry_run=dry_run, on_conflict="overwrite")
    reason = "no unique index of the database tells its rows apart by relationship_id: create one"
    assert [(i.table, i.reason) for i in caught.value.report.issues] == [(EDGES, reason)]
    script(migrated_url, f"CREATE UNIQUE INDEX told_apart ON {EDGES} (relationship_id)")
    assert merge(migrated_url, path, dry_run=dry_run, on_conflict="overwrite").merge[0].overwrite == 1


def test_replaced_with_references_emptied(migrated_url: str, tmp_path: Path) -> None:
    """Rows that wait until the end are put in, also where no index tells which ones they replace."""
    path = tmp_path / "in.json"
    drop_key(migrated_url, "short_term_memory")
    if migrated_url.startswith("sqlite"):
        script(
            migrated_url,
            "ALTER TABLE short_term_memory DROP COLUMN chat_id;"
            " ALTER TABLE short_term_memory ADD chat_id varchar REFERENCES chat_history (chat_id)",
        )
    insert(migrated_url, "short_term_memory", [row("short_term_memory", memory_id=i) for i in ("s-1", "s-1", "s-2")])
    path.write_bytes(layout_c(short_term_memories=[snapshot_row("short_term_memory", memory_id="s-1", chat_id="gone")]))
    report = import_(migrated_url, path, null_missing_references=True)
    assert (report.tables["short_term_memory"].deleted, report.tables["short_term_memory"].nulled) == (
        3,
        {"chat_id": 1},
    )
    assert query(migrated_url, "SELECT memory_id, chat_id FROM short_term_memory") == [("s-1", None)]


@pytest.mark.parametrize("kind", POSTGRESQL)
class TestSeveralTables:
    def test_that_inherit(self, kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
        """Their rows are read with the table, and no index of it knows them."""
        url = make_database(kind, migrated=True)
        hold(url, "a", "b")
        script(url, f"CREATE TABLE child () INHERITS ({EDGES}); INSERT INTO child SELECT * FROM {EDGES} LIMIT 1")
        path = tmp_path / "out.ndjson"
        assert refused(url, path) == [("a", TWICE)]
        script(url, "UPDATE child SET relationship_id = 'c'")
        export(url, path, tables=[EDGES])
        assert keys_in(path) == ["a", "b", "c"]

    def test_partitions(self, kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
        """A primary key of two columns lets each of them stand twice."""
        url = make_database(kind, migrated=True)
        script(
            url,
            f"ALTER TABLE {EDGES} RENAME TO old; CREATE TABLE {EDGES} (LIKE old INCLUDING DEFAULTS,"
            " PRIMARY KEY (relationship_id, namespace)) PARTITION BY LIST (namespace);"
            f" CREATE TABLE p1 PARTITION OF {EDGES} FOR VALUES IN ('default');"
            f" CREATE TABLE p2 PARTITION OF {EDGES} DEFAULT",
        )
        insert(url, EDGES, [row(EDGES, relationship_id="a", namespace=name) for name in ("default", "x", "y")])
        assert refused(url, tmp_path / "out.json") == [("a", TWICE)] * 2

    def test_what_proves_that_keys_are_distinct(self, kind: str, make_database: MakeDatabase) -> None:
        url = make_database(kind, migrated=True)
        insert(url, "clusters", [row("clusters", id=n) for n in (1, 2)])
        script(
            url,
            f"ALTER TABLE {EDGES} DROP CONSTRAINT {EDGES}_pkey, ADD UNIQUE (relationship_id) DEFERRABLE;"
            " ALTER TABLE rules_memory DROP CONSTRAINT rules_memory_pkey;"
            " CREATE UNIQUE INDEX ON rules_memory (rule_id) WHERE namespace <> ''",
        )
        distinct = facts_of(url)
        assert EDGES not in distinct
        assert "rules_memory" not in distinct
        assert distinct == {table.name for table in TABLES} - {EDGES, "rules_memory"}


def facts_of(url: str) -> set[str]:
    """The tables whose keys an index tells apart."""
    with opened(url) as connection, database.source(connection, "here") as source:
        facts = source.facts()
    return {table.name for table in TABLES if table.name in facts and table.key.name in facts[table.name].distinct}


@pytest.mark.parametrize("existing", [True, False])
def test_every_table_has_distinct_keys(database_kind: str, make_database: MakeDatabase, existing: bool) -> None:
    """None of them costs a look at its keys."""
    url = make_database(database_kind, migrated=not existing, filled=create_existing if existing else None)
    assert facts_of(url) == {table.name for table in TABLES}


def test_text_that_is_not_utf8_among_them(make_database: MakeDatabase, tmp_path: Path) -> None:
    """SQLite's query ends where such a text is, and goes on behind it with what is left: no row more, no row less."""
    url = make_database("sqlite", migrated=True)
    drop_key(url)
    hold(url, None, "a", "b", "b", "b", "c")
    script(url, f"UPDATE {EDGES} SET reasoning = CAST(x'ff' AS TEXT) WHERE reasoning = '2'")
    path = tmp_path / "out.ndjson"
    assert refused(url, path) == [
        (None, "relationship_id is NULL, and may not be"),
        ("b", r"reasoning is not UTF-8: '\\xff'"),
        ("b", TWICE),
    ]
    report = export(url, path, skip_invalid=True, tables=[EDGES])
    assert (report.tables[EDGES].rows, report.tables[EDGES].skipped) == (3, 3)
    assert keys_in(path) == ["a", "b", "c"]
