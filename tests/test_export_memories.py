"""`export-memories` and its script: some namespaces leave, and nothing of another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from memoria.snapshot.export.selection import Selection
from tests.conftest import MakeDatabase, RunMemoria
from tests.support.properties import examples
from tests.support.samples.databases import connected, contents, insert
from tests.support.samples.engine import export
from tests.support.samples.rows import row

ROOT = Path(__file__).resolve().parents[1]
TABLES = ("long_term_memory", "short_term_memory", "clusters", "cluster_members", "memory_relationships")


def rows_in(path: Path) -> dict[str, list[dict[str, Any]]]:
    document: dict[str, Any] = json.loads(path.read_bytes())
    rows: dict[str, list[dict[str, Any]]] = document["payload"]
    return {name: found for name, found in rows.items() if name != "namespaces" and found}


def left_out(path: Path) -> dict[str, int]:
    found: dict[str, int] = json.loads(path.read_bytes())["metadata"]["left_out"]
    return found


def memory(key: str, namespace: str, **more: Any) -> dict[str, Any]:
    return row("long_term_memory", memory_id=key, namespace=namespace, **more)


def edge(key: str, source: str, target: str, namespace: str) -> dict[str, Any]:
    return row(
        "memory_relationships",
        relationship_id=key,
        source_memory_id=source,
        target_memory_id=target,
        namespace=namespace,
    )


@pytest.fixture
def url(migrated_url: str) -> str:
    """Two namespaces that share a team, a cluster and an edge."""
    insert(migrated_url, "teams", [row("teams", team_id=t, slug=t) for t in ("t-1", "t-2", "t-3")])
    insert(
        migrated_url,
        "workspaces",
        [
            row("workspaces", workspace_id="w-1", slug="w", team_id="t-2"),
            row("workspaces", workspace_id="w-2", slug="v"),
        ],
    )
    insert(
        migrated_url,
        "long_term_memory",
        [
            memory(
                "a1",
                "a",
                team_id="t-1",
                workspace_id="w-1",
                duplicate_of=None,
                related_memories_json='["a2", "b1", "gone"]',
            ),
            memory("a2", "a", duplicate_of="b1", created_at="2026-01-01 00:00:00.000001"),
            memory("b1", "b", team_id="t-3"),
        ],
    )
    insert(
        migrated_url,
        "short_term_memory",
        [
            row("short_term_memory", memory_id="as", namespace="a"),
            row("short_term_memory", memory_id="bs", namespace="b"),
        ],
    )
    insert(migrated_url, "clusters", [row("clusters", id=n) for n in (1, 2, 3)])
    members = [(1, "a1", 1), (2, "b1", 1), (3, "b1", 2), (4, "as", 3)]
    insert(
        migrated_url,
        "cluster_members",
        [row("cluster_members", id=key, memory_id=memory, cluster_id=cluster) for key, memory, cluster in members],
    )
    edges = [
        edge("r1", "a1", "a2", "a"),
        edge("r2", "a1", "b1", "a"),
        edge("r3", "b1", "bs", "b"),
        edge("r4", "a1", "nowhere", "a"),
        edge("r5", "as", "a1", "a"),
    ]
    insert(migrated_url, "memory_relationships", edges)
    insert(
        migrated_url,
        "link_memory_threads",
        [
            row("link_memory_threads", id=1, source_memory_id="a1", target_memory_id="a2"),
            row("link_memory_threads", id=2, source_memory_id="a1", target_memory_id="b1"),
            row("link_memory_threads", id=3, source_memory_id="b1", target_memory_id="bs"),
        ],
    )
    insert(migrated_url, "agents", [row("agents")])
    insert(
        migrated_url,
        "chat_history",
        [row("chat_history", chat_id="ca", namespace="a"), row("chat_history", chat_id="cb", namespace="b")],
    )
    return migrated_url


def keys(path: Path) -> dict[str, list[Any]]:
    """The first column of each row, its key."""
    return {name: [next(iter(held.values())) for held in found] for name, found in rows_in(path).items()}


def test_one_namespace(url: str, tmp_path: Path, run_memoria: RunMemoria) -> None:
    out = tmp_path / "a.json"
    done = run_memoria("export-memories", "--namespace", "a", "--output", out, "--database-url", url)
    assert done.returncode == 0, done.stderr.decode()
    assert keys(out) == {
        "teams": ["t-1", "t-2"],
        "workspaces": ["w-1"],
        "chat_history": ["ca"],
        "long_term_memory": ["a1", "a2"],
        "short_term_memory": ["as"],
        "clusters": [1, 3],
        "cluster_members": [1, 4],
        "memory_relationships": ["r1", "r4", "r5"],
        "link_memory_threads": [1],
    }
    assert left_out(out) == {
        "teams": 1,
        "workspaces": 1,
        "agents": 1,
        "chat_history": 1,
        "long_term_memory": 1,
        "short_term_memory": 1,
        "clusters": 1,
        "cluster_members": 2,
        "memory_relationships": 2,
        "link_memory_threads": 2,
        "memory_relationships to other namespaces": 1,
        "link_memory_threads to other namespaces": 1,
        "long_term_memory.duplicate_of to other namespaces, kept": 1,
        "long_term_memory.related_memories_json to other namespaces, kept": 1,
    }
    header = json.loads(out.read_bytes())["metadata"]
    assert header["namespaces"] == ["a"]
    assert b"Not in this snapshot: " in done.stderr
    assert b", of these 1 to other namespaces), " in done.stderr


def test_what_replaces_whole_tables_is_refused(url: str, tmp_path: Path, run_memoria: RunMemoria) -> None:
    out = tmp_path / "a.json"
    run_memoria("export-memories", "--namespace", "a", "--output", out, "--database-url", url)
    before = contents(url)
    done = run_memoria("import-data", out, "--database-url", url)
    assert done.returncode == 1
    assert b"holds only the namespaces a: replacing whole tables with it would delete the others" in done.stderr
    assert contents(url) == before


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        (("--keep-crossing-edges",), {"memory_relationships": ["r1", "r2", "r4", "r5"]}),
        (
            ("--no-short-term",),
            {
                "short_term_memory": None,
                "clusters": [1],
                "cluster_members": [1],
                "memory_relationships": ["r1", "r4"],
            },
        ),
        (("--no-clusters",), {"clusters": None, "cluster_members": None}),
        (("--no-relationships",), {"memory_relationships": None, "link_memory_threads": None}),
        (("--namespace", "b", "--namespace", "[a-b]"), {"long_term_memory": ["a1", "a2", "b1"]}),
    ],
)
def test_options(
    url: str, tmp_path: Path, run_memoria: RunMemoria, options: tuple[str, ...], changes: dict[str, Any]
) -> None:
    for number, more in enumerate(((), options)):
        out = tmp_path / f"{number}.json"
        done = run_memoria("export-memories", "--namespace", "a", *more, "--output", out, "--database-url", url)
        assert done.returncode == 0, done.stderr.decode()
    whole, found = keys(tmp_path / "0.json"), keys(tmp_path / "1.json")
    for table, expected in changes.items():
        assert found.get(table) == expected != whole.get(table)
    absent = [table for table, expected in changes.items() if expected is None]
    assert not set(absent) & set(json.loads((tmp_path / "1.json").read_bytes())["metadata"]["tables"])


def test_since(url: str, tmp_path: Path, run_memoria: RunMemoria) -> None:
    out = tmp_path / "a.json"
    moment = "2026-01-01T01:00:00.000001+01:00"
    with connected(url) as connection:  # what changed last year stays behind, however its time is spelled
        connection.cursor().execute(
            "UPDATE long_term_memory SET timestamp = '2025-05-05T00:00:00', extraction_timestamp = '2025-05-05'"
        )
    done = run_memoria("export-memories", "--namespace", "a", "--since", moment, "--output", out, "--database-url", url)
    assert done.returncode == 0, done.stderr.decode()
    assert keys(out) == {"long_term_memory": ["a2"]}
    done = run_memoria("export-memories", "--since", "yesterday", "--database-url", url)
    assert done.returncode == 2
    assert "error: argument --since: is not a time: 'yesterday' (see " in done.stderr.decode()


def test_everything(url: str, tmp_path: Path, run_memoria: RunMemoria) -> None:
    """Without a word on what to leave out it is a whole snapshot, agents and all."""
    whole, out = tmp_path / "whole.json", tmp_path / "out.json"
    run_memoria("export-data", whole, "--database-url", url)
    run_memoria("export-memories", "--output", out, "--database-url", url)
    assert rows_in(out) == rows_in(whole)
    assert json.loads(out.read_bytes())["metadata"]["namespaces"] is None


def test_a_namespace_that_is_not_there(url: str, tmp_path: Path, run_memoria: RunMemoria) -> None:
    out = tmp_path / "x.json"
    done = run_memoria("export-memories", "--namespace", "team:*", "--output", out, "--database-url", url)
    assert done.returncode == 2
    assert b"has no namespace 'team:*'; it has a (8 rows), b (4 rows)" in done.stderr
    assert list(tmp_path.glob("x*")) == []


class TestTheScript:
    @pytest.fixture(autouse=True)
    def _database(self, make_database: MakeDatabase) -> None:
        self.database = make_database("sqlite", migrated=True)

    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """From a folder that is not the project's."""
        environment = {**os.environ, "DATABASE_URL": self.database, "MEMORIA_EXPORT_DIR": str(folder / "export")}
        return subprocess.run(
            [sys.executable, ROOT / "scripts" / "export_memories.py", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            timeout=60,
        )

    @pytest.mark.parametrize(
        ("output", "name"),
        [
            ("out.json", "export/out.json"),
            ("export/out.ndjson.gz", "export/out.ndjson.gz"),
            ("deep/er/out.zst", "export/deep/er/out.zst"),
        ],
    )
    def test_a_relative_path_is_in_the_export_folder(self, tmp_path: Path, output: str, name: str) -> None:
        done = self.run(tmp_path, "--output", output)
        assert done.returncode == 0, done.stderr.decode()
        assert (tmp_path / name).is_file()

    def test_the_name_of_a_folder(self, tmp_path: Path) -> None:
        done = self.run(tmp_path, "--output", "out/")
        said = f"CommandError: cannot write {tmp_path}/export/out/: it names a folder; add the name of a file\n"
        assert (done.returncode, done.stderr.decode()) == (1, said)

    def test_the_name_of_the_moment(self, tmp_path: Path) -> None:
        for _ in range(2):
            assert self.run(tmp_path).returncode == 0
        found = sorted(path.name for path in (tmp_path / "export").iterdir())
        assert len(found) == 2
        assert all(name.startswith("memories_20") and name.endswith("Z.json") for name in found)

    def test_standard_output(self, tmp_path: Path) -> None:
        done = self.run(tmp_path, "--output", "-", "--format", "ndjson")
        assert done.stdout.startswith(b'{"metadata": ')


MEMORIES = ("m1", "m2", "m3", "s1", "s2")
ENDS = st.sampled_from((*MEMORIES, "gone"))
NAMESPACE = st.sampled_from(("a", "b", "it's"))


@st.composite
def databases(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    places = {key: draw(NAMESPACE) for key in MEMORIES}
    clusters = draw(st.sets(st.integers(1, 3)))
    members = draw(st.lists(st.tuples(ENDS, st.sampled_from(sorted(clusters))), max_size=5)) if clusters else []
    edges = draw(st.lists(st.tuples(ENDS, ENDS, NAMESPACE), max_size=6))
    return {
        "long_term_memory": [memory(key, places[key]) for key in MEMORIES[:3]],
        "short_term_memory": [row("short_term_memory", memory_id=k, namespace=places[k]) for k in MEMORIES[3:]],
        "clusters": [row("clusters", id=number) for number in sorted(clusters)],
        "cluster_members": [
            row("cluster_members", id=number, memory_id=key, cluster_id=cluster)
            for number, (key, cluster) in enumerate(members, 1)
        ],
        "memory_relationships": [edge(f"r{n}", *ends, place) for n, (*ends, place) in enumerate(edges)],
    }


def expected(rows: dict[str, list[dict[str, Any]]], chosen: set[str]) -> dict[str, list[Any]]:
    """The same selection, said in Python."""
    memories = [held for table in TABLES[:2] for held in rows[table]]
    inside = {held["memory_id"] for held in memories if held["namespace"] in chosen}
    outside = {held["memory_id"] for held in memories} - inside
    members = [held for held in rows["cluster_members"] if held["memory_id"] in inside]
    edges = [
        held
        for held in rows["memory_relationships"]
        if held["namespace"] in chosen and not {held["source_memory_id"], held["target_memory_id"]} & outside
    ]
    kept = {
        **{table: [held for held in rows[table] if held["memory_id"] in inside] for table in TABLES[:2]},
        "clusters": [held for held in rows["clusters"] if held["id"] in {m["cluster_id"] for m in members}],
        "cluster_members": members,
        "memory_relationships": edges,
    }
    return {name: [next(iter(held.values())) for held in found] for name, found in kept.items() if found}


def test_nothing_of_another_namespace_leaves(migrated_url: str, tmp_path: Path) -> None:
    @examples(migrated_url, sqlite=20, postgresql=6)
    @given(databases(), st.sets(NAMESPACE, min_size=1))
    def run(rows: dict[str, list[dict[str, Any]]], chosen: set[str]) -> None:
        assume(chosen <= {held["namespace"] for found in rows.values() for held in found if "namespace" in held})
        with connected(migrated_url) as connection:
            for table in reversed(TABLES):
                connection.cursor().execute(f"DELETE FROM {table}")
        for table, held in rows.items():
            insert(migrated_url, table, held)
        out = tmp_path / "out.json"
        export(migrated_url, out, selection=Selection(tuple(sorted(chosen))))
        assert keys(out) == expected(rows, chosen)

    run()
