"""Databases that the existing Memoria made with SQLAlchemy, as source and as target, without migrating them."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from memoria.snapshot.errors import InvalidRows
from tests.conftest import KINDS, MakeDatabase, RunMemoria, run_manage
from tests.models.catalogue import Catalogue
from tests.models.every import TABLES
from tests.support.samples.databases import (
    CORE,
    EVERY,
    contents,
    create_existing,
    insert,
    load_postgresql_sample,
    query,
    rows_of,
    script,
    sqlite_sample,
)
from tests.support.samples.engine import export, import_, without_header
from tests.support.samples.rows import row, snapshot_row

POSTGRESQL = [kind for kind in KINDS if kind != "sqlite"]
HISTORY = {"memoria_imports", "memoria_import_changes"}
COUNTS = {"chat_history": 3, "long_term_memory": 3, "memory_relationships": 1, "spatial_metadata": 3}
EDGE = (
    b'{"relationship_id":"rel-tiny-1","source_memory_id":"be19b4ad-af8e-44a9-9b3e-c36e499d0599",'
    b'"target_memory_id":"a8920f76-4b38-4ffa-84a7-51b0beee01de","relationship_type":"related_to","strength":0.5,'
    b'"reasoning":null,"namespace":"default","created_at":"2025-01-02T03:04:05.678901Z"}'
)
FIRST_IDS = [
    "14e814d2-54e0-4030-98b0-8757af39d38e",
    "a8920f76-4b38-4ffa-84a7-51b0beee01de",
    "be19b4ad-af8e-44a9-9b3e-c36e499d0599",
]


@pytest.fixture
def existing_url(database_kind: str, make_database: MakeDatabase, tmp_path: Path) -> str:
    """The tiny sample, once of each kind."""
    if database_kind == "sqlite":
        return sqlite_sample("sqlite_tiny", tmp_path)
    url = make_database(database_kind, filled=load_postgresql_sample)
    return url


def write(path: Path, **tables: list[dict[str, Any]]) -> Path:
    """A snapshot in layout C with our names of the tables."""
    counts = {table: len(rows) for table, rows in tables.items()}
    path.write_text(json.dumps({"metadata": {"counts": counts}, "payload": tables}))
    return path


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")


class TestSource:
    def test_tiny(self, existing_url: str, tmp_path: Path) -> None:
        path = tmp_path / "out.json"
        report = export(existing_url, path)
        # The sample has no service_metadata, which is no core table.
        assert {name: table.rows for name, table in report.tables.items()} == dict.fromkeys(EVERY[:-1], 0) | COUNTS
        lines = lines_of(path)
        metadata = json.loads(lines[1].removeprefix(b'"metadata": ').removesuffix(b","))
        assert report.left_out == metadata["left_out"] == {}
        assert lines[3] == (
            b'"namespaces": {"default": {"chat_history": 3, "long_term_memory": 3, "memory_relationships": 1,'
            b' "spatial_metadata": 3}},'
        )
        first = lines.index(b'"long_term_memory": [') + 1
        assert [json.loads(line.rstrip(b","))["memory_id"] for line in lines[first : first + 3]] == FIRST_IDS
        first = lines.index(b'"memory_relationships": [')
        assert lines[first + 1 : first + 3] == [EDGE, b"],"]

    def test_text_of_a_json_column_is_passed_through(self, existing_url: str, tmp_path: Path) -> None:
        export(existing_url, tmp_path / "out.ndjson", tables=CORE)
        second = lines_of(tmp_path / "out.ndjson")[3]
        # As Python's json.dumps spelled it: escapes and spaces.
        assert (
            rb'"processed_data":{"text": "second: na\u00efve caf\u00e9 \ud83d\ude42 \"quoted\"", "tokens": 5,' in second
        )
        assert '"summary":"second: naïve café 🙂 \\"quoted\\""'.encode() in second

    def test_initial_release_lacks_columns_and_a_table(self, make_database: MakeDatabase, tmp_path: Path) -> None:
        url = sqlite_sample("sqlite_initial_release", tmp_path)
        path = tmp_path / "out.ndjson"
        report = export(url, path)
        assert {name: table.rows for name, table in report.tables.items() if table.rows} == {
            "teams": 1,
            "workspaces": 1,
            "workspace_members": 1,
            "chat_history": 20,
            "long_term_memory": 20,
            "short_term_memory": 1,
            "spatial_metadata": 21,
        }
        rows = [json.loads(line) for line in lines_of(path)[2:-2]]
        assert {"last_edited_by_model" in line["data"] for line in rows} == {False}
        for kind in KINDS:
            target = make_database(kind, migrated=True)
            report = import_(target, path, null_missing_references=True)
            assert (report.exit_code, report.tables["short_term_memory"].nulled) == (0, {"chat_id": 1})
            for table in ("long_term_memory", "short_term_memory"):
                expected = [{**held, "last_edited_by_model": None} for held in rows_of(url, table)]
                if table == "short_term_memory":
                    expected[0]["chat_id"] = None  # SQLite let it refer to a chat that is not there
                found = rows_of(target, table)
                assert found == expected


class TestTarget:
    def test_round_trip(self, existing_url: str, tmp_path: Path) -> None:
        before = contents(existing_url, EVERY[:-1])
        first, second = tmp_path / "first.json", tmp_path / "second.json"
        export(existing_url, first)
        report = import_(existing_url, first)
        assert (report.exit_code, report.tables["long_term_memory"].deleted) == (0, 3)
        export(existing_url, second)
        assert without_header(second) == without_header(first)
        assert contents(existing_url, EVERY[:-1]) == before

    @pytest.mark.parametrize("kind", KINDS)
    def test_from_a_migrated_database(
        self, kind: str, make_database: MakeDatabase, existing_url: str, tmp_path: Path
    ) -> None:
        source = make_database(kind, migrated=True)
        insert(source, "long_term_memory", [row("long_term_memory", memory_id=i, namespace="n") for i in "ab"])
        insert(source, "clusters", [row("clusters", id=7)])
        insert(source, "cluster_members", [row("cluster_members", id=9, cluster_id=7)])
        export(source, tmp_path / "out.json")
        report = import_(existing_url, tmp_path / "out.json")
        assert report.exit_code == 0
        expected = contents(source)
        found = contents(existing_url)
        for held in found["long_term_memory"] + found["short_term_memory"]:
            held.pop("search_vector", None)
        assert found == expected

    @pytest.mark.parametrize("kind", POSTGRESQL)
    def test_four_byte_floats_are_counted(self, kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
        url = make_database(kind, filled=load_postgresql_sample)
        strengths = {"r-1": 0.1 + 0.2, "r-2": 0.5, "r-3": 1e-3}
        edges = [
            snapshot_row("memory_relationships", relationship_id=key, strength=value)
            for key, value in strengths.items()
        ]
        path = write(tmp_path / "edges.json", memory_relationships=edges)
        assert import_(url, path).tables["memory_relationships"].rounded == {"strength": 2}
        found = query(url, "SELECT relationship_id, strength::text FROM memory_relationships ORDER BY 1")
        assert found == [("r-1", "0.3"), ("r-2", "0.5"), ("r-3", "0.001")]

    @pytest.mark.parametrize("value", [1e39, 1e-46])
    @pytest.mark.parametrize("kind", POSTGRESQL)
    def test_a_float_that_four_bytes_cannot_hold(
        self, kind: str, make_database: MakeDatabase, tmp_path: Path, value: float
    ) -> None:
        url = make_database(kind, filled=load_postgresql_sample)
        path = write(
            tmp_path / "edge.json", memory_relationships=[snapshot_row("memory_relationships", strength=value)]
        )
        size = "large" if value > 1 else "small"
        with pytest.raises(InvalidRows) as caught:
            import_(url, path)
        assert [issue.reason for issue in caught.value.report.issues] == [
            f"strength is {value!r}, too {size} for the 4-byte floats of the target"
        ]

    def test_without_the_table_of_edges(
        self, existing_url: str, make_database: MakeDatabase, run_memoria: RunMemoria, tmp_path: Path
    ) -> None:
        source = make_database("sqlite", migrated=True)
        insert(source, "memory_relationships", [row("memory_relationships")])
        export(source, tmp_path / "out.json")
        script(existing_url, "DROP TABLE memory_relationships")
        before = contents(existing_url, CORE[:4])
        arguments: list[str | Path] = [
            "import-data",
            tmp_path / "out.json",
            "--database-url",
            existing_url,
            "--no-input",
        ]

        refused = run_memoria(*arguments)
        assert refused.returncode == 1
        sentence = "has no such table for the 1 row of the file: --migrate creates it"
        assert sentence in refused.stderr.decode()
        assert contents(existing_url, CORE[:4]) == before

        tables = _tables(existing_url)
        done = run_memoria(*arguments, "--migrate")
        assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr.decode()
        created = {"memory_relationships", "service_metadata"}
        assert _tables(existing_url) - tables - {"sqlite_sequence"} == created | HISTORY
        assert rows_of(existing_url, "memory_relationships") == rows_of(source, "memory_relationships")

    def test_tables_are_created_beside_old_rows_that_refer_to_nothing(
        self, run_memoria: RunMemoria, tmp_path: Path
    ) -> None:
        url = sqlite_sample("sqlite_initial_release", tmp_path)
        before, tables = contents(url, CORE[:2]), _tables(url)
        path = write(tmp_path / "agents.json", agents=[snapshot_row("agents")])
        done = run_memoria("import-data", path, "--migrate", "--no-input", "--database-url", url)
        assert done.returncode == 0, done.stderr.decode()
        created = {"agents", "memory_entities", "memory_relationships", "rules_memory", "service_metadata"}
        assert _tables(url) - tables - {"sqlite_sequence"} == created | HISTORY
        assert [agent["name"] for agent in rows_of(url, "agents")] == ["Agent"]
        assert contents(url, CORE[:2]) == before

    def test_tables_that_are_created_are_those_of_the_migrations(
        self, database_kind: str, make_database: MakeDatabase, run_memoria: RunMemoria, tmp_path: Path
    ) -> None:
        url = make_database(database_kind, filled=create_existing)
        dropped = [table for table in EVERY if table not in ("teams", "chat_history", "clusters")]
        cascade = "" if database_kind == "sqlite" else " CASCADE"
        script(url, ";".join(f"DROP TABLE {table}{cascade}" for table in reversed(dropped)))
        path = write(tmp_path / "agents.json", agents=[snapshot_row("agents")])
        done = run_memoria("import-data", path, "--migrate", "--no-input", "--database-url", url)
        assert done.returncode == 0, done.stderr.decode()
        with contextlib.closing(Catalogue(url)) as catalogue:
            for table in dropped:
                expected = TABLES[table]
                assert catalogue.foreign_keys(table) == expected.foreign_keys
                assert catalogue.indexes(table, unique=False) == expected.indexes
                assert catalogue.indexes(table, unique=True) == expected.unique_indexes
                assert [name for name, _ in catalogue.checks(table)] == [name for name, *_ in expected.checks]

    def test_without_the_table_and_without_edges(self, existing_url: str, tmp_path: Path) -> None:
        script(existing_url, "DROP TABLE memory_relationships")
        path = write(
            tmp_path / "out.json", long_term_memory=[snapshot_row("long_term_memory")], memory_relationships=[]
        )
        report = import_(existing_url, path)
        assert report.exit_code == 0
        assert report.tables["long_term_memory"].inserted == 1
        assert any("has no table memory_relationships" in note for note in report.notes)

    def test_references_to_what_is_not_there_become_null_on_request(self, existing_url: str, tmp_path: Path) -> None:
        moment = "2025-01-02 03:04:05.123456"
        insert(
            existing_url,
            "teams",
            [{"team_id": "t", "name": "T", "slug": "t", "created_at": moment, "updated_at": moment}],
        )
        chat = query(existing_url, "SELECT min(chat_id) FROM chat_history")[0][0]
        path = write(
            tmp_path / "out.json",
            long_term_memory=[
                snapshot_row("long_term_memory", memory_id="a", team_id="t", workspace_id="gone"),
                snapshot_row("long_term_memory", memory_id="b", team_id="gone"),
            ],
            short_term_memory=[
                snapshot_row("short_term_memory", memory_id="c", chat_id=chat, team_id="gone"),
                snapshot_row("short_term_memory", memory_id="d", chat_id="gone"),
            ],
        )
        for _ in range(2):
            planned = import_(existing_url, path, dry_run=True, null_missing_references=True)
            report = import_(existing_url, path, null_missing_references=True)
            for counted in (planned, report):
                assert counted.tables["long_term_memory"].nulled == {"team_id": 1, "workspace_id": 1}
                assert counted.tables["short_term_memory"].nulled == {"chat_id": 1, "team_id": 1}
            found = [
                (r["memory_id"], r["team_id"], r["workspace_id"]) for r in rows_of(existing_url, "long_term_memory")
            ]
            assert found == [("a", "t", None), ("b", None, None)]
            found = [(r["memory_id"], r["chat_id"], r["team_id"]) for r in rows_of(existing_url, "short_term_memory")]
            assert found == [("c", chat, None), ("d", None, None)]

    @pytest.mark.parametrize("truncate", [True, False])
    def test_references_are_set_to_null_in_the_new_rows_only(
        self, existing_url: str, tmp_path: Path, truncate: bool
    ) -> None:
        if existing_url.startswith("sqlite"):  # which does not enforce them: an orphan from before stays
            insert(existing_url, "long_term_memory", [row("long_term_memory", memory_id="before", team_id="lost")])
        path = write(tmp_path / "o.json", long_term_memory=[snapshot_row("long_term_memory", team_id="gone")])
        import_(existing_url, path, truncate=truncate, null_missing_references=True)
        found = {r["memory_id"]: r["team_id"] for r in rows_of(existing_url, "long_term_memory")}
        kept = {} if truncate else dict.fromkeys(FIRST_IDS) | ({"before": "lost"} if "before" in found else {})
        assert found == {"m-1": None} | kept
        assert truncate or ("before" in found) == existing_url.startswith("sqlite")


class TestJSONColumnsOfNumericAffinity:
    """SQLAlchemy declares them JSON, and SQLite makes numbers of the texts in such a column that look like one."""

    def test_numbers_that_survive(self, make_database: MakeDatabase, tmp_path: Path) -> None:
        url = sqlite_sample("sqlite_tiny", tmp_path)
        texts = ["7", "1.5", "1e3", '"7"', "[1.10]", "-3", "9007199254740993"]
        source = make_database("sqlite", migrated=True)
        insert(
            source,
            "long_term_memory",
            [row("long_term_memory", memory_id=str(n), processed_data=text) for n, text in enumerate(texts)],
        )
        export(source, tmp_path / "out.json")
        import_(url, tmp_path / "out.json")
        found = query(url, "SELECT processed_data FROM long_term_memory ORDER BY memory_id")
        assert found == [(7,), (1.5,), (1000,), ('"7"',), ("[1.10]",), (-3,), (9007199254740993,)]
        export(url, tmp_path / "again.ndjson")
        data = [json.loads(line) for line in lines_of(tmp_path / "again.ndjson")[2:-2]]
        assert [line["data"]["processed_data"] for line in data] == [7, 1.5, 1000, "7", [1.10], -3, 9007199254740993]

    @pytest.mark.parametrize("text", ["12345678901234567890", "1e400", "0.10000000000000000001"])
    def test_numbers_that_would_be_rounded(self, make_database: MakeDatabase, tmp_path: Path, text: str) -> None:
        source = make_database("sqlite", migrated=True)
        insert(source, "long_term_memory", [row("long_term_memory", processed_data=text)])
        export(source, tmp_path / "out.json")
        with pytest.raises(InvalidRows) as caught:
            import_(sqlite_sample("sqlite_tiny", tmp_path), tmp_path / "out.json")
        assert [(i.table, i.key, i.reason) for i in caught.value.report.issues] == [
            (
                "long_term_memory",
                "m-1",
                f"processed_data holds the number {text!r}, which this SQLite column would round",
            )
        ]


class TestClusters:
    """`cluster_members` refers to `clusters` with ON DELETE CASCADE."""

    @pytest.fixture
    def clustered_url(self, existing_url: str) -> str:
        insert(existing_url, "clusters", [row("clusters", id=1), row("clusters", id=2)])
        insert(existing_url, "cluster_members", [row("cluster_members", id=i, cluster_id=1) for i in (1, 2)])
        return existing_url

    def test_members_survive_their_clusters_replacement(self, clustered_url: str, tmp_path: Path) -> None:
        path = write(
            tmp_path / "o.json",
            clusters=[snapshot_row("clusters", id=1, summary="new"), snapshot_row("clusters", id=5)],
        )
        members = rows_of(clustered_url, "cluster_members")
        report = import_(clustered_url, path, tables=["clusters"])
        counts = report.tables["clusters"]
        assert (counts.rows, counts.inserted, counts.deleted, counts.skipped) == (2, 2, 2, 0)
        assert [(r["id"], r["summary"]) for r in rows_of(clustered_url, "clusters")] == [(1, "new"), (5, "cluster")]
        assert rows_of(clustered_url, "cluster_members") == members

    def test_members_without_their_cluster_are_refused(self, clustered_url: str, tmp_path: Path) -> None:
        path = write(tmp_path / "o.json", clusters=[snapshot_row("clusters", id=2)])
        before = contents(clustered_url)
        for dry_run in (True, False):
            with pytest.raises(InvalidRows) as caught:
                import_(clustered_url, path, tables=["clusters"], dry_run=dry_run, skip_invalid=True)
            assert [(i.table, i.kind, i.reason) for i in caught.value.report.issues] == [
                (
                    "clusters",
                    "abandoned",
                    "2 rows of cluster_members in the database refer to rows that the import would remove"
                    " (such as 1): import cluster_members as well, or add rows with ⟨truncate=False⟩",
                )
            ]
        assert contents(clustered_url) == before

    def test_clusters_without_members_can_all_go(self, existing_url: str, tmp_path: Path) -> None:
        insert(existing_url, "clusters", [row("clusters", id=1)])
        path = write(tmp_path / "o.json", clusters=[])
        report = import_(existing_url, path, tables=["clusters"])
        assert (report.tables["clusters"].deleted, rows_of(existing_url, "clusters")) == (1, [])


@pytest.mark.parametrize("kind", POSTGRESQL)
class TestPostgreSQLVariants:
    @pytest.mark.parametrize("truncate", [True, False])
    def test_the_search_vector_matches_the_rows(
        self, kind: str, make_database: MakeDatabase, tmp_path: Path, truncate: bool
    ) -> None:
        """Its trigger makes it, also of a row that is changed in place because others refer to it."""
        url = make_database(kind, filled=load_postgresql_sample)
        script(url, "CREATE TABLE notes (memory_id text REFERENCES short_term_memory ON DELETE CASCADE)")
        if truncate:
            insert(
                url, "short_term_memory", [row("short_term_memory", memory_id="s-1", searchable_content="old words")]
            )
            insert(url, "notes", [{"memory_id": "s-1"}])
        rows = [
            snapshot_row("short_term_memory", memory_id="s-1", searchable_content="red apples", summary="fruit"),
            snapshot_row("short_term_memory", memory_id="s-2", searchable_content="green pears", summary="fruit"),
        ]
        import_(url, write(tmp_path / "o.json", short_term_memory=rows), truncate=truncate)
        found = query(url, "SELECT memory_id, search_vector::text FROM short_term_memory ORDER BY 1")
        assert found == [("s-1", "'appl':2 'fruit':3 'red':1"), ("s-2", "'fruit':3 'green':1 'pear':2")]

    def test_a_row_that_is_replaced_in_place_keeps_nothing(
        self, kind: str, make_database: MakeDatabase, tmp_path: Path
    ) -> None:
        url = make_database(kind, filled=load_postgresql_sample)
        script(url, "ALTER TABLE clusters ADD mood text DEFAULT 'calm', ADD note text")
        insert(url, "clusters", [row("clusters") | {"mood": "wild", "note": "mine"}])
        insert(url, "cluster_members", [row("cluster_members")])
        path = write(tmp_path / "o.json", clusters=[snapshot_row("clusters", summary="new")])
        import_(url, path, tables=["clusters"])
        assert query(url, "SELECT summary, mood, note FROM clusters") == [("new", "calm", None)]
        report = export(url, tmp_path / "out.json")
        assert {name: n for name, n in report.left_out.items() if "." in name} == {
            "clusters.mood": 1,
            "clusters.note": 0,
        }

    def test_timestamptz(self, kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
        """As plain Django makes it. The session's time zone must not matter."""
        url = make_database(kind, migrated=True)
        name = urlsplit(url).path.lstrip("/")
        script(
            url,
            "ALTER TABLE long_term_memory"
            " ALTER timestamp TYPE timestamptz USING timestamp AT TIME ZONE 'UTC',"
            " ALTER created_at TYPE timestamptz USING created_at AT TIME ZONE 'UTC',"
            " ALTER last_accessed TYPE timestamptz USING last_accessed AT TIME ZONE 'UTC';"
            f"ALTER DATABASE \"{name}\" SET timezone = 'Asia/Kathmandu';"
            f"ALTER DATABASE \"{name}\" SET datestyle = 'SQL, DMY'",
        )
        moment = "2025-06-01 12:00:00.5+02:00"
        insert(
            url, "long_term_memory", [row("long_term_memory", created_at=moment, last_accessed="0001-01-01 00:00:00Z")]
        )
        path = tmp_path / "out.ndjson"
        export(url, path)
        data = json.loads(lines_of(path)[2])["data"]
        assert data["created_at"] == "2025-06-01T10:00:00.500000Z"
        assert data["last_accessed"] == "0001-01-01T00:00:00.000000Z"
        query(url, "TRUNCATE long_term_memory")
        import_(url, path)
        found = query(
            url,
            "SELECT (created_at AT TIME ZONE 'UTC')::timestamp = '2025-06-01 10:00:00.5',"
            " (last_accessed AT TIME ZONE 'UTC')::timestamp = '0001-01-01 00:00:00' FROM long_term_memory",
        )
        assert found == [(True, True)]
        export(url, tmp_path / "again.ndjson")
        assert without_header(tmp_path / "again.ndjson") == without_header(path)

    def test_times_that_no_snapshot_holds(self, kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
        url = make_database(kind, migrated=True)
        times = {
            "a": "infinity",
            "b": "0044-03-15 12:00:00 BC",
            "c": "10000-01-01 00:00:00",
            "d": "9999-12-31 23:59:59",
        }
        insert(
            url,
            "long_term_memory",
            [row("long_term_memory", memory_id=key, created_at=value) for key, value in times.items()],
        )
        query(url, "UPDATE long_term_memory SET last_accessed = '-infinity' WHERE memory_id = 'a'")
        with pytest.raises(InvalidRows) as caught:
            export(url, tmp_path / "out.ndjson")
        assert [(issue.table, issue.key, issue.reason) for issue in caught.value.report.issues] == [
            ("long_term_memory", "a", "created_at is infinity, not a time between the years 1 and 9999"),
            ("long_term_memory", "b", "created_at is 0044-03-15 12:00:00 BC, not a time between the years 1 and 9999"),
            ("long_term_memory", "c", "created_at is 10000-01-01 00:00:00, not a time between the years 1 and 9999"),
        ]
        assert not (tmp_path / "out.ndjson").exists()
        report = export(url, tmp_path / "out.ndjson", skip_invalid=True)
        assert (report.exit_code, report.tables["long_term_memory"].skipped) == (3, 3)
        assert [json.loads(line)["data"]["memory_id"] for line in lines_of(tmp_path / "out.ndjson")[2:-2]] == ["d"]

    def test_jsonb(self, kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
        url = make_database(kind, migrated=True)
        script(url, "ALTER TABLE long_term_memory ALTER processed_data TYPE jsonb, ALTER embedding TYPE jsonb")
        insert(
            url,
            "long_term_memory",
            [
                row("long_term_memory", memory_id="a", processed_data='{"b":1, "a": [1e2]}', embedding="null"),
                row("long_term_memory", memory_id="b", embedding=None),
            ],
        )
        path = tmp_path / "out.ndjson"
        export(url, path)
        lines = lines_of(path)
        assert b'"processed_data":{"a": [100], "b": 1},' in lines[2]
        assert [json.loads(line)["data"].get("$json_null") for line in lines[2:4]] == [["embedding"], None]
        before = contents(url)
        import_(url, path)
        assert contents(url) == before
        export(url, tmp_path / "again.ndjson")
        assert without_header(tmp_path / "again.ndjson") == without_header(path)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (r'{"a": "\u0000"}', "processed_data holds \\u0000, which a jsonb column cannot store"),
            (r'{"a": "\ud800"}', "processed_data holds half a surrogate pair, which a jsonb column cannot store"),
        ],
    )
    def test_what_jsonb_cannot_hold(
        self, kind: str, make_database: MakeDatabase, tmp_path: Path, text: str, reason: str
    ) -> None:
        source, url = make_database("sqlite", migrated=True), make_database(kind, migrated=True)
        script(url, "ALTER TABLE long_term_memory ALTER processed_data TYPE jsonb")
        insert(source, "long_term_memory", [row("long_term_memory", processed_data=text)])
        export(source, tmp_path / "out.json")
        for dry_run in (True, False):
            with pytest.raises(InvalidRows) as caught:
                import_(url, tmp_path / "out.json", dry_run=dry_run)
            assert [issue.reason for issue in caught.value.report.issues] == [reason]

    @pytest.mark.parametrize("order", ["database", "column"])
    def test_collations(self, kind: str, make_database: MakeDatabase, tmp_path: Path, order: str) -> None:
        """Rows leave in the order of the key's bytes, and none is lost between two parts, whatever order an index has.

        The servers of the tests have neither ICU nor a locale that differs from C, but one of another name.
        """
        url = make_database(kind, migrated=True)
        if order == "database":
            make_database_again(url, "LOCALE 'C.utf8'")
        else:
            script(url, 'ALTER TABLE long_term_memory ALTER memory_id TYPE varchar(255) COLLATE "C.utf8"')
        keys = sorted((f"{letter}{n}" for letter in "aBÄz-" for n in range(250)), key=str.encode)
        script(
            url,
            "INSERT INTO long_term_memory (memory_id, processed_data, importance_score, category_primary,"
            " retention_type, namespace, timestamp, created_at, searchable_content, summary, classification,"
            " memory_importance, extraction_timestamp)"
            " SELECT letter || n, '{}', 0.5, 'c', 'r', 'n', now(), now(), '', '', '', '', now()"
            " FROM unnest('{a,B,Ä,z,-}'::text[]) letter, generate_series(0, 249) n",
        )
        for jobs in (1, 2, 3):
            export(url, tmp_path / f"{jobs}.ndjson", jobs=jobs)
            found = [json.loads(line)["data"]["memory_id"] for line in lines_of(tmp_path / f"{jobs}.ndjson")[2:-2]]
            assert found == keys
        import_(url, tmp_path / "2.ndjson")
        export(url, tmp_path / "again.ndjson")
        assert without_header(tmp_path / "again.ndjson") == without_header(tmp_path / "1.ndjson")


def make_database_again(url: str, options: str) -> None:
    """The migrated database once more, made with these options."""
    name = urlsplit(url).path.lstrip("/")
    maintenance = url.replace(f"/{name}", "/postgres", 1)
    query(maintenance, f'DROP DATABASE "{name}"')
    query(maintenance, f'CREATE DATABASE "{name}" TEMPLATE template0 {options}')
    assert run_manage("migrate", "--verbosity=0", env={"DATABASE_URL": url}).returncode == 0


REASONS = {
    "bool_text": ("is_preference is 'true' where 0 or 1 belongs", FIRST_IDS),
    "invalid_utf8": (r"summary is not UTF-8: 'a\\xffb'", FIRST_IDS),
    "text_in_float": ("x_coord is 'abc' where a number belongs", FIRST_IDS),
}


class TestHazards:
    """sqlite_tiny with exactly one hazard each."""

    @pytest.mark.parametrize("name", REASONS)
    def test_refused(self, run_memoria: RunMemoria, tmp_path: Path, name: str) -> None:
        url = sqlite_sample(f"sqlite_edge_{name}", tmp_path)
        path = tmp_path / "out.json"
        reason, keys = REASONS[name]
        with pytest.raises(InvalidRows) as caught:
            export(url, path)
        assert [(i.table, i.key, i.reason) for i in caught.value.report.issues] == [
            ("long_term_memory", key, reason) for key in keys
        ]
        result = run_memoria("export-data", path, "--database-url", url)
        assert result.returncode == 1
        assert f"long_term_memory '{keys[0]}': {reason}" in result.stderr.decode()
        assert sorted(entry.name for entry in tmp_path.iterdir() if "out" in entry.name) == []

        skipped = run_memoria("export-data", path, "--database-url", url, "--skip-invalid")
        assert (skipped.returncode, b"Traceback" in skipped.stderr) == (3, False)
        lines = lines_of(path)
        assert lines[lines.index(b'"long_term_memory": [') + 1] == b"],"
        assert import_(sqlite_sample("sqlite_tiny", tmp_path), path).tables["memory_relationships"].inserted == 1

    def test_times_with_and_without_zones(self, tmp_path: Path) -> None:
        url = sqlite_sample("sqlite_edge_tz_strings", tmp_path)
        export(url, tmp_path / "out.ndjson", tables=CORE)
        data = [json.loads(line)["data"] for line in lines_of(tmp_path / "out.ndjson")[2:5]]
        assert [(d["timestamp"], d["created_at"], d["last_accessed"]) for d in data] == [
            ("2025-06-01T12:00:00.000000Z", "2025-06-01T10:00:00.000000Z", "2025-06-01T00:00:00.000000Z")
        ] * 3
        import_(url, tmp_path / "out.ndjson")
        assert query(url, "SELECT DISTINCT timestamp, created_at, last_accessed FROM long_term_memory") == [
            ("2025-06-01 12:00:00.000000", "2025-06-01 10:00:00.000000", "2025-06-01 00:00:00.000000")
        ]

    @pytest.mark.parametrize("kind", KINDS)
    def test_infinities_and_nan(self, make_database: MakeDatabase, kind: str, tmp_path: Path) -> None:
        url = sqlite_sample("sqlite_edge_nan_inf_columns", tmp_path)
        export(url, tmp_path / "out.ndjson", tables=CORE)
        data = json.loads(lines_of(tmp_path / "out.ndjson")[5])["data"]
        names = ("memory_id", "novelty_score", "relevance_score", "x_coord")
        # SQLite itself made NULL of the NaN.
        assert tuple(data[name] for name in names) == ("edge-nan_inf_columns", None, "Infinity", "-Infinity")
        target = make_database(kind, migrated=True)
        import_(target, tmp_path / "out.ndjson")
        assert query(
            target, f"SELECT {', '.join(names)} FROM long_term_memory WHERE memory_id LIKE 'edge%'".replace("%", "%")
        ) == [("edge-nan_inf_columns", None, float("inf"), float("-inf"))]

    def test_nul(self, make_database: MakeDatabase, tmp_path: Path) -> None:
        url = sqlite_sample("sqlite_edge_nul_char", tmp_path)
        path = tmp_path / "out.ndjson"
        export(url, path, tables=CORE)
        data = json.loads(lines_of(path)[5])["data"]
        assert (data["memory_id"], data["searchable_content"]) == ("edge-nul_char", "a\0b")
        target = make_database("sqlite", migrated=True)
        import_(target, path)
        assert contents(target) == contents(url)
        for kind in POSTGRESQL:
            refusing = make_database(kind, migrated=True)
            with pytest.raises(InvalidRows) as caught:
                import_(refusing, path)
            assert [(i.line, i.key, i.reason) for i in caught.value.report.issues] == [
                (
                    6,
                    "edge-nul_char",
                    "searchable_content holds a NUL character, which PostgreSQL cannot store in text",
                )
            ]
            report = import_(refusing, path, skip_invalid=True)
            assert (report.exit_code, report.tables["long_term_memory"].inserted) == (3, 3)


def _tables(url: str) -> set[str]:
    if url.startswith("sqlite"):
        return {name for (name,) in query(url, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    return {
        name
        for (name,) in query(
            url, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
    }
