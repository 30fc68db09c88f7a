"""Empty tables are filled in one reading of the file; whatever hinders that is left to the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memoria.snapshot.errors import InvalidRows, InvalidSnapshot
from memoria.snapshot.progress import NoProgress
from memoria.snapshot.report import Report
from tests.conftest import MakeDatabase
from tests.support.samples.databases import contents, insert, query, rows_of
from tests.support.samples.engine import export, import_
from tests.support.samples.rows import layout_c, row, snapshot_row


class Stages(NoProgress):
    def __init__(self) -> None:
        self.seen: list[str] = []

    def stage(self, name: str, *, rows: int | None = None, size: int | None = None) -> None:
        self.seen.append(name)


ONE_READING = ["Importing", "Finishing"]
PLANNED = ["Importing", "Checking", "Planning", "Removing", "Importing", "Finishing"]
ADDED = [stage for stage in PLANNED if stage != "Removing"]


@pytest.fixture
def snapshot(tmp_path: Path, make_database: MakeDatabase) -> Path:
    url = make_database("sqlite", migrated=True)
    insert(url, "long_term_memory", [row("long_term_memory", memory_id=f"m-{n}") for n in range(3)])
    insert(url, "clusters", [row("clusters", id=7)])
    insert(url, "cluster_members", [row("cluster_members", id=9, cluster_id=7)])
    export(url, tmp_path / "out.ndjson")
    return tmp_path / "out.ndjson"


def run(url: str, path: Path, **options: Any) -> tuple[list[str], Report]:
    progress = Stages()
    report = import_(url, path, progress=progress, **options)
    return progress.seen, report


def test_empty_tables(migrated_url: str, snapshot: Path) -> None:
    planned = import_(migrated_url, snapshot, dry_run=True)
    stages, report = run(migrated_url, snapshot)
    assert stages == ONE_READING
    assert [len(rows) for rows in contents(migrated_url).values()] == [3, 0, 1, 1, 0]
    for name, counts in report.tables.items():
        counts.seconds = 0
        assert counts == planned.tables[name]
    assert (report.file, report.notes, report.issues) == (planned.file, planned.notes, planned.issues)
    if migrated_url.startswith("postgresql"):
        insert(migrated_url, "clusters", [{"summary": "next"}])
        assert query(migrated_url, "SELECT max(id) FROM clusters") == [(8,)]


@pytest.mark.parametrize("options", [{}, {"truncate": False}])
def test_tables_with_rows(migrated_url: str, snapshot: Path, options: dict[str, Any]) -> None:
    insert(migrated_url, "long_term_memory", [row("long_term_memory", memory_id="old")])
    stages, report = run(migrated_url, snapshot, **options)
    assert stages == (ADDED if options else PLANNED)
    assert report.tables["long_term_memory"].deleted == len(options) ^ 1


def test_other_tables_may_hold_rows(migrated_url: str, snapshot: Path, tmp_path: Path) -> None:
    import_(migrated_url, snapshot)
    path = tmp_path / "more.json"
    path.write_bytes(layout_c(memory_relationships=[snapshot_row("memory_relationships")]))
    assert run(migrated_url, path)[0] == ONE_READING
    assert len(rows_of(migrated_url, "long_term_memory")) == 3


def test_children_before_parents(migrated_url: str, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_bytes(layout_c(cluster_members=[snapshot_row("cluster_members")], clusters=[snapshot_row("clusters")]))
    assert run(migrated_url, path)[1].rows == 2
    assert query(migrated_url, "SELECT cluster_id FROM cluster_members") == [(1,)]


def test_a_row_that_does_not_fit_is_explained_by_the_plan(migrated_url: str, tmp_path: Path) -> None:
    rows = [snapshot_row("clusters", id=n) for n in range(1, 5)]
    path = tmp_path / "out.json"
    path.write_bytes(layout_c(clusters=[*rows, rows[0], {**rows[0], "id": 9, "y_centroid": 99}]))
    before = contents(migrated_url)
    with pytest.raises(InvalidRows) as caught:
        run(migrated_url, path)
    assert [(i.key, i.reason) for i in caught.value.report.issues] == [
        ("9", "y_centroid is more than 15.0, the limit of its column"),
        ("1", "its key stands on line 9 already"),
    ]
    assert contents(migrated_url) == before
    stages, report = run(migrated_url, path, skip_invalid=True)
    assert (stages, report.exit_code) == (PLANNED, 3)
    assert query(migrated_url, "SELECT id FROM clusters ORDER BY id") == [(1,), (2,), (3,), (4,)]


def test_a_file_that_is_cut(migrated_url: str, snapshot: Path) -> None:
    snapshot.write_bytes(b"".join(snapshot.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(InvalidSnapshot, match=r"^.*out\.ndjson: the file is cut: its footer is missing$"):
        run(migrated_url, snapshot)
    assert not any(contents(migrated_url).values())


def test_a_reference_that_leads_nowhere(migrated_url: str, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_bytes(layout_c(cluster_members=[snapshot_row("cluster_members", cluster_id=5)]))
    with pytest.raises(InvalidRows, match="cluster_id refers to clusters 5, neither in the file nor in the database"):
        run(migrated_url, path)
    assert not any(contents(migrated_url).values())
