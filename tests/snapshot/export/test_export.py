"""An export as a whole: what stands in the file, and that nothing but the data decides it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from memoria.snapshot.errors import DatabaseFailure, InvalidRows
from memoria.snapshot.export.selection import Selection
from tests.conftest import KINDS, MakeDatabase
from tests.support.samples.databases import CORE, EVERY, insert, query, script
from tests.support.samples.engine import export, without_header
from tests.support.samples.rows import row

POSTGRESQL = [kind for kind in KINDS if kind != "sqlite"]


def document(path: Path) -> Any:
    return json.loads(path.read_bytes())


def test_an_empty_database(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    path = tmp_path / "out.json"
    report = export(migrated_url, path)
    vendor = migrated_url.partition(":")[0]
    lines = path.read_text().splitlines()
    assert json.loads(lines[1].removeprefix('"metadata": ').removesuffix(",")) == {
        "format": "memoria-snapshot",
        "version": 1,
        "exported_at": "2023-11-14T22:13:20.000000Z",
        "generator": "memoria 0.1.0",
        "database": vendor,
        "tables": list(EVERY),
        "namespaces": None,
        "left_out": {},
    }
    assert lines[2:-2] == [
        '"payload": {',
        '"namespaces": {},',
        *(line for table in EVERY[:-1] for line in (f'"{table}": [', "],")),
        '"service_metadata": [',
        "]",
        "},",
    ]
    assert document(path)["integrity"]["counts"] == dict.fromkeys(EVERY, 0)
    assert {name: table.rows for name, table in report.tables.items()} == dict.fromkeys(EVERY, 0)
    assert (report.exit_code, report.file.exported_at) == (0, "2023-11-14T22:13:20.000000Z")


def test_namespaces_are_those_of_the_rows(migrated_url: str, tmp_path: Path) -> None:
    for table, namespaces in {
        "long_term_memory": ["b", "a", "b", "", 'q"\\', "ä"],
        "short_term_memory": ["b", "z"],
        "memory_relationships": ["only-edges", "a"],
    }.items():
        key = "relationship_id" if table == "memory_relationships" else "memory_id"
        insert(migrated_url, table, [row(table, namespace=n, **{key: str(i)}) for i, n in enumerate(namespaces)])
    export(migrated_url, tmp_path / "out.json")
    found = document(tmp_path / "out.json")["payload"]["namespaces"]
    assert list(found) == ["", "a", "b", "only-edges", 'q"\\', "z", "ä"]
    tables = ("long_term_memory", "short_term_memory", "memory_relationships")
    expected = {
        (namespace, table): count
        for table in tables
        for namespace, count in query(migrated_url, f"SELECT namespace, count(*) FROM {table} GROUP BY namespace")
    }
    assert {
        (namespace, table): count for namespace, counts in found.items() for table, count in counts.items()
    } == expected


def test_what_is_left_out_is_named(migrated_url: str, tmp_path: Path) -> None:
    script(
        migrated_url,
        "CREATE TABLE notes (id integer); INSERT INTO notes VALUES (1), (2); CREATE TABLE rules (id integer)",
    )
    insert(migrated_url, "clusters", [row("clusters")])
    report = export(migrated_url, tmp_path / "all.json")
    assert report.left_out == document(tmp_path / "all.json")["metadata"]["left_out"] == {"notes": 2, "rules": 0}
    report = export(migrated_url, tmp_path / "some.json", tables=["long_term_memory"])
    others = dict.fromkeys(EVERY, 0) | {"clusters": 1, "notes": 2, "rules": 0}
    del others["long_term_memory"]
    assert report.left_out == others
    some = document(tmp_path / "some.json")
    assert some["metadata"]["tables"] == ["long_term_memory"]
    assert list(some["payload"]) == ["namespaces", "long_term_memory"]


def test_a_database_with_none_but_the_core_five(migrated_url: str, tmp_path: Path) -> None:
    others = [table for table in reversed(EVERY) if table not in CORE]
    cascade = "" if migrated_url.startswith("sqlite") else " CASCADE"
    script(migrated_url, ";".join(f"DROP TABLE {table}{cascade}" for table in others))
    export(migrated_url, tmp_path / "all.json")
    assert document(tmp_path / "all.json")["metadata"]["tables"] == list(CORE)


def test_the_core_five_stand_in_the_file_where_the_database_lacks_them(migrated_url: str, tmp_path: Path) -> None:
    script(migrated_url, "DROP TABLE memory_relationships; DROP TABLE rules_memory")
    export(migrated_url, tmp_path / "all.json")
    made = document(tmp_path / "all.json")
    assert made["metadata"]["tables"] == [table for table in EVERY if table != "rules_memory"]
    assert made["payload"]["memory_relationships"] == []


def test_a_table_without_namespaces_of_its_own(migrated_url: str, tmp_path: Path) -> None:
    """An older database may lack the column."""
    script(migrated_url, "ALTER TABLE memory_relationships DROP COLUMN namespace")
    edge = row("memory_relationships")
    del edge["namespace"]
    insert(migrated_url, "memory_relationships", [edge])
    export(migrated_url, tmp_path / "out.json")
    payload = document(tmp_path / "out.json")["payload"]
    assert (payload["namespaces"], len(payload["memory_relationships"])) == ({}, 1)


def test_a_table_without_its_key(migrated_url: str, tmp_path: Path) -> None:
    script(migrated_url, "DROP TABLE memory_relationships; CREATE TABLE memory_relationships (strength float)")
    with pytest.raises(DatabaseFailure) as caught:
        export(migrated_url, tmp_path / "out.json")
    assert str(caught.value) == (
        "the table memory_relationships has no column relationship_id: it is not a Memoria table"
    )
    assert list(tmp_path.glob("*out*")) == []


def test_a_database_without_tables(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(
        DatabaseFailure,
        match="has no tables yet: create them with ⟨Django's migrations⟩",
    ):
        export(database_url, tmp_path / "out.json")
    assert list(tmp_path.glob("*out*")) == []


def fill(url: str, count: int = 1700) -> None:
    number = "CAST(n AS varchar(9))" if url.startswith("postgresql") else "CAST(n AS text)"
    numbers = (
        f"generate_series(1, {count}) n"
        if url.startswith("postgresql")
        else f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s)"
    )
    script(
        url,
        "INSERT INTO memory_relationships (relationship_id, source_memory_id, target_memory_id, relationship_type,"
        f" strength, namespace, created_at) SELECT {number}, 'a', 'b', 't', n / 7.0, 'n', '2025-01-02 03:04:05.000001'"
        f" FROM {numbers}; INSERT INTO clusters (id, summary, centroid) SELECT n - 900, {number},"
        f" CASE WHEN n % 3 = 0 THEN '[1,\n 2]' WHEN n % 3 = 1 THEN 'null' END{_json(url)} FROM {numbers}",
    )


def _json(url: str) -> str:
    return "::json" if url.startswith("postgresql") else ""


@pytest.mark.parametrize("suffix", ["json", "ndjson"])
def test_the_bytes_are_the_same_however_the_rows_lie(migrated_url: str, tmp_path: Path, suffix: str) -> None:
    fill(migrated_url)
    first = tmp_path / f"first.{suffix}"
    export(migrated_url, first)
    # Rewritten rows lie elsewhere.
    script(
        migrated_url,
        "UPDATE memory_relationships SET reasoning = 'x' WHERE strength > 100;"
        "UPDATE memory_relationships SET reasoning = NULL; UPDATE clusters SET summary = summary WHERE id % 2 = 0",
    )
    sqlite = migrated_url.startswith("sqlite")
    for statement in (
        ["VACUUM"] if sqlite else ["CLUSTER memory_relationships USING idx_relationships_strength", "VACUUM FULL"]
    ):
        query(migrated_url, statement)
        export(migrated_url, tmp_path / f"again.{suffix}")
        assert without_header(tmp_path / f"again.{suffix}") == without_header(first)


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_the_bytes_are_the_same_on_any_number_of_connections(
    make_database: MakeDatabase, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    url = make_database(kind, migrated=True)
    fill(url)
    for jobs in (1, 2, 3):
        report = export(url, tmp_path / f"{jobs}.ndjson", jobs=jobs)
        assert {name: table.rows for name, table in report.tables.items() if table.rows} == {
            "clusters": 1700,
            "memory_relationships": 1700,
        }
    one = (tmp_path / "1.ndjson").read_bytes()
    assert (tmp_path / "2.ndjson").read_bytes() == one
    assert (tmp_path / "3.ndjson").read_bytes() == one
    ids = [json.loads(line)["data"]["id"] for line in one.splitlines() if line.startswith(b'{"table": "clusters"')]
    assert ids == list(range(-899, 801))


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_the_bytes_do_not_depend_on_the_servers_settings(
    make_database: MakeDatabase, tmp_path: Path, kind: str
) -> None:
    url = make_database(kind, migrated=True)
    fill(url, 20)
    export(url, tmp_path / "first.ndjson")
    ((name,),) = query(url, "SELECT current_database()")
    for setting in (
        "timezone = 'Australia/Lord_Howe'",
        "datestyle = 'SQL, DMY'",
        "extra_float_digits = -15",
        "bytea_output = 'escape'",
        "standard_conforming_strings = off",
        "client_encoding = 'LATIN1'",
    ):
        query(url, f'ALTER DATABASE "{name}" SET {setting}')
    export(url, tmp_path / "again.ndjson")
    assert without_header(tmp_path / "again.ndjson") == without_header(tmp_path / "first.ndjson")


class TestANamespaceThatIsNotUTF8:
    @pytest.fixture
    def url(self, make_database: MakeDatabase) -> str:
        url = make_database("sqlite", migrated=True)
        insert(url, "long_term_memory", [row("long_term_memory", memory_id=k, namespace=k[0]) for k in ("a1", "b1")])
        insert(url, "long_term_memory", [row("long_term_memory", memory_id="x", namespace="x")])
        script(url, "UPDATE long_term_memory SET namespace = CAST(x'61ff' AS TEXT) WHERE memory_id = 'x'")
        return url

    @pytest.mark.parametrize("namespaces", [None, (), ("*",), ("a", "a*")])
    def test_its_rows_are_refused(self, url: str, namespaces: tuple[str, ...] | None, tmp_path: Path) -> None:
        selection = None if namespaces is None else Selection(namespaces)
        with pytest.raises(InvalidRows) as caught:
            export(url, tmp_path / "out.json", selection=selection)
        issues = [(issue.key, issue.reason) for issue in caught.value.report.issues]
        assert issues == [("x", r"namespace is not UTF-8: 'a\\xff'")]
        assert not (tmp_path / "out.json").exists()

    def test_its_rows_are_left_out(self, url: str, tmp_path: Path) -> None:
        report = export(url, tmp_path / "out.json", selection=Selection(), skip_invalid=True)
        counts = report.tables["long_term_memory"]
        assert (report.exit_code, counts.rows, counts.skipped) == (3, 2, 1)
        found = document(tmp_path / "out.json")
        assert found["metadata"]["namespaces"] == ["a", "b"]
        assert {name: tables["long_term_memory"] for name, tables in found["payload"]["namespaces"].items()} == {
            "a": 1,
            "b": 1,
        }

    def test_others_are_exported(self, url: str, tmp_path: Path) -> None:
        report = export(url, tmp_path / "out.json", selection=Selection(("a",)))
        assert (report.exit_code, report.tables["long_term_memory"].rows) == (0, 1)
