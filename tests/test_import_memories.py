"""`import-memories`, its script, and what a second model in plain Python expects of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from memoria.snapshot.merge.mapping import new_id
from tests.conftest import ROOT, MakeDatabase, RunMemoria
from tests.support.properties import examples
from tests.support.samples.databases import CORE, connected, contents, insert, query, script
from tests.support.samples.engine import export, merge, undo
from tests.support.samples.rows import row

SCRIPT = ROOT / "scripts" / "import_memories.py"


def memory(key: str, namespace: str, content: str = "", **more: Any) -> dict[str, Any]:
    about = {"searchable_content": content or key, **more}
    return row("long_term_memory", memory_id=key, namespace=namespace, **about)


def edge(key: str, source: str, target: str, namespace: str) -> dict[str, Any]:
    ends = {"source_memory_id": source, "target_memory_id": target}
    return row("memory_relationships", relationship_id=key, namespace=namespace, **ends)


class TestProcess:
    """Arguments, exit codes and what is printed."""

    def test_a_preview_and_a_run_print_the_same(
        self, migrated_url: str, tmp_path: Path, run_memoria: RunMemoria
    ) -> None:
        insert(migrated_url, "long_term_memory", [memory("m-1", "a"), memory("m-2", "b")])
        path, report = tmp_path / "file.ndjson.gz", tmp_path / "report.json"
        export(migrated_url, path)
        maps = ("--namespace-map", "a=x", "b=y", "--new-ids")
        arguments = ("import-memories", path, *maps, "--database-url", migrated_url)
        planned = run_memoria(*arguments, "--dry-run")
        done = run_memoria(*arguments, "--report", report)
        assert (planned.returncode, done.returncode, done.stdout) == (0, 0, b""), done.stderr.decode()
        table = planned.stderr.decode().splitlines()[:3]
        assert table == done.stderr.decode().splitlines()[:3]
        headings = "table namespace rows insert overwrite identical duplicate different left out invalid"
        assert [" ".join(line.split()) for line in table] == [
            headings,
            "long_term_memory a -> x 1 1 0 0 0 0 0 0",
            "long_term_memory b -> y 1 1 0 0 0 0 0 0",
        ]
        assert " This is import 1: undo-import takes it back." in done.stderr.decode()
        again = run_memoria(*arguments).stderr.decode().splitlines()[-1]
        assert again.startswith("Nothing to import into ")
        assert ": every row is there already (" in again
        assert query(migrated_url, "SELECT max(id) FROM memoria_imports") == [(1,)]
        written = json.loads(report.read_text())
        assert (written["operation"], written["import_id"], written["exit_code"]) == ("merge", 1, 0)
        counts = {"identical": 0, "duplicate": 0, "different": 0, "left_out": 0, "invalid": 0, "overwrite": 0}
        assert written["merge"] == [
            {"table": "long_term_memory", "source": s, "target": t, "rows": 1, "insert": 1, **counts}
            for s, t in (("a", "x"), ("b", "y"))
        ]

    def test_a_row_with_other_content_stays_and_is_told(
        self, migrated_url: str, tmp_path: Path, run_memoria: RunMemoria
    ) -> None:
        insert(migrated_url, "long_term_memory", [memory("m-1", "a"), memory("m-2", "a")])
        path, report = tmp_path / "file.json", tmp_path / "report.json"
        export(migrated_url, path)
        script(migrated_url, "UPDATE long_term_memory SET summary = 'mine' WHERE memory_id = 'm-1'")
        note = (
            "1 row is there with other content and stays; --on-conflict overwrite, or --on-conflict newest, can replace"
            " it."
        )
        arguments = ("import-memories", path, "--database-url", migrated_url, "--report", report)
        for more, start in (("--dry-run",), "Dry run: nothing"), ((), "Nothing"):
            done = run_memoria(*arguments, *more)
            lines = done.stderr.decode().splitlines()
            assert (done.returncode, note in lines) == (0, True), lines
            assert lines[-1].startswith(f"{start} to import into ")
            assert ": no row is new (" in lines[-1]
            assert note in json.loads(report.read_text())["notes"]
        assert note not in run_memoria(*arguments, "--on-conflict", "overwrite").stderr.decode()

    def test_wrong_arguments(self, migrated_url: str, tmp_path: Path, run_memoria: RunMemoria) -> None:
        insert(migrated_url, "long_term_memory", [memory("m-1", "a")])
        path = tmp_path / "file.json"
        export(migrated_url, path)
        for arguments, reason in (
            (("--namespace", " "), "--namespace is empty: name a namespace"),
            (
                ("--namespace-map", "c=x"),
                "the file has no rows in the namespace 'c' that --namespace-map names; it has a",
            ),
        ):
            done = run_memoria("import-memories", path, *arguments, "--database-url", migrated_url)
            assert (done.returncode, done.stderr.decode().strip()) == (2, f"CommandError: {reason}")
        done = run_memoria("import-memories", "--namespace-map", "a=b", path, "--database-url", migrated_url)
        assert (done.returncode, done.stderr.decode()) == (
            2,
            f"manage.py import-memories: error: argument --namespace-map: '{path}' is not SOURCE=TARGET; if it is the"
            " snapshot, write it first (see manage.py import-memories --help)\n",
        )

    def test_a_file_of_the_export_folder(self, tmp_path: Path, run_memoria: RunMemoria) -> None:
        folder = {"MEMORIA_EXPORT_DIR": str(tmp_path)}
        (tmp_path / "found here.json").touch()
        for command in ("import-memories", "import-data"):
            done = run_memoria(command, "found here.json", "--database-url", "sqlite://:memory:", env=folder)
            assert (done.returncode, done.stderr.decode()) == (
                1,
                "CommandError: cannot read found here.json: no such file; the export folder has one:"
                f" {tmp_path}/found here.json\n",
            )
            done = run_memoria(command, "nowhere.json", "--database-url", "sqlite://:memory:", env=folder)
            assert done.stderr == b"CommandError: cannot read nowhere.json: no such file\n"

    def test_rows_that_do_not_fit(self, migrated_url: str, tmp_path: Path, run_memoria: RunMemoria) -> None:
        insert(migrated_url, "long_term_memory", [memory("m-1", "a"), memory("m-2", "a")])
        path = tmp_path / "file.json"
        export(migrated_url, path)
        path.write_bytes(path.read_bytes().replace(b'"importance_score":0.5', b'"importance_score":"x"', 1))
        arguments = ("import-memories", path, "--allow-edited", "--database-url", migrated_url)
        refused = run_memoria(*arguments)
        assert refused.returncode == 1
        assert b"long_term_memory 'm-1': importance_score is text where a number belongs" in refused.stderr
        shown = refused.stderr.decode().splitlines()
        assert [" ".join(line.split()) for line in shown[:2]] == [
            "table namespace rows insert overwrite identical duplicate different left out invalid",
            "long_term_memory a 2 0 0 1 0 0 0 1",
        ]
        done = run_memoria(*arguments, "--skip-invalid")
        assert done.returncode == 3, done.stderr.decode()
        assert query(migrated_url, "SELECT memory_id FROM long_term_memory ORDER BY 1") == [("m-1",), ("m-2",)]

    def test_the_script_reads_standard_input_from_any_folder(self, tmp_path: Path, make_database: MakeDatabase) -> None:
        source, target = make_database("sqlite", migrated=True), make_database("sqlite", migrated=True)
        insert(source, "long_term_memory", [memory("m-1", "a")])
        export(source, tmp_path / "file.json")
        done = subprocess.run(
            [sys.executable, SCRIPT, "-", "--namespace", "prod"],
            cwd=tmp_path,
            env={**os.environ, "DATABASE_URL": target},
            input=(tmp_path / "file.json").read_bytes(),
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode()
        assert query(target, "SELECT namespace FROM long_term_memory") == [("prod",)]

    def test_imports_are_listed_and_undone(self, migrated_url: str, tmp_path: Path, run_memoria: RunMemoria) -> None:
        place = ("--database-url", migrated_url)
        assert run_memoria("list-imports", *place).stdout == b"No imports are noted.\n"
        insert(migrated_url, "long_term_memory", [memory("m-1", "a")])
        path, report = tmp_path / "file.json", tmp_path / "report.json"
        export(migrated_url, path)
        before = contents(migrated_url)
        assert run_memoria("import-data", path, *place).returncode == 0
        run_memoria("import-memories", path, "--new-ids", "--namespace", "copy", *place)
        listed = run_memoria("list-imports", *place).stdout.decode().splitlines()
        assert [line.split()[0] for line in listed] == ["id", "2", "1"]
        assert [line.split()[-2:] for line in listed[1:]] == [["1", "done"], ["1", "done"]]
        ((found,),) = query(migrated_url, "SELECT options FROM memoria_imports WHERE id = 2")
        options = json.loads(found) if isinstance(found, str) else found
        assert options == {"namespace": "copy", "new_ids": True, "on_conflict": "skip"}
        query(migrated_url, "UPDATE long_term_memory SET access_count = 9 WHERE namespace = 'copy'")
        refused = run_memoria("undo-import", "2", *place, "--report", report)
        assert refused.returncode == 1
        assert b"1 row changed since import 2, such as long_term_memory" in refused.stderr
        assert json.loads(report.read_text())["changed"][0]["reason"] == "was changed since"
        planned = run_memoria("undo-import", "2", *place, "--dry-run")
        assert planned.returncode == 1
        assert (
            planned.stderr.decode()
            .splitlines()[-1]
            .startswith(
                "Dry run: undoing import 2 would be refused, as 1 row changed since; --force takes it back all the"
                " same: 1 row deleted and 0 rows restored in "
            )
        )
        forced = run_memoria("undo-import", "2", *place, "--dry-run", "--force")
        assert (forced.returncode, b"Dry run: 1 row deleted" in forced.stderr) == (0, True)
        assert run_memoria("undo-import", "2", "--force", *place).returncode == 0
        done = run_memoria("undo-import", "1", *place)
        assert done.returncode == 0, done.stderr.decode()
        assert contents(migrated_url) == before
        entries = json.loads(run_memoria("list-imports", "--json", *place).stdout)
        assert [(entry["id"], entry["state"], entry["kind"]) for entry in entries] == [
            (2, "undone", "import-memories"),
            (1, "undone", "import-data"),
        ]
        assert run_memoria("undo-import", "0", *place).returncode == 2


KEYS = ("m1", "m2", "m3", "m4")
NAMESPACES = ("a", "b", "it's")
PLACES = st.sampled_from(NAMESPACES)
ENDS = st.sampled_from((*KEYS, "gone"))
Database = dict[str, list[dict[str, Any]]]


@st.composite
def databases(draw: st.DrawFn, prefix: str) -> Database:
    """Memories with few contents, so that some are the same under several keys."""
    keys = draw(st.sets(st.sampled_from(KEYS)))
    memories = [
        memory(key, draw(PLACES), draw(st.sampled_from("xyz")), summary=draw(st.sampled_from("st")))
        for key in sorted(keys)
    ]
    edges = draw(st.lists(st.tuples(ENDS, ENDS, PLACES), max_size=4))
    clusters = draw(st.sets(st.integers(1, 3)))
    pairs = draw(st.sets(st.tuples(ENDS, st.sampled_from(sorted(clusters))), max_size=4)) if clusters else set()
    return {
        "long_term_memory": memories,
        "short_term_memory": [],
        "clusters": [row("clusters", id=n, summary=draw(st.sampled_from("uv"))) for n in sorted(clusters)],
        "cluster_members": [
            row("cluster_members", id=number, memory_id=key, cluster_id=cluster, summary=key)
            for number, (key, cluster) in enumerate(sorted(pairs), 1)
        ],
        "memory_relationships": [edge(f"{prefix}{n}", *ends, place) for n, (*ends, place) in enumerate(edges)],
    }


MAPS = st.dictionaries(st.sampled_from(NAMESPACES), st.sampled_from((*NAMESPACES, "new")), max_size=2)


def expected(file: Database, held: Database, maps: dict[str, str], *, new_ids: bool) -> tuple[set[Any], set[Any]]:
    """The memories (key, namespace, content, summary) and the edges afterwards, said in Python."""

    def of(memories: list[dict[str, Any]]) -> dict[str, tuple[str, str, str]]:
        return {m["memory_id"]: (m["namespace"], m["searchable_content"], m["summary"]) for m in memories}

    def where(found: tuple[str, str, str]) -> tuple[str, str, str]:
        return (maps.get(found[0], found[0]), found[1], found[2])

    mine, there = of(file["long_term_memory"]), of(held["long_term_memory"])
    stands_for: dict[str, str] = {}
    for key, found_there in mine.items():
        goes = where(found_there)
        new = new_id(goes[0], key) if new_ids else key
        same = sorted(other for other, found in of(held["long_term_memory"]).items() if found == goes)
        if new in there and there[new][0] != goes[0]:
            continue  # an id of another namespace is invalid
        if new not in there:
            earlier = [stands_for[k] for k, m in mine.items() if k in stands_for and where(m) == goes]
            new = same[0] if same else earlier[0] if earlier else new
            there.setdefault(new, goes)
        stands_for[key] = new

    def end(old: str, source: str) -> str | None:
        """None where the memory is not there; a copy has no edge to what it is copied from."""
        copied = new_id(maps.get(source, source), old)
        if old in stands_for or (new_ids and copied in there):
            return stands_for.get(old, copied)
        copy = new_ids and maps.get(source, source) != source and old not in stands_for.values()
        return old if old in there and not (copy and there[old][0] == source) else None

    edges = {(e["relationship_id"], e["source_memory_id"], e["target_memory_id"]) for e in held["memory_relationships"]}
    known = {(e["source_memory_id"], e["target_memory_id"], e["namespace"]) for e in held["memory_relationships"]}
    for found in file["memory_relationships"]:
        place = maps.get(found["namespace"], found["namespace"])
        key = new_id(place, found["relationship_id"]) if new_ids else found["relationship_id"]
        ends = tuple(end(found[name], found["namespace"]) for name in ("source_memory_id", "target_memory_id"))
        if None not in ends and (*ends, place) not in known:
            edges.add((key, *ends))
    return {(key, *rest) for key, rest in there.items()}, edges


def found_in(url: str) -> tuple[set[Any], set[Any]]:
    memories = query(url, "SELECT memory_id, namespace, searchable_content, summary FROM long_term_memory")
    edges = query(url, "SELECT relationship_id, source_memory_id, target_memory_id FROM memory_relationships")
    return set(memories), set(edges)


def refill(url: str, rows: Database) -> None:
    with connected(url) as connection:
        for table in ("memoria_import_changes", "memoria_imports", *reversed(CORE)):
            connection.cursor().execute(f"DELETE FROM {table}")
    for table, found in rows.items():
        insert(url, table, found)


def test_a_merge_is_what_the_model_says(migrated_url: str, tmp_path: Path, make_database: MakeDatabase) -> None:
    """The plan's counts are what is done; twice is once; undone, nothing has happened."""
    source = make_database("sqlite", migrated=True)
    path = tmp_path / "file.json"

    @examples(migrated_url, sqlite=20, postgresql=4)
    @given(databases("f"), databases("d"), MAPS, st.booleans())
    def run(file: Database, held: Database, maps: dict[str, str], new_ids: bool) -> None:
        used = {found["namespace"] for table in ("long_term_memory", "memory_relationships") for found in file[table]}
        maps = {name: target for name, target in maps.items() if name in used}
        texts = [f"{name}={target}" for name, target in maps.items()]
        refill(source, file)
        refill(migrated_url, held)
        export(source, path)
        before = contents(migrated_url)
        planned = merge(migrated_url, path, *texts, new_ids=new_ids, skip_invalid=True, dry_run=True)
        assert contents(migrated_url) == before
        done = merge(migrated_url, path, *texts, new_ids=new_ids, skip_invalid=True)
        assert done.merge == planned.merge
        assert found_in(migrated_url) == expected(file, held, maps, new_ids=new_ids)
        after = contents(migrated_url)
        for table, rows in before.items():
            assert [found for found in rows if found not in after[table]] == []
            counts = done.tables.get(table)
            assert len(after[table]) - len(rows) == (counts.inserted if counts else 0)
        again = merge(migrated_url, path, *texts, new_ids=new_ids, skip_invalid=True)
        assert sum(part.insert + part.overwrite for part in again.merge) == 0
        assert contents(migrated_url) == after
        if done.import_id:  # else nothing was written
            undo(migrated_url, done.import_id)
        assert contents(migrated_url) == before

    run()
