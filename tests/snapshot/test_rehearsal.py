"""What only the database can judge is put to it before anything is promised, and nothing of it stays."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from memoria.snapshot.errors import InvalidRows, WriteCancelled
from memoria.snapshot.progress import NoProgress
from tests.conftest import KINDS, MakeDatabase
from tests.support.samples.databases import connected, contents, insert, query, script
from tests.support.samples.engine import import_, merge
from tests.support.samples.rows import layout_c, row, snapshot_row

SERVERS = [kind for kind in KINDS if kind != "sqlite"]
NEW = KINDS[-1]


def file(folder: Path, **tables: list[dict[str, Any]]) -> Path:
    path = folder / "file.json"
    rows = {name: [snapshot_row(name, **values) for values in found] for name, found in tables.items()}
    path.write_bytes(layout_c(**rows))
    return path


def memory(key: str, **more: Any) -> dict[str, Any]:
    return {"memory_id": key, "searchable_content": key, **more}


def edge(key: str, source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"relationship_id": key, "source_memory_id": source, "target_memory_id": target, **more}


def refused_alike(url: str, path: Path, run: Any, **options: Any) -> list[str]:
    """What the dry run says of rows, and the run as well; nothing is changed."""
    before = contents(url)
    found = []
    for dry_run in (True, False):
        with pytest.raises(InvalidRows) as refusal:
            run(url, path, dry_run=dry_run, **options)
        found.append([f"{i.line} {i.table} {i.key}: {i.reason}" for i in refusal.value.report.issues])
    assert found[0] == found[1]
    assert contents(url) == before
    return found[0]


def keys(url: str, table: str = "long_term_memory", key: str = "memory_id") -> list[str]:
    return [str(found) for (found,) in query(url, f"SELECT {key} FROM {table} ORDER BY 1")]


@pytest.mark.parametrize("run", [import_, merge])
@pytest.mark.parametrize("kind", KINDS)
def test_checks(make_database: MakeDatabase, tmp_path: Path, kind: str, run: Any) -> None:
    """And what cannot be without the row that is refused."""
    url = make_database(kind, migrated=True)
    if kind == "sqlite":
        script(
            url,
            "CREATE TRIGGER no_secrets BEFORE INSERT ON long_term_memory WHEN NEW.searchable_content LIKE 'secret%'"
            " BEGIN SELECT RAISE(ABORT, 'no secrets here'); END",
        )
        reason = "no secrets here"
    else:
        script(
            url,
            "ALTER TABLE long_term_memory ADD CONSTRAINT no_secrets CHECK (searchable_content NOT LIKE 'secret%')",
        )
        reason = 'new row for relation "long_term_memory" violates check constraint "no_secrets"'
    path = file(
        tmp_path,
        long_term_memory=[memory("a"), memory("b", searchable_content="secret of b"), memory("c")],
        memory_relationships=[edge("r-1", "a", "b"), edge("r-2", "a", "c")],
    )
    assert refused_alike(url, path, run) == [f"25 long_term_memory b: the database refuses it: {reason}"]
    reports = [run(url, path, dry_run=dry_run, skip_invalid=True) for dry_run in (True, False)]
    assert keys(url) == ["a", "c"]
    edges = ["r-1", "r-2"] if run is import_ else ["r-2"]  # nothing but a merge asks for both ends of an edge
    assert keys(url, "memory_relationships", "relationship_id") == edges
    for report in reports:
        assert report.tables["long_term_memory"].inserted == 2
        assert report.tables["memory_relationships"].inserted == len(edges)


RULES = {
    "an expression": (
        "CREATE UNIQUE INDEX one_summary ON long_term_memory (lower(summary))",
        'duplicate key value violates unique constraint "one_summary"',
    ),
    "some rows": (
        "CREATE UNIQUE INDEX one_summary ON long_term_memory (summary) WHERE summary <> 'd'",
        'duplicate key value violates unique constraint "one_summary"',
    ),
    "no two empty": (
        "CREATE UNIQUE INDEX one_topic ON long_term_memory (topic, summary) NULLS NOT DISTINCT",
        'duplicate key value violates unique constraint "one_topic"',
    ),
    "an exclusion": (
        "ALTER TABLE long_term_memory ADD CONSTRAINT apart EXCLUDE USING btree (summary WITH =)"
        " DEFERRABLE INITIALLY DEFERRED",
        'conflicting key value violates exclusion constraint "apart"',
    ),
    "a domain": (
        "CREATE DOMAIN short AS text CHECK (VALUE <> 'Same'); ALTER TABLE long_term_memory ALTER summary TYPE short",
        'value for domain short violates check constraint "short_check"',
    ),
    "a number": (
        "ALTER TABLE long_term_memory ALTER importance_score TYPE numeric(3,2)",
        "numeric field overflow",
    ),
    "a trigger": (
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF NEW.summary = 'Same' THEN RAISE EXCEPTION 'not this one'; END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER refuse BEFORE INSERT ON long_term_memory FOR EACH ROW EXECUTE FUNCTION refuse()",
        "not this one",
    ),
    "a generated column": (
        "ALTER TABLE long_term_memory ADD inverse float GENERATED ALWAYS AS (1 / (importance_score - 10.5)) STORED",
        "division by zero",
    ),
}


@pytest.mark.parametrize("run", [import_, merge])
@pytest.mark.parametrize("rule", RULES)
def test_rules_of_postgresql(make_database: MakeDatabase, tmp_path: Path, rule: str, run: Any) -> None:
    url = make_database(NEW, migrated=True)
    sql, reason = RULES[rule]
    script(url, sql)
    other = (
        "same" if rule == "an expression" else "Same" if rule in ("some rows", "no two empty", "an exclusion") else "c"
    )
    rows = [memory("a", summary=other), memory("b", summary="Same", importance_score=10.5), memory("d", summary="d")]
    path = file(tmp_path, long_term_memory=rows)
    assert [found.partition(": ")[2] for found in refused_alike(url, path, run)] == [
        f"the database refuses it: {reason}"
    ]
    run(url, path, skip_invalid=True)
    assert keys(url) == ["a", "d"]


SQLITE_RULES = {
    "an expression": ("CREATE UNIQUE INDEX one_summary ON long_term_memory (lower(summary))", "index 'one_summary'"),
    "some rows": (
        "CREATE UNIQUE INDEX one_summary ON long_term_memory (summary COLLATE NOCASE) WHERE summary <> 'd'",
        "long_term_memory.summary",
    ),
    "a collation": (
        "CREATE UNIQUE INDEX one_summary ON long_term_memory (summary COLLATE NOCASE)",
        "long_term_memory.summary",
    ),
}


@pytest.mark.parametrize("run", [import_, merge])
@pytest.mark.parametrize("rule", SQLITE_RULES)
def test_rules_of_sqlite(make_database: MakeDatabase, tmp_path: Path, rule: str, run: Any) -> None:
    """Also against a row that is there, where rows are added."""
    url = make_database("sqlite", migrated=True)
    sql, what = SQLITE_RULES[rule]
    script(url, sql)
    insert(url, "long_term_memory", [row("long_term_memory", **memory("there", summary="there"))])
    path = file(
        tmp_path,
        long_term_memory=[
            memory("a", summary="same"),
            memory("b", summary="Same"),
            memory("c", summary="THERE"),
            memory("d", summary="d"),
        ],
    )
    options = {"truncate": False} if run is import_ else {}
    reason = f"the database refuses it: UNIQUE constraint failed: {what}"
    assert refused_alike(url, path, run, **options) == [
        f"24 long_term_memory b: {reason}",
        f"39 long_term_memory c: {reason}",
    ]
    run(url, path, skip_invalid=True, **options)
    assert keys(url) == ["a", "d", "there"]


@pytest.mark.parametrize("run", [import_, merge])
def test_an_index_that_has_no_room(make_database: MakeDatabase, tmp_path: Path, run: Any) -> None:
    """What a long value comes to when it is compressed only the server knows."""
    url = make_database(NEW, migrated=True)
    noise = "".join(chr(0x4E00 + (number * number * 7919) % 20000) for number in range(1500))
    entities = [
        {"entity_id": key, "memory_id": "a", "memory_type": "long_term", "entity_type": "t", "entity_value": value}
        for key, value in (("e-1", "x" * 5000), ("e-2", noise), ("e-3", "short"))
    ]
    path = file(tmp_path, long_term_memory=[memory("a")], memory_entities=entities)
    (found,) = refused_alike(url, path, run)
    assert "memory_entities e-2: the database refuses it: index row size" in found
    run(url, path, skip_invalid=True)
    assert keys(url, "memory_entities", "entity_id") == ["e-1", "e-3"]


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_a_merge_replaces(make_database: MakeDatabase, tmp_path: Path, kind: str) -> None:
    url = make_database(kind, migrated=True)
    insert(url, "long_term_memory", [row("long_term_memory", **memory(key, summary=key)) for key in ("a", "b")])
    refusal = (
        "CREATE TRIGGER keep BEFORE UPDATE ON long_term_memory WHEN OLD.memory_id = 'a'"
        " BEGIN SELECT RAISE(ABORT, 'a stays'); END"
    )
    if kind != "sqlite":
        refusal = (
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF OLD.memory_id = 'a' THEN RAISE EXCEPTION 'a stays'; END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER keep BEFORE UPDATE ON long_term_memory FOR EACH ROW EXECUTE FUNCTION keep()"
        )
    script(url, refusal)
    path = file(tmp_path, long_term_memory=[memory(key, summary="new") for key in ("a", "b", "c")])
    assert refused_alike(url, path, merge, on_conflict="overwrite") == [
        "9 long_term_memory a: the database refuses it: a stays"
    ]
    merge(url, path, on_conflict="overwrite", skip_invalid=True)
    assert query(url, "SELECT memory_id, summary FROM long_term_memory ORDER BY 1") == [
        ("a", "a"),
        ("b", "new"),
        ("c", "new"),
    ]


@pytest.mark.parametrize("kind", SERVERS)
def test_rows_that_others_refer_to(make_database: MakeDatabase, tmp_path: Path, kind: str) -> None:
    """Rows that another table watches are replaced in their place, in a rehearsal as well."""
    url = make_database(kind, migrated=True)
    insert(url, "long_term_memory", [row("long_term_memory", **memory(key)) for key in ("a", "b", "old")])
    script(
        url,
        "CREATE TABLE reviews (memory_id varchar(255) REFERENCES long_term_memory ON DELETE CASCADE);"
        "INSERT INTO reviews VALUES ('a');"
        "ALTER TABLE long_term_memory ADD CONSTRAINT no_secrets CHECK (summary NOT LIKE 'secret%')",
    )
    path = file(tmp_path, long_term_memory=[memory("a"), memory("b", summary="secret"), memory("c")])
    assert len(refused_alike(url, path, import_)) == 1
    import_(url, path, skip_invalid=True)
    assert keys(url) == ["a", "c"]
    assert keys(url, "reviews") == ["a"]


@pytest.mark.parametrize("run", [import_, merge])
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_trigger_cancels(make_database: MakeDatabase, tmp_path: Path, kind: str, run: Any) -> None:
    """The dry run says what the run would."""
    url = make_database(kind, migrated=True)
    cancel = (
        "CREATE TRIGGER quiet BEFORE INSERT ON long_term_memory WHEN NEW.memory_id = 'b'"
        " BEGIN SELECT RAISE(IGNORE); END"
    )
    if kind != "sqlite":
        cancel = (
            "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF NEW.memory_id = 'b' THEN RETURN NULL; END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER quiet BEFORE INSERT ON long_term_memory FOR EACH ROW EXECUTE FUNCTION quiet()"
        )
    script(url, cancel)
    insert(url, "long_term_memory", [row("long_term_memory", **memory("there"))])
    path = file(tmp_path, long_term_memory=[memory("a"), memory("b")])
    sentence = (
        "long_term_memory: only 1 of 2 rows would be written: the trigger quiet cancels the others, it seems; disable"
        " it first; nothing was changed"
    )
    for dry_run in (True, False):
        with pytest.raises(WriteCancelled) as refusal:
            run(url, path, dry_run=dry_run)
        assert str(refusal.value) == sentence
    assert keys(url) == ["there"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_dry_run_into_tables_without_rules_locks_nothing(
    make_database: MakeDatabase, tmp_path: Path, kind: str
) -> None:
    url = make_database(kind, migrated=True)
    path = file(tmp_path, long_term_memory=[memory("a")])
    begin = "BEGIN IMMEDIATE" if kind == "sqlite" else "BEGIN; LOCK TABLE long_term_memory IN SHARE ROW EXCLUSIVE MODE"
    with connected(url) as connection, contextlib.closing(connection.cursor()) as writer:
        writer.execute(begin)
        assert import_(url, path, dry_run=True).tables["long_term_memory"].inserted == 1
        assert merge(url, path, dry_run=True).tables["long_term_memory"].inserted == 1


def test_its_progress_is_told(make_database: MakeDatabase, tmp_path: Path) -> None:
    class Stages(NoProgress):
        def stage(self, name: str, *, rows: int | None = None, size: int | None = None) -> None:
            seen.append(name)

    seen: list[str] = []
    url = make_database("sqlite", migrated=True)
    script(url, "CREATE TRIGGER looks BEFORE INSERT ON clusters BEGIN SELECT 1; END")
    insert(url, "long_term_memory", [row("long_term_memory")])  # or there would be no plan
    import_(url, file(tmp_path, clusters=[{}]), progress=Stages(), dry_run=True)
    assert seen == ["Checking", "Planning", "Rehearsing"]
