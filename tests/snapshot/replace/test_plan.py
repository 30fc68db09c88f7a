"""What an import would do to each row is what it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memoria.snapshot.errors import InvalidRows, SnapshotError
from memoria.snapshot.report import Report
from tests.support.properties import examples
from tests.support.samples.databases import CORE, connected, contents, insert, query, rows_of, script
from tests.support.samples.engine import export, import_
from tests.support.samples.rows import layout_c, row, snapshot_row


def write(path: Path, **tables: list[dict[str, Any]]) -> Path:
    path.write_bytes(layout_c(**tables))
    return path


def ids(url: str, table: str) -> list[Any]:
    return [next(iter(held.values())) for held in rows_of(url, table)]


def counts(report: Report) -> dict[str, tuple[int, int, int, int]]:
    return {name: (t.rows, t.inserted, t.deleted, t.skipped) for name, t in report.tables.items()}


def refusals(url: str, path: Path, **options: Any) -> list[tuple[int | None, str, str | None, str]]:
    """The issues of an import, the same with and without a dry run; nothing changed."""
    before = contents(url)
    found = []
    for dry_run in (True, False):
        with pytest.raises(InvalidRows) as caught:
            import_(url, path, dry_run=dry_run, **options)
        found.append([(i.line, i.table, i.key, i.reason) for i in caught.value.report.issues])
    assert found[0] == found[1]
    assert contents(url) == before
    return found[0]


def test_a_key_twice(migrated_url: str, tmp_path: Path) -> None:
    path = write(
        tmp_path / "s.json",
        long_term_memories=[
            snapshot_row("long_term_memory", memory_id=key, summary=key + str(n)) for n, key in enumerate("abaca")
        ],
    )
    lines = [n for n, line in enumerate(path.read_text().splitlines(), 1) if '"memory_id": "a"' in line]
    first = lines[0] - 1  # the row's brace
    reason = f"its key stands on line {first} already"
    assert refusals(migrated_url, path) == [
        (lines[1] - 1, "long_term_memory", "a", reason),
        (lines[2] - 1, "long_term_memory", "a", reason),
    ]
    report = import_(migrated_url, path, skip_invalid=True)
    assert (report.exit_code, counts(report)) == (3, {"long_term_memory": (5, 3, 0, 2)})
    assert [(m["memory_id"], m["summary"]) for m in rows_of(migrated_url, "long_term_memory")] == [
        ("a", "a0"),
        ("b", "b1"),
        ("c", "c3"),
    ]


def test_keys_that_only_look_alike(migrated_url: str, tmp_path: Path) -> None:
    keys = ["a", "A", "a ", " a", "é", "e\u0301", "", "1", "01", "1.0"]
    rows = [snapshot_row("memory_relationships", relationship_id=key) for key in keys]
    import_(migrated_url, write(tmp_path / "s.json", relationships=rows))
    assert sorted(ids(migrated_url, "memory_relationships")) == sorted(keys)


def test_adding_rows(migrated_url: str, tmp_path: Path) -> None:
    insert(migrated_url, "long_term_memory", [row("long_term_memory", memory_id=key) for key in "ab"])
    path = write(tmp_path / "s.json", long_term_memories=[snapshot_row("long_term_memory", memory_id=k) for k in "bc"])
    ((line, *issue),) = refusals(migrated_url, path, truncate=False)
    assert issue == ["long_term_memory", "b", "its key is in the database already"]
    assert line == 9
    report = import_(migrated_url, path, truncate=False, skip_invalid=True)
    assert (report.exit_code, counts(report)) == (3, {"long_term_memory": (2, 1, 0, 1)})
    assert ids(migrated_url, "long_term_memory") == ["a", "b", "c"]


def test_members_of_no_cluster(migrated_url: str, tmp_path: Path) -> None:
    insert(migrated_url, "clusters", [row("clusters", id=7)])
    members = [snapshot_row("cluster_members", id=n, cluster_id=cluster) for n, cluster in [(1, 1), (2, 7), (3, 9)]]
    path = write(tmp_path / "s.json", clusters=[snapshot_row("clusters", id=1)], cluster_members=members)

    def reason(cluster: int) -> str:
        return f"cluster_id refers to clusters {cluster}, neither in the file nor in the database"

    found = [issue[1:] for issue in refusals(migrated_url, path)]
    # The database's cluster 7 would be gone.
    assert found == [("cluster_members", "2", reason(7)), ("cluster_members", "3", reason(9))]
    found = [issue[1:] for issue in refusals(migrated_url, path, truncate=False)]
    assert found == [("cluster_members", "3", reason(9))]
    report = import_(migrated_url, path, truncate=False, skip_invalid=True)
    assert counts(report) == {"clusters": (1, 1, 0, 0), "cluster_members": (3, 2, 0, 1)}
    assert (ids(migrated_url, "clusters"), ids(migrated_url, "cluster_members")) == ([1, 7], [1, 2])


def test_members_of_a_cluster_that_is_left_out(migrated_url: str, tmp_path: Path) -> None:
    path = write(
        tmp_path / "s.json",
        cluster_members=[snapshot_row("cluster_members", id=n, cluster_id=n) for n in (1, 2)],
        clusters=[snapshot_row("clusters", id=1, y_centroid=99), snapshot_row("clusters", id=2)],
    )
    report = import_(migrated_url, path, skip_invalid=True)
    assert counts(report) == {"clusters": (2, 1, 0, 1), "cluster_members": (2, 1, 0, 1)}
    assert [issue.reason for issue in report.issues] == [
        "y_centroid is more than 15.0, the limit of its column",
        "cluster_id refers to clusters 1, neither in the file nor in the database",
    ]
    assert (ids(migrated_url, "clusters"), ids(migrated_url, "cluster_members")) == ([2], [2])


def test_children_before_parents(migrated_url: str, tmp_path: Path) -> None:
    """Also where the database checks a foreign key at once, and where the tables are interleaved."""
    if migrated_url.startswith("postgresql"):
        immediate(migrated_url)
    members = [snapshot_row("cluster_members", id=n, cluster_id=1 + n % 2) for n in range(1, 6)]
    clusters = [snapshot_row("clusters", id=n) for n in (2, 1)]
    path = write(tmp_path / "s.json", cluster_members=members, clusters=clusters)
    report = import_(migrated_url, path)
    assert counts(report) == {"clusters": (2, 2, 0, 0), "cluster_members": (5, 5, 0, 0)}
    export(migrated_url, tmp_path / "ordered.ndjson")
    lines = (tmp_path / "ordered.ndjson").read_bytes().splitlines(keepends=True)
    lines[2:-1] = [lines[4], lines[2], lines[6], lines[3], lines[5], lines[7], lines[8]]
    (tmp_path / "interleaved.ndjson").write_bytes(b"".join(lines))
    before = contents(migrated_url)
    report = import_(migrated_url, tmp_path / "interleaved.ndjson", allow_edited=True)
    assert counts(report)["cluster_members"] == (5, 5, 5, 0)
    assert contents(migrated_url) == before


def immediate(url: str) -> None:
    """As SQLAlchemy declares the foreign key; Django's waits for the commit."""
    ((name,),) = query(
        url, "SELECT conname FROM pg_constraint WHERE conrelid = 'cluster_members'::regclass AND contype = 'f'"
    )
    script(
        url,
        f'ALTER TABLE cluster_members DROP CONSTRAINT "{name}";'
        " ALTER TABLE cluster_members ADD FOREIGN KEY (cluster_id) REFERENCES clusters (id) ON DELETE CASCADE",
    )


def test_without_validation_the_transaction_stays(migrated_url: str, tmp_path: Path) -> None:
    insert(migrated_url, "long_term_memory", [row("long_term_memory", memory_id="before")])
    before = contents(migrated_url)
    twice = [snapshot_row("long_term_memory") for _ in range(2)]
    with pytest.raises(SnapshotError):
        import_(migrated_url, write(tmp_path / "twice.json", long_term_memories=twice), validate=False)
    bad = [snapshot_row("long_term_memory"), snapshot_row("long_term_memory", memory_id="b", access_count="x")]
    with pytest.raises(InvalidRows) as caught:
        import_(migrated_url, write(tmp_path / "bad.json", long_term_memories=bad), validate=False)
    assert "access_count is text where a whole number belongs" in str(caught.value)
    assert contents(migrated_url) == before


KEYS = st.integers(1, 4)
CLUSTERS = st.lists(st.fixed_dictionaries({"id": KEYS, "y_centroid": st.sampled_from([None, 1.0, 99.0])}), max_size=4)
MEMBERS = st.lists(st.fixed_dictionaries({"id": KEYS, "cluster_id": KEYS}), max_size=5)
MEMORIES = st.lists(
    st.fixed_dictionaries({"memory_id": KEYS.map(str), "access_count": st.sampled_from([1, "x"])}), max_size=4
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[dict[str, Any]]], dict[str, Any]]:
    held = {key: row("clusters", id=key) for key in draw(st.sets(KEYS))}
    database = {
        "clusters": list(held.values()),
        "cluster_members": [
            row("cluster_members", id=key, cluster_id=draw(st.sampled_from(sorted(held))))
            for key in (draw(st.sets(KEYS)) if held else ())
        ],
        "long_term_memory": [row("long_term_memory", memory_id=str(key)) for key in draw(st.sets(KEYS))],
    }
    snapshot = {
        "cluster_members": [snapshot_row("cluster_members", **values) for values in draw(MEMBERS)],
        "clusters": [snapshot_row("clusters", **values) for values in draw(CLUSTERS)],
        "long_term_memories": [snapshot_row("long_term_memory", **values) for values in draw(MEMORIES)],
    }
    options: dict[str, Any] = {
        "truncate": draw(st.booleans()),
        "skip_invalid": draw(st.booleans()),
        "tables": draw(
            st.sampled_from([None, None, ["clusters"], ["cluster_members"], ["clusters", "cluster_members"]])
        ),
    }
    return database, snapshot, options


def outcome(url: str, path: Path, **options: Any) -> tuple[Any, ...]:
    try:
        report = import_(url, path, **options)
    except InvalidRows as error:
        return ("refused", counts(error.report), error.report.issues)
    return ("done", counts(report), report.issues, report.exit_code)


def test_a_dry_run_says_what_a_real_run_does(migrated_url: str, tmp_path: Path) -> None:
    if migrated_url.startswith("postgresql"):
        immediate(migrated_url)

    @examples(migrated_url, sqlite=30, postgresql=10)
    @given(cases())
    def run(case: tuple[dict[str, list[dict[str, Any]]], dict[str, list[dict[str, Any]]], dict[str, Any]]) -> None:
        database, snapshot, options = case
        with connected(migrated_url) as connection:
            for table in reversed(CORE):
                connection.cursor().execute(f"DELETE FROM {table}")
        for table, rows in database.items():
            insert(migrated_url, table, rows)
        before = contents(migrated_url)
        path = write(tmp_path / "s.json", **snapshot)
        planned = outcome(migrated_url, path, dry_run=True, **options)
        assert contents(migrated_url) == before
        assert outcome(migrated_url, path, **options) == planned
        after = contents(migrated_url)
        if planned[0] == "refused":
            assert after == before
        for name, (rows, inserted, deleted, skipped) in planned[1].items():
            assert rows == inserted + skipped
            if planned[0] == "done":
                assert len(after[name]) == len(before[name]) - deleted + inserted
        clusters = {cluster["id"] for cluster in after["clusters"]}
        assert {member["cluster_id"] for member in after["cluster_members"]} <= clusters

    run()
