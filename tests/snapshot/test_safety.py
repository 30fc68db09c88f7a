"""Slips and neighbours: what an export must not replace, and what an import must not touch."""

import sqlite3
from pathlib import Path

import pytest

from memoria.snapshot.errors import InvalidRows
from tests.conftest import MakeDatabase, RunMemoria
from tests.support.samples.databases import insert, query, rows_of, script
from tests.support.samples.engine import export, import_
from tests.support.samples.rows import layout_c, row, snapshot_row


def test_an_export_does_not_replace_a_database(make_database: MakeDatabase, run_memoria: RunMemoria) -> None:
    url = make_database("sqlite", migrated=True)
    path = url.removeprefix("sqlite:///")
    done = run_memoria("export-data", path, "--database-url", url)
    assert done.returncode == 1
    assert f"cannot write {path}: it is a SQLite database; name another file" in done.stderr.decode()
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*) FROM clusters").fetchone() == (0,)


@pytest.mark.parametrize("command", ["export-data", "import-data"])
def test_a_report_does_not_replace_the_snapshot(
    command: str, make_database: MakeDatabase, tmp_path: Path, run_memoria: RunMemoria
) -> None:
    snapshot = tmp_path / "s.json"
    snapshot.write_bytes(b"{}")
    url = make_database("sqlite", migrated=True)
    done = run_memoria(command, snapshot, "--report", tmp_path / "." / "s.json", "--database-url", url)
    assert done.returncode == 2
    assert snapshot.read_bytes() == b"{}"


@pytest.mark.parametrize(
    "reference",
    [
        "CREATE SCHEMA analytics; CREATE TABLE analytics.tags"
        " (cluster_id integer REFERENCES clusters ON DELETE CASCADE); INSERT INTO analytics.tags VALUES (1)",
        "ALTER TABLE clusters ADD UNIQUE (id, summary); CREATE SCHEMA analytics;"
        " CREATE TABLE analytics.tags (cluster_id integer, summary text,"
        " FOREIGN KEY (cluster_id, summary) REFERENCES clusters (id, summary) ON DELETE CASCADE);"
        " INSERT INTO analytics.tags VALUES (1, 'cluster')",
    ],
    ids=["another schema", "two columns"],
)
@pytest.mark.parametrize("options", [{"dry_run": True}, {}, {"validate": False}], ids=str)
def test_references_that_the_plan_cannot_follow(
    reference: str, options: dict[str, bool], make_database: MakeDatabase, tmp_path: Path
) -> None:
    url = make_database("postgresql-16", migrated=True)
    insert(url, "clusters", [row("clusters")])
    script(url, reference)
    path = tmp_path / "clusters.json"
    path.write_bytes(layout_c(clusters=[snapshot_row("clusters", id=2)]))
    with pytest.raises(InvalidRows, match=r"analytics\.tags refers to it in a way that cannot be followed"):
        import_(url, path, **options)
    assert query(url, "SELECT cluster_id FROM analytics.tags") == [(1,)]


def test_children_wait_for_parents_that_wait(make_database: MakeDatabase, tmp_path: Path) -> None:
    """Another table watches clusters, so they move into place last; their members, checked at once, after them."""
    url = make_database("postgresql-16", migrated=True)
    insert(url, "clusters", [row("clusters")])
    sql = "SELECT conname FROM pg_constraint WHERE conrelid = 'cluster_members'::regclass AND contype = 'f'"
    ((name,),) = query(url, sql)
    script(
        url,
        f'ALTER TABLE cluster_members DROP CONSTRAINT "{name}";'
        "ALTER TABLE cluster_members ADD FOREIGN KEY (cluster_id) REFERENCES clusters ON DELETE CASCADE;"
        "CREATE TABLE tags (cluster_id integer REFERENCES clusters ON DELETE CASCADE); INSERT INTO tags VALUES (1)",
    )
    path = tmp_path / "clusters.json"
    clusters = [snapshot_row("clusters", id=key) for key in (1, 2)]
    members = [snapshot_row("cluster_members", id=7, cluster_id=2)]
    path.write_bytes(layout_c(clusters=clusters, cluster_members=members))
    assert import_(url, path).tables["cluster_members"].inserted == 1
    assert [found["id"] for found in rows_of(url, "clusters")] == [1, 2]
    assert [found["cluster_id"] for found in rows_of(url, "cluster_members")] == [2]
    assert query(url, "SELECT cluster_id FROM tags") == [(1,)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql-16"])
def test_no_validate_leaves_no_orphans_and_says_what_it_did(
    kind: str, make_database: MakeDatabase, tmp_path: Path
) -> None:
    url = make_database(kind, migrated=True)
    path = tmp_path / "members.json"
    path.write_bytes(layout_c(cluster_members=[snapshot_row("cluster_members", cluster_id=777)]))
    with pytest.raises(Exception, match=r"not there|violates foreign key|not present"):
        import_(url, path, validate=False)
    assert rows_of(url, "cluster_members") == []
    path.write_bytes(layout_c(clusters=[snapshot_row("clusters", mood="good")]))
    report = import_(url, path, validate=False, ignore_unknown=True)
    assert (report.tables["clusters"].ignored, report.exit_code) == ({"mood": 1}, 3)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql-16"])
def test_rows_that_no_import_takes_are_not_exported(kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database(kind)
    script(url, "CREATE TABLE clusters (id integer PRIMARY KEY, summary text, y_centroid double precision)")
    insert(
        url,
        "clusters",
        [{"id": 1, "summary": "a", "y_centroid": 99.0}, {"id": 2, "summary": None}, {"id": 3, "summary": "c"}],
    )
    with pytest.raises(InvalidRows) as caught:
        export(url, tmp_path / "out.json")
    assert [(issue.key, issue.reason) for issue in caught.value.report.issues] in (
        [("1", "y_centroid is 99.0, outside -15.0 to 15.0"), ("2", "summary is NULL, and may not be")],
        [("2", "summary is NULL, and may not be"), ("1", "y_centroid is 99, outside -15.0 to 15.0")],
    )
    report = export(url, tmp_path / "out.json", skip_invalid=True)
    assert (report.tables["clusters"].rows, report.tables["clusters"].skipped, report.exit_code) == (1, 2, 3)


@pytest.mark.parametrize("filtered", ["5", '"research"', "[1]", "{}"])
def test_a_filter_that_is_no_list_of_names(filtered: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    metadata = f'{{"counts": {{"clusters": 0}}, "namespaces_filter": {filtered}}}'
    path.write_text(f'{{"metadata": {metadata}, "payload": {{"clusters": []}}}}')
    with pytest.raises(Exception, match="the header's namespaces are not a list of names"):
        import_(make_database("sqlite", migrated=True), path)


def test_a_partitioned_table_keeps_its_indexes(make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database("postgresql-16")
    script(
        url,
        "CREATE TABLE memory_relationships (relationship_id text PRIMARY KEY, source_memory_id text NOT NULL,"
        " target_memory_id text NOT NULL, relationship_type text NOT NULL, strength double precision NOT NULL,"
        " reasoning text, namespace text NOT NULL, created_at timestamp NOT NULL) PARTITION BY HASH (relationship_id);"
        "CREATE TABLE part_0 PARTITION OF memory_relationships FOR VALUES WITH (MODULUS 1, REMAINDER 0);"
        "CREATE INDEX idx_relationships_type ON memory_relationships (relationship_type)",
    )
    edges = [snapshot_row("memory_relationships", relationship_id=f"r-{number:05}") for number in range(10_000)]
    path = tmp_path / "edges.json"
    path.write_bytes(layout_c(relationships=edges))
    assert import_(url, path).tables["memory_relationships"].inserted == 10_000
    assert query(url, "SELECT count(*) FROM pg_index WHERE indisvalid AND indrelid = 'part_0'::regclass") == [(2,)]
    assert export(url, tmp_path / "out.json").left_out == {}
