"""Columns with another type than the one that belongs there: carried whole, or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from memoria.snapshot.compare.compare import compare_sides
from memoria.snapshot.compare.streams import database_side, snapshot_side
from memoria.snapshot.errors import DatabaseFailure, InvalidRows, SnapshotError
from memoria.snapshot.export.selection import Selection
from memoria.snapshot.progress import NoProgress
from memoria.snapshot.schema.registry import TABLES
from tests.conftest import KINDS, MakeDatabase
from tests.support.samples.databases import insert, query, script
from tests.support.samples.engine import export, import_, merge, opened, undo
from tests.support.samples.rows import layout_c, row, snapshot_row

POSTGRESQL = [kind for kind in KINDS if kind != "sqlite"]


@pytest.fixture(params=POSTGRESQL)
def url(request: pytest.FixtureRequest, make_database: MakeDatabase) -> str:
    return make_database(request.param, migrated=True)


def alter(url: str, column: str, type: str, using: str = "") -> None:
    script(
        url,
        f"ALTER TABLE long_term_memory ALTER {column} DROP DEFAULT,"
        f" ALTER {column} TYPE {type} USING {using or column}::{type}",
    )


def hold(url: str, column: str, *values: Any) -> None:
    insert(url, "long_term_memory", [row("long_term_memory", memory_id=str(n)) for n in range(len(values))])
    for number, value in enumerate(values):
        query(url, f"UPDATE long_term_memory SET {column} = %s WHERE memory_id = %s", (value, str(number)))


def stored(url: str, column: str) -> list[str]:
    found = query(url, f"SELECT {column}::text FROM long_term_memory ORDER BY memory_id")
    return [value for (value,) in found]


def exported(path: Path, column: str) -> list[str]:
    """The texts of the values in the file."""
    rows = [line.rstrip(",") for line in path.read_text().splitlines() if line.startswith('{"memory_id"')]
    found = [json.loads(line, parse_float=str, parse_int=str)[column] for line in rows]
    return [value if isinstance(value, str) else json.dumps(value) for value in found]


def goes_round(url: str, path: Path, column: str) -> list[str]:
    before = stored(url, column)
    export(url, path)
    import_(url, path)
    assert stored(url, column) == before
    merge(url, path)
    assert stored(url, column) == before
    return exported(path, column)


@pytest.mark.parametrize("type", ["text", "character varying(100)"])
def test_json_in_text(url: str, type: str, tmp_path: Path) -> None:
    alter(url, "processed_data", type)
    texts = ['{"b": 1.10, "a": [12345678901234567890]}', '"text"', "[]", "null", " null ", '{"a":1,\n"b":"\\u0000"}']
    hold(url, "processed_data", *texts)
    found = [text.replace("\n", " ") for text in texts]
    export(url, tmp_path / "out.json")
    lines = (tmp_path / "out.json").read_text().splitlines()
    assert f'"processed_data":{texts[0]}' in next(line for line in lines if '"memory_id":"0"' in line)
    assert '"$json_null":["processed_data"]' in next(line for line in lines if '"memory_id":"3"' in line)
    import_(url, tmp_path / "out.json")
    assert stored(url, "processed_data") == [*found[:4], "null", found[5]]


def test_text_that_is_no_json(url: str, tmp_path: Path) -> None:
    alter(url, "embedding", "text")
    hold(url, "embedding", "[1]", "[1", None, "")
    with pytest.raises(InvalidRows) as caught:
        export(url, tmp_path / "out.json")
    assert [(i.key, i.reason) for i in caught.value.report.issues] == [
        ("1", "embedding is [1, which is not JSON"),
        ("3", "embedding is , which is not JSON"),
    ]
    report = export(url, tmp_path / "out.json", skip_invalid=True)
    assert (report.tables["long_term_memory"].rows, report.tables["long_term_memory"].skipped) == (2, 2)


def test_numeric_in_a_float_column(url: str, tmp_path: Path) -> None:
    alter(url, "importance_score", "numeric")
    hold(url, "importance_score", "0.1", "0.30000000000000004", "5", "0")
    export(url, tmp_path / "out.json")
    assert exported(tmp_path / "out.json", "importance_score") == ["0.1", "0.30000000000000004", "5", "0"]
    import_(url, tmp_path / "out.json")
    assert stored(url, "importance_score") == ["0.1", "0.30000000000000004", "5.0", "0.0"]


@pytest.mark.parametrize(
    ("column", "type", "value", "reason"),
    [
        ("x_coord", "numeric", "0.12345678901234567890", "which an 8-byte float does not hold"),
        ("x_coord", "numeric", "9007199254740993", "which an 8-byte float does not hold"),
        ("x_coord", "bigint", "9007199254740993", "which an 8-byte float does not hold"),
        ("x_coord", "numeric", "1" + "0" * 310, "which an 8-byte float does not hold"),
        ("access_count", "numeric", "1.5", "not a whole number of 64 bits"),
        ("access_count", "numeric", "9223372036854775808", "not a whole number of 64 bits"),
        ("is_preference", "integer", "2", "where 0 or 1 belongs"),
    ],
)
def test_a_value_that_would_be_lost(url: str, column: str, type: str, value: str, reason: str, tmp_path: Path) -> None:
    alter(url, column, type, f"{column}::int" if column == "is_preference" else "")
    hold(url, column, "1", value)
    with pytest.raises(InvalidRows) as caught:
        export(url, tmp_path / "out.json")
    assert [(i.key, i.reason) for i in caught.value.report.issues] == [("1", f"{column} is {value[:200]}, {reason}")]


@pytest.mark.parametrize("type", ["integer", "smallint"])
def test_numbers_for_booleans(url: str, type: str, tmp_path: Path) -> None:
    alter(url, "is_preference", type, "is_preference::int")
    hold(url, "is_preference", 1, 0, None)
    assert goes_round(url, tmp_path / "out.json", "is_preference") == ["true", "false", "null"]


def test_numeric_for_whole_numbers(url: str, tmp_path: Path) -> None:
    alter(url, "access_count", "numeric")
    hold(url, "access_count", "5.0", "-9223372036854775807", "0")
    export(url, tmp_path / "out.json")
    assert exported(tmp_path / "out.json", "access_count") == ["5", "-9223372036854775807", "0"]
    import_(url, tmp_path / "out.json")


@pytest.mark.parametrize(
    ("column", "type", "fits", "does_not"),
    [
        ("x_coord", "numeric(9,2)", ["0.25", "100.0", "-0.5", "3"], "0.125"),
        ("x_coord", "numeric(12,0)", ["1e3", "-7"], "0.5"),
        ("last_accessed", "timestamp(3)", ['"2026-11-22T10:00:00.123000Z"'], '"2026-11-22T10:00:00.123400Z"'),
        ("last_accessed", "timestamp(0) with time zone", ['"2026-11-22T10:00:00Z"'], '"2026-11-22T10:00:00.5Z"'),
        ("last_accessed", "date", ['"2026-11-22T00:00:00Z"'], '"2026-11-22T00:00:01Z"'),
        ("last_accessed", "whole_second", ['"2026-11-22T10:00:00Z"'], '"2026-11-22T10:00:00.000001Z"'),
    ],
)
def test_a_column_that_rounds(url: str, column: str, type: str, fits: list[str], does_not: str, tmp_path: Path) -> None:
    """It takes what it holds whole, and no other value."""
    script(url, "CREATE DOMAIN whole_second AS timestamp(0)")
    path = tmp_path / "s.json"
    rows = [snapshot_row("long_term_memory", memory_id=str(n)) for n in range(len(fits) + 1)]
    for n, text in enumerate([*fits, does_not]):
        rows[n][column] = json.loads(text)
    alter(url, column, type)
    path.write_bytes(layout_c(long_term_memories=rows[:-1]))
    import_(url, path)
    assert len(stored(url, column)) == len(fits)
    merge(url, path)
    path.write_bytes(layout_c(long_term_memories=rows))
    for run in (import_, merge):
        with pytest.raises(InvalidRows) as caught:
            run(url, path)
        ((key, reason),) = [(i.key, i.reason) for i in caught.value.report.issues]
        assert key == str(len(fits))
        assert reason.startswith(f"{column} is ")
        assert reason.endswith("of the target would round")
    import_(url, path, skip_invalid=True)
    assert len(stored(url, column)) == len(fits)


def test_a_domain_is_what_it_is_made_of(url: str, tmp_path: Path) -> None:
    script(url, "CREATE DOMAIN moment AS timestamp with time zone; CREATE DOMAIN score AS numeric")
    alter(url, "created_at", "moment")
    alter(url, "importance_score", "score")
    hold(url, "importance_score", "0.25")
    assert goes_round(url, tmp_path / "out.json", "importance_score") == ["0.25"]
    assert exported(tmp_path / "out.json", "created_at")[0].endswith("Z")


MOOD = "CREATE TYPE mood AS ENUM ('text', 'default'); CREATE DOMAIN vector AS double precision[]"


def refusals(url: str, path: Path) -> dict[str, str]:
    """What each way in and out says, given a file that it would take; nothing where it does not refuse."""

    def compared() -> None:
        with (
            opened(url) as connection,
            database_side(connection, "here", TABLES, NoProgress()) as here,
            snapshot_side(str(path), TABLES, NoProgress()) as there,
        ):
            compare_sides(here, there, TABLES)

    ways = {
        "export": lambda: export(url, path.with_name("out.json")),
        "export, two jobs": lambda: export(url, path.with_name("out.json"), jobs=2),
        "export of a namespace": lambda: export(url, path.with_name("out.json"), selection=Selection(("default",))),
        "comparison": compared,
        "undo": lambda: undo(url, 1),
        "dry run": lambda: import_(url, path, dry_run=True),
        "import": lambda: import_(url, path),
        "import without checks": lambda: import_(url, path, validate=False),
        "appending": lambda: import_(url, path, truncate=False, skip_invalid=True),
        "dry run of a merge": lambda: merge(url, path, dry_run=True, undo=False),
        "merge": lambda: merge(url, path, undo=False),
        "merge with new ids": lambda: merge(url, path, namespace="other", new_ids=True, undo=False),
    }
    found = {}
    for name, way in ways.items():
        try:
            way()
            found[name] = ""
        except SnapshotError as error:
            found[name] = str(error)
    return found


@pytest.mark.parametrize(
    ("table", "column", "type", "using", "called"),
    [
        ("memory_relationships", "relationship_id", "uuid", "gen_random_uuid()", "text belongs"),
        ("memory_relationships", "source_memory_id", "uuid", "gen_random_uuid()", "text belongs"),
        ("memory_relationships", "reasoning", "mood", "'text'::mood", "text belongs"),
        ("cluster_members", "id", "text", "id::text", "whole numbers belong"),
        ("long_term_memory", "memory_id", "bigint", "1", "text belongs"),
        ("long_term_memory", "embedding", "double precision[]", "NULL", "JSON belongs"),
        ("long_term_memory", "embedding", "vector", "NULL", "JSON belongs"),
        ("long_term_memory", "processed_data", "bytea", "'x'", "JSON belongs"),
        ("long_term_memory", "importance_score", "text", "importance_score::text", "floats belong"),
        ("long_term_memory", "is_preference", "text", "is_preference::text", "booleans belong"),
        ("long_term_memory", "last_accessed", "bigint", "0", "times belong"),
        ("long_term_memory", "access_count", "double precision", "access_count", "whole numbers belong"),
        ("long_term_memory", "namespace", "mood", "namespace::mood", "text belongs"),
        ("long_term_memory", "summary", "text[]", "ARRAY[summary]", "text belongs"),
        ("long_term_memory", "summary", "json", "to_json(summary)", "text belongs"),
        ("long_term_memory", "summary", "money", "1::money", "text belongs"),
        ("long_term_memory", "summary", "tsvector", "summary::tsvector", "text belongs"),
    ],
)
def test_a_type_that_does_not_belong(
    url: str, table: str, column: str, type: str, using: str, called: str, tmp_path: Path
) -> None:
    """Every way in and out refuses it in the same words, before it does anything else."""
    tables = ("clusters", "long_term_memory", "cluster_members", "memory_relationships")
    for name in tables:
        insert(url, name, [row(name)])
    path = tmp_path / "whole.json"
    export(url, path)
    import_(url, path, undo=True)
    script(url, MOOD)
    make_room(url, table, column)
    script(url, f"ALTER TABLE {table} ALTER {column} TYPE {type} USING {using}")
    before = [query(url, f"SELECT t.*::text FROM {name} t") for name in tables]
    called_type = "double precision[]" if type == "vector" else type
    sentence = f"{table}.{column} has the type {called_type} where {called}: alter its type"
    assert set(refusals(url, path).values()) == {sentence}
    assert [query(url, f"SELECT t.*::text FROM {name} t") for name in tables] == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["whole.json"]
    others = tmp_path / "others.json"
    export(url, others, tables=["teams"])
    assert import_(url, others).exit_code == 0


def make_room(url: str, table: str, column: str) -> None:
    """Take away what ties a column to its type, but for the primary key."""
    tied = query(
        url,
        "SELECT c.conrelid::regclass::text, c.conname FROM pg_constraint c"
        " WHERE c.contype = 'f' OR (c.contype = 'c' AND c.conrelid = %s::regclass)",
        (table,),
    )
    indexes = query(
        url,
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND NOT indisprimary",
        (table,),
    )
    triggers = query(url, "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", (table,))
    script(
        url,
        "; ".join(
            [
                *(f'ALTER TABLE {owner} DROP CONSTRAINT "{name}"' for owner, name in tied),
                *(f"DROP INDEX {name}" for (name,) in indexes),
                *(f'DROP TRIGGER "{name}" ON {table}' for (name,) in triggers),
                f"ALTER TABLE {table} ALTER {column} DROP IDENTITY IF EXISTS, ALTER {column} DROP DEFAULT",
            ]
        ),
    )


def test_a_table_that_is_only_compared_with(url: str, tmp_path: Path) -> None:
    """What else names the memories is looked up by their ids, whichever tables a file holds."""
    insert(url, "long_term_memory", [row("long_term_memory")])
    export(url, tmp_path / "memories.json", tables=["long_term_memory"])
    script(url, "ALTER TABLE memory_relationships ALTER source_memory_id TYPE uuid USING gen_random_uuid()")
    sentence = "memory_relationships.source_memory_id has the type uuid where text belongs: alter its type"
    for run in (import_, merge):
        with pytest.raises(DatabaseFailure) as caught:
            run(url, tmp_path / "memories.json")
        assert str(caught.value) == sentence


@pytest.mark.parametrize("length", [3, 36])
def test_character(url: str, length: int, tmp_path: Path) -> None:
    """Text that fills the column is carried, also as a key; shorter text would get spaces."""
    key = "k" * length
    insert(url, "memory_relationships", [row("memory_relationships", relationship_id=key)])
    path = tmp_path / "out.json"
    export(url, path)
    script(url, f"ALTER TABLE memory_relationships ALTER relationship_id TYPE character({length})")
    import_(url, path)
    report = merge(url, path)
    assert [(part.table, part.identical) for part in report.merge] == [("memory_relationships", 1)]
    script(url, f"ALTER TABLE memory_relationships ALTER relationship_type TYPE character({length + 40})")
    for run in (import_, merge):
        with pytest.raises(InvalidRows) as caught:
            run(url, path)
        assert [issue.reason for issue in caught.value.report.issues] == [
            f"relationship_type is 'related_to', which the character({length + 40}) of the target would fill up with"
            " spaces"
        ]


def test_domains_of_domains(url: str, tmp_path: Path) -> None:
    script(
        url,
        "CREATE DOMAIN short AS varchar(4); CREATE DOMAIN shorter AS short CHECK (VALUE <> 'x');"
        " CREATE DOMAIN flag AS smallint; CREATE DOMAIN flags AS flag",
    )
    path = tmp_path / "in.json"
    rows = [snapshot_row("long_term_memory", memory_id=str(n), is_preference=n == 0) for n in range(2)]
    make_room(url, "long_term_memory", "is_preference")
    alter(url, "is_preference", "flags", "is_preference::int")
    script(url, "ALTER TABLE long_term_memory ALTER summary TYPE shorter")
    rows[0]["summary"], rows[1]["summary"] = "four", "fives"
    path.write_bytes(layout_c(long_term_memories=rows))
    with pytest.raises(InvalidRows) as caught:
        import_(url, path)
    assert [(i.key, i.reason) for i in caught.value.report.issues] == [
        ("1", "summary is longer than the 4 characters that its column holds")
    ]
    assert import_(url, path, skip_invalid=True).exit_code == 3
    assert query(url, "SELECT summary::text, is_preference::int FROM long_term_memory") == [("four", 1)]


def test_json_in_a_column_of_few_characters(url: str, tmp_path: Path) -> None:
    alter(url, "processed_data", "character varying(9)", "'{}'")
    path = tmp_path / "in.json"
    values = ["1234567", "12345678"]  # and two quotes
    rows = [snapshot_row("long_term_memory", memory_id=str(n), processed_data=v) for n, v in enumerate(values)]
    path.write_bytes(layout_c(long_term_memories=rows))
    for run in (import_, merge):
        for dry_run in (True, False):
            with pytest.raises(InvalidRows) as caught:
                run(url, path, dry_run=dry_run)
            assert [(i.key, i.reason) for i in caught.value.report.issues] == [
                ("1", "processed_data is longer than the 9 characters that its column holds")
            ]
    assert import_(url, path, skip_invalid=True).exit_code == 3
