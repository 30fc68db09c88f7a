"""What a dry run accepts, the run accepts; what a target cannot hold is named by it, and may be left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from memoria.snapshot.errors import InvalidRows
from tests.conftest import KINDS, MakeDatabase
from tests.faults.faults import role
from tests.snapshot.test_existing_databases import make_database_again
from tests.support.samples.databases import contents, insert, query, script
from tests.support.samples.engine import import_, merge
from tests.support.samples.rows import layout_c, row, snapshot_row

POSTGRESQL = KINDS[-1]


NOCASE = """
CREATE TABLE x (relationship_id text PRIMARY KEY COLLATE NOCASE, source_memory_id text NOT NULL,
  target_memory_id text NOT NULL, relationship_type text NOT NULL, strength real NOT NULL, reasoning text,
  namespace text NOT NULL, created_at datetime NOT NULL);
DROP TABLE memory_relationships; ALTER TABLE x RENAME TO memory_relationships
"""


def file(folder: Path, *rows: dict[str, Any], table: str = "long_term_memory") -> Path:
    path = folder / "file.json"
    path.write_bytes(layout_c(**{table: [snapshot_row(table, **values) for values in rows]}))
    return path


def memory(key: str, **more: Any) -> dict[str, Any]:
    return {"memory_id": key, "searchable_content": key, **more}


def refused_alike(url: str, path: Path, *, run: Any = import_, **options: Any) -> list[str]:
    """The reasons of the dry run, which are those of the run; nothing is changed."""
    before = contents(url)
    reasons = []
    for dry_run in (True, False):
        with pytest.raises(InvalidRows) as refusal:
            run(url, path, dry_run=dry_run, **options)
        reasons.append([f"{i.table} {i.key}: {i.reason}" for i in refusal.value.report.issues])
    assert reasons[0] == reasons[1]
    assert contents(url) == before
    return reasons[0]


@pytest.mark.parametrize("run", [import_, merge])
def test_a_jsonb_column(make_database: MakeDatabase, tmp_path: Path, run: Any) -> None:
    url = make_database(POSTGRESQL, migrated=True)
    script(url, "ALTER TABLE long_term_memory ALTER processed_data TYPE jsonb USING processed_data::jsonb")
    path = tmp_path / "file.json"
    text = layout_c(long_term_memory=[snapshot_row("long_term_memory", **memory(key)) for key in ("a", "b", "c", "d")])
    data = text.replace(b'"processed_data": {}', b'"processed_data": {"n": 1e131072}', 1)
    head, _, tail = data.rpartition(b'"processed_data": {}')
    path.write_bytes(head + b'"processed_data": {"x": 1, "x": 2}' + tail)
    assert refused_alike(url, path, run=run) == [
        "long_term_memory a: processed_data holds the number '1e131072', which a jsonb column cannot store",
        "long_term_memory d: processed_data holds the name 'x' 2 times, of which a jsonb column keeps the last",
    ]
    run(url, path, skip_invalid=True)
    assert query(url, "SELECT memory_id FROM long_term_memory ORDER BY 1") == [("b",), ("c",)]


def test_the_sign_of_zero_is_counted(make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database(POSTGRESQL, migrated=True)
    script(url, "ALTER TABLE long_term_memory ALTER processed_data TYPE jsonb USING processed_data::jsonb")
    text = layout_c(long_term_memory=[snapshot_row("long_term_memory", **memory("a"))])
    path = tmp_path / "file.json"
    path.write_bytes(text.replace(b'"processed_data": {}', b'"processed_data": {"n": -0.0, "o": [-0]}'))
    for dry_run in (True, False):
        report = import_(url, path, dry_run=dry_run)
        assert "long_term_memory: 2 times -0.0, which the target keeps as 0.0." in report.notes


@pytest.mark.parametrize("run", [import_, merge])
def test_another_encoding(make_database: MakeDatabase, tmp_path: Path, run: Any) -> None:
    url = make_database(POSTGRESQL, migrated=True)
    make_database_again(url, "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    path = file(tmp_path, memory("a", summary="caf\u00e9"), memory("b", summary="\u591c"), memory("c\u20ac"))
    assert refused_alike(url, path, run=run) == [
        "long_term_memory b: summary holds '\u591c', which the encoding of the target does not have",
        "long_term_memory c\u20ac: memory_id holds '\u20ac', which the encoding of the target does not have",
    ]
    run(url, path, skip_invalid=True)
    assert query(url, "SELECT memory_id, summary FROM long_term_memory") == [("a", "caf\u00e9")]


@pytest.mark.parametrize("run", [import_, merge])
@pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
def test_a_column_that_must_have_a_value(make_database: MakeDatabase, tmp_path: Path, kind: str, run: Any) -> None:
    url = make_database(kind, migrated=True)
    if kind == "sqlite":
        script(
            url,
            "CREATE TABLE new (extra INTEGER NOT NULL, id INTEGER NOT NULL PRIMARY KEY, summary TEXT NOT NULL);"
            "DROP TABLE clusters; ALTER TABLE new RENAME TO clusters",
        )
    else:
        script(url, "ALTER TABLE clusters ADD extra int NOT NULL")
    path = tmp_path / "file.json"
    path.write_bytes(layout_c(clusters=[{"id": 1, "summary": "s"}], long_term_memory=[]))
    assert refused_alike(url, path, run=run) == [
        "clusters None: its column extra must have a value, and no snapshot has one: give it a default"
    ]


def test_keys_that_fall_together(make_database: MakeDatabase, tmp_path: Path) -> None:
    """In the file, and with a row that is there."""
    url = make_database("sqlite", migrated=True)
    script(url, NOCASE)
    insert(url, "memory_relationships", [row("memory_relationships", relationship_id="There")])
    edge = {"source_memory_id": "m-1", "target_memory_id": "m-2"}
    rows = [{"relationship_id": key, **edge, "reasoning": key} for key in ("r-1", "R-1", "there", "r-2")]
    path = file(tmp_path, *rows, table="memory_relationships")
    assert refused_alike(url, path, truncate=False) == [
        "memory_relationships R-1: its key stands on line 9 already",
        "memory_relationships there: its key is in the database already",
    ]
    import_(url, path, truncate=False, skip_invalid=True)
    found = query(url, "SELECT relationship_id FROM memory_relationships ORDER BY 1")
    assert found == [("r-1",), ("r-2",), ("There",)]


def test_a_merge_of_keys_that_fall_together(make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database("sqlite", migrated=True)
    script(url, NOCASE)
    insert(url, "long_term_memory", [row("long_term_memory", memory_id=key) for key in ("m-1", "m-2")])
    insert(url, "memory_relationships", [row("memory_relationships", relationship_id="There")])
    edge = {"source_memory_id": "m-1", "target_memory_id": "m-2"}
    rows = [{"relationship_id": key, **edge, "reasoning": key} for key in ("there", "r-2")]
    path = file(tmp_path, *rows, table="memory_relationships")
    assert refused_alike(url, path, run=merge) == [
        "memory_relationships there: the database refuses it: UNIQUE constraint failed:"
        " memory_relationships.relationship_id"
    ]
    merge(url, path, skip_invalid=True)
    assert query(url, "SELECT relationship_id FROM memory_relationships ORDER BY 1") == [("r-2",), ("There",)]


@pytest.mark.parametrize("run", [import_, merge])
def test_a_role_that_may_not_write(make_database: MakeDatabase, tmp_path: Path, run: Any) -> None:
    url = make_database(POSTGRESQL, migrated=True)
    insert(url, "long_term_memory", [row("long_term_memory", memory_id="there")])
    path = file(tmp_path, memory("a"))
    with role(url, options="LOGIN") as reader:
        user = urlsplit(reader).netloc.partition("@")[0]
        script(url, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}")
        with pytest.raises(InvalidRows) as refusal:
            run(reader, path, dry_run=True)
        forbidden = "DELETE or INSERT" if run is import_ else "INSERT or LOCK"
        assert [i.reason for i in refusal.value.report.issues] == [
            f"the role may not {forbidden} there: GRANT SELECT, INSERT, UPDATE, DELETE ON long_term_memory TO it"
        ]


@pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
def test_values_that_no_snapshot_carries(make_database: MakeDatabase, tmp_path: Path, kind: str) -> None:
    """They go with the rows that are replaced: how many is said before."""
    url = make_database(kind, migrated=True)
    insert(url, "long_term_memory", [row("long_term_memory", memory_id=key) for key in ("a", "b", "c")])
    script(url, "ALTER TABLE long_term_memory ADD remark text")
    script(url, "UPDATE long_term_memory SET remark = 'kept by hand' WHERE memory_id <> 'c'")
    note = (
        "long_term_memory.remark: 2 values will be gone with the rows that are replaced, for no snapshot carries this"
        " column."
    )
    for dry_run in (True, False):
        assert note in import_(url, file(tmp_path, memory("a")), dry_run=dry_run).notes
    assert query(url, "SELECT memory_id, remark FROM long_term_memory") == [("a", None)]


GRANTS = "GRANT SELECT, INSERT, UPDATE, DELETE ON"


@pytest.mark.parametrize("run", [import_, merge])
def test_a_role_that_may_only_insert(make_database: MakeDatabase, tmp_path: Path, run: Any) -> None:
    """Rows are added behind a lock, and that takes more."""
    url = make_database(POSTGRESQL, migrated=True)
    path = file(tmp_path, memory("a"))
    with role(url, options="LOGIN") as writer:
        user = urlsplit(writer).netloc.partition("@")[0]
        script(url, f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {user}")
        options = {"truncate": False} if run is import_ else {}
        assert f"long_term_memory None: the role may not LOCK there: {GRANTS} long_term_memory TO it" in refused_alike(
            writer, path, run=run, **options
        )


@pytest.mark.parametrize("run", [import_, merge])
def test_a_role_that_may_not_set_the_sequence(make_database: MakeDatabase, tmp_path: Path, run: Any) -> None:
    url = make_database(POSTGRESQL, migrated=True)
    path = tmp_path / "file.json"
    path.write_bytes(layout_c(clusters=[{"id": 1, "summary": "s"}], long_term_memory=[]))
    with role(url, options="LOGIN") as writer:
        user = urlsplit(writer).netloc.partition("@")[0]
        script(url, f"{GRANTS} ALL TABLES IN SCHEMA public TO {user}")
        assert refused_alike(writer, path, run=run) == [
            "clusters None: the role may not set its sequence: GRANT SELECT, UPDATE ON SEQUENCE clusters_id_seq TO it"
        ]
        script(url, f"GRANT SELECT, UPDATE ON SEQUENCE clusters_id_seq TO {user}")
        assert run(writer, path).tables["clusters"].inserted == 1


def test_a_role_that_may_not_replace_a_row(make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database(POSTGRESQL, migrated=True)
    insert(url, "long_term_memory", [row("long_term_memory", **memory("a"))])
    path = file(tmp_path, memory("a", summary="new"))
    with role(url, options="LOGIN") as writer:
        user = urlsplit(writer).netloc.partition("@")[0]
        script(url, f"GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA public TO {user}")
        assert refused_alike(writer, path, run=merge, on_conflict="overwrite") == [
            f"long_term_memory None: the role may not UPDATE there: {GRANTS} long_term_memory TO it"
        ]


@pytest.mark.parametrize(
    ("column", "options", "value"),
    [
        ("chat_id", {"new_ids": True}, "40d6a961-5bb9-52ef-a12a-d75668c380ab"),
        ("namespace", {"namespace": "of-13-letters"}, "of-13-letters"),
    ],
)
def test_what_a_merge_gives_a_row_must_fit(
    make_database: MakeDatabase, tmp_path: Path, column: str, options: dict[str, Any], value: str
) -> None:
    url = make_database(POSTGRESQL, migrated=True)
    script(url, f"ALTER TABLE chat_history ALTER {column} TYPE varchar(12)")
    path = file(tmp_path, {"chat_id": "c-1", "namespace": "short"}, table="chat_history")
    assert refused_alike(url, path, run=merge, **options) == [
        f"chat_history c-1: {column} {value!r}, which it gets, is longer than the 12 characters that its column holds"
    ]


@pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
def test_columns_that_an_older_file_lacks(make_database: MakeDatabase, tmp_path: Path, kind: str) -> None:
    """One value in a later row is enough: then the file has the column, and says what each row holds."""
    url = make_database(kind, migrated=True)
    there = {"topic": "t", "entities_json": '["e"]', "team_id": None}
    insert(url, "long_term_memory", [row("long_term_memory", memory_id=key, **there) for key in ("a", "b")])
    rows = [snapshot_row("long_term_memory", **memory(key)) for key in ("a", "c")]
    for found in rows:
        for column in ("topic", "entities_json", "team_id", "classification_reason"):
            found.pop(column, None)
    path = tmp_path / "file.json"
    path.write_bytes(layout_c(long_term_memory=rows))
    for dry_run in (True, False):
        notes = [n for n in import_(url, path, dry_run=dry_run).notes if "will be gone" in n]
        assert sorted(notes) == [
            f"long_term_memory.{column}: 2 values will be gone with the rows that are replaced, for the file does not"
            " have this column."
            for column in ("entities_json", "topic")
        ]
    rows[1]["topic"] = "t"
    path.write_bytes(layout_c(long_term_memory=rows))
    script(url, "UPDATE long_term_memory SET topic = 't', entities_json = '[]'")
    assert [n.partition(":")[0] for n in import_(url, path, dry_run=True).notes if "will be gone" in n] == [
        "long_term_memory.entities_json"
    ]
