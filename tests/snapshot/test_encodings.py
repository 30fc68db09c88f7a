"""PostgreSQL databases of other encodings than UTF-8, and of none: rows are carried whole, or named."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from memoria.snapshot.compare.compare import compare_sides
from memoria.snapshot.compare.streams import database_side
from memoria.snapshot.errors import InvalidRows, SnapshotError
from memoria.snapshot.export.selection import Selection
from memoria.snapshot.progress import NoProgress
from memoria.snapshot.schema.registry import TABLES
from tests.conftest import KINDS, MakeDatabase
from tests.snapshot.test_existing_databases import make_database_again
from tests.support.samples.databases import connected, insert, query, script
from tests.support.samples.engine import export, import_, merge, opened, undo, without_header
from tests.support.samples.rows import layout_c, row, snapshot_row

POSTGRESQL = [kind for kind in KINDS if kind != "sqlite"]
NEWEST = POSTGRESQL[-1:]
EDGES = "memory_relationships"
LETTERS = {
    "SQL_ASCII": "aé日🙂",
    "LATIN1": "azéÿ¥",
    "WIN1252": "az€Ÿéž",
    "EUC_JP": "aアあ亜日～",  # noqa: RUF001
    "KOI8R": "aЖяё═",
}
"""Encoding -> letters whose bytes have another order in it than in UTF-8, where it is one."""


def made(make_database: MakeDatabase, kind: str, encoding: str) -> str:
    url = make_database(kind, migrated=True)
    make_database_again(url, f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
    return url


def keys_in(path: Path, key: str = "memory_id") -> list[str]:
    rows = [json.loads(line) for line in path.read_text().splitlines()[2:-1]]
    return [line["data"][key] for line in rows if key in line["data"]]


def issues(url: str, path: Path, **options: int) -> list[tuple[str | None, str]]:
    with pytest.raises(InvalidRows) as caught:
        export(url, path, **options)
    assert not path.exists()
    return [(issue.key, issue.reason) for issue in caught.value.report.issues]


def refused_comparison(url: str) -> str:
    with opened(url) as connection, pytest.raises(SnapshotError) as caught:  # noqa: SIM117
        with (
            database_side(connection, "one", TABLES, NoProgress()) as one,
            database_side(connection, "other", TABLES, NoProgress()) as other,
        ):
            compare_sides(one, other, TABLES)
    return str(caught.value)


@pytest.mark.parametrize("kind", NEWEST)
@pytest.mark.parametrize("encoding", LETTERS)
def test_round_trip(kind: str, encoding: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    """The bytes of a file, the order of its rows with them, do not depend on the encoding of the database."""
    source, url = make_database("sqlite", migrated=True), made(make_database, kind, encoding)
    letters = LETTERS[encoding]
    keys = [a + b + c + d for a in letters for b in letters for c in letters for d in letters[:5]]
    memory = row("long_term_memory", summary=letters, namespace=letters, processed_data=json.dumps(letters))
    insert(
        source, "long_term_memory", [memory | {"memory_id": id, "searchable_content": id} for id in ("m-1", letters)]
    )
    insert(source, EDGES, [row(EDGES, relationship_id=key, target_memory_id=letters) for key in keys])
    path, again = tmp_path / "in.ndjson", tmp_path / "out.ndjson"
    export(source, path)
    import_(url, path, undo=True)
    for jobs in (1, 2):
        export(url, again, jobs=jobs)
        assert without_header(again) == without_header(path).replace(b"sqlite", b"postgresql")
        again.unlink()
    with (
        opened(source) as a,
        opened(url) as b,
        database_side(a, "a", TABLES, NoProgress()) as one,
        database_side(b, "b", TABLES, NoProgress()) as two,
    ):
        assert compare_sides(one, two, TABLES).equal
    assert {(part.rows, part.identical) for part in merge(url, path, undo=False).merge} == {(2, 2), (len(keys),) * 2}
    assert merge(url, path, namespace="other", new_ids=True).tables["long_term_memory"].inserted == 2
    undo(url, 2)
    undo(url, 1)
    assert query(url, f"SELECT count(*) FROM {EDGES}") == [(0,)]


BYTES = r"convert_from('\xff61', 'SQL_ASCII')"


@pytest.mark.parametrize("kind", NEWEST)
class TestNoEncoding:
    """A text of SQL_ASCII may be any bytes."""

    @pytest.fixture
    def url(self, kind: str, make_database: MakeDatabase) -> str:
        url = made(make_database, kind, "SQL_ASCII")
        insert(url, "long_term_memory", [row("long_term_memory", memory_id=id) for id in ("a", "b", "c")])
        script(
            url, r"UPDATE long_term_memory SET memory_id = convert_from('\xc3a9', 'SQL_ASCII') WHERE memory_id = 'c'"
        )
        return url

    @pytest.mark.parametrize(
        ("change", "key", "reason"),
        [
            (f"summary = {BYTES}", "b", r"summary is not UTF-8: '\\xffa'"),
            (f"memory_id = {BYTES}", "\udcffa", r"memory_id is not UTF-8: '\\xffa'"),
            (f"namespace = {BYTES}", "b", r"namespace is not UTF-8: '\\xffa'"),
            (
                f"processed_data = ('[' || to_json({BYTES}) || ']')::json",
                "b",
                r"""processed_data is not UTF-8: '["\\xffa"]'""",
            ),
        ],
    )
    def test_bytes(self, url: str, change: str, key: str, reason: str, tmp_path: Path) -> None:
        script(url, f"UPDATE long_term_memory SET {change} WHERE memory_id = 'b'")
        path = tmp_path / "out.ndjson"
        for jobs in (1, 2):
            assert issues(url, path, jobs=jobs) == [(key, reason)]
        assert refused_comparison(url) == f"one, long_term_memory {key!r}: {reason}."
        everything = Selection()
        for options in ({"selection": everything}, {}):
            report = export(url, path, skip_invalid=True, **options)
            assert (report.exit_code, report.tables["long_term_memory"].skipped) == (3, 1)
            assert keys_in(path) == ["a", "é"]
        before = query(url, "SELECT convert_to(t::text, 'SQL_ASCII')::text FROM long_term_memory t ORDER BY 1")
        import_(url, path, undo=True)
        undo(url, 1)
        assert query(url, "SELECT convert_to(t::text, 'SQL_ASCII')::text FROM long_term_memory t ORDER BY 1") == before

    def test_merged_with(self, url: str, tmp_path: Path) -> None:
        path = tmp_path / "in.json"
        script(
            url, f"UPDATE long_term_memory SET summary = {BYTES}, searchable_content = {BYTES} WHERE memory_id = 'b'"
        )
        path.write_bytes(layout_c(long_term_memories=[snapshot_row("long_term_memory", memory_id=id) for id in "bc"]))
        for dry_run in (True, False):
            report = merge(url, path, dry_run=dry_run, on_conflict="overwrite")
            assert [(part.overwrite, part.duplicate) for part in report.merge] == [(1, 1)]
        assert query(url, "SELECT summary FROM long_term_memory WHERE memory_id = 'b'") == [("summary",)]
        undo(url, 1)
        assert query(url, "SELECT convert_to(summary, 'SQL_ASCII')::text FROM long_term_memory ORDER BY 1")[0] != (
            "summary",
        )

    def test_names(self, url: str, tmp_path: Path) -> None:
        """Of tables and columns that no snapshot carries."""
        with connected(url) as connection:
            connection.set_client_encoding("LATIN1")
            connection.cursor().execute('CREATE TABLE "é" (a int); INSERT INTO "é" VALUES (1)')
            connection.cursor().execute('ALTER TABLE long_term_memory ADD "è" int DEFAULT 1')
        path = tmp_path / "out.json"
        assert export(url, path).left_out == {r"\xe9": 1, r"long_term_memory.\xe8": 3}
        rows = "SELECT convert_to(t::text, 'SQL_ASCII')::text FROM long_term_memory t ORDER BY 1"
        before = query(url, rows)
        import_(url, path, undo=True)
        undo(url, 1)
        assert query(url, rows) == before

    def test_limits_count_bytes(self, url: str, tmp_path: Path) -> None:
        path = tmp_path / "in.json"
        rows = [snapshot_row("long_term_memory", memory_id=str(n), category_primary="é" * n) for n in (127, 128)]
        path.write_bytes(layout_c(long_term_memories=rows))
        for run in (import_, merge):
            for dry_run in (True, False):
                with pytest.raises(InvalidRows) as caught:
                    run(url, path, dry_run=dry_run)
                assert [(i.key, i.reason) for i in caught.value.report.issues] == [
                    ("128", "category_primary is longer than the 255 bytes that its column holds")
                ]
        assert import_(url, path, skip_invalid=True).exit_code == 3


@pytest.mark.parametrize("kind", POSTGRESQL)
class TestWhatCannotBeConverted:
    @pytest.mark.parametrize("jobs", [1, 2])
    def test_named(self, kind: str, jobs: int, make_database: MakeDatabase, tmp_path: Path) -> None:
        """WIN1252 knows bytes that stand for nothing. What came before them comes once, and what stands behind too."""
        url = made(make_database, kind, "WIN1252")
        insert(url, EDGES, [row(EDGES, relationship_id=f"k{n:04}", reasoning="é") for n in range(1200)])
        insert(url, "long_term_memory", [row("long_term_memory")])
        script(
            url, f"UPDATE {EDGES} SET reasoning = 'a' || chr(129) WHERE relationship_id IN ('k0000', 'k0700', 'k1199')"
        )
        script(url, f"UPDATE {EDGES} SET relationship_id = 'k0500' || chr(141) WHERE relationship_id = 'k0500'")
        path = tmp_path / "out.ndjson"
        expected = [
            ("k0000", r"reasoning holds what UTF-8 lacks: 'a\\x81'"),
            ("k0500\udc8d", r"relationship_id holds what UTF-8 lacks: 'k0500\\x8d'"),
            ("k0700", r"reasoning holds what UTF-8 lacks: 'a\\x81'"),
            ("k1199", r"reasoning holds what UTF-8 lacks: 'a\\x81'"),
        ]
        assert issues(url, path, jobs=jobs) == expected
        report = export(url, path, jobs=jobs, skip_invalid=True)
        assert (report.tables[EDGES].rows, report.tables[EDGES].skipped) == (1196, 4)
        left_out = {0, 500, 700, 1199}
        assert keys_in(path, "relationship_id") == [f"k{n:04}" for n in range(1200) if n not in left_out]
        assert refused_comparison(url) == f"one, {EDGES} 'k0000': {expected[0][1]}."

    def test_a_merge_that_would_have_to_read_it(self, kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
        url = made(make_database, kind, "WIN1252")
        insert(url, EDGES, [row(EDGES, relationship_id="k-1", reasoning="é")])
        path = tmp_path / "file.json"
        path.write_bytes(layout_c(**{EDGES: [snapshot_row(EDGES, relationship_id="k-1")]}))
        script(url, f"UPDATE {EDGES} SET reasoning = 'a' || chr(129)")
        with pytest.raises(SnapshotError) as refusal:
            merge(url, path)
        assert f": a row of {EDGES} that is there cannot be compared: character with byte" in str(refusal.value)
        assert str(refusal.value).endswith('no equivalent in encoding "UTF8"; export-data names it')

    def test_no_conversion_at_all(self, kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
        url = make_database(kind)
        name = urlsplit(url).path.lstrip("/")
        maintenance = url.replace(f"/{name}", "/postgres", 1)
        query(maintenance, f'DROP DATABASE "{name}"')
        query(maintenance, f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'MULE_INTERNAL' LOCALE 'C'")
        with pytest.raises(SnapshotError) as caught:
            export(url, tmp_path / "out.json")
        assert "conversion between UTF8 and MULE_INTERNAL is not supported" in str(caught.value)
