"""Existing SQLite files with a full-text index, whose triggers add entries and never remove one."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pysqlite3
import pytest

from tests.conftest import MakeDatabase, RunMemoria
from tests.support.samples.databases import insert, sqlite_sample
from tests.support.samples.engine import export
from tests.support.samples.rows import layout_c, row, snapshot_row

ROOT = Path(__file__).resolve().parents[4]
COLUMNS = "memory_id, memory_type, namespace, searchable_content, summary, category_primary"
INDEX = f"CREATE VIRTUAL TABLE memory_search_fts USING fts5({COLUMNS}, content='', contentless_delete=1)"


def trigger(kind: str, event: str) -> str:
    action = f"DELETE FROM memory_search_fts WHERE memory_id = OLD.memory_id AND memory_type = '{kind}'"
    if event == "insert":
        new = COLUMNS.replace("memory_type", f"'{kind}'").split(", ")
        values = ", ".join(name if name.startswith("'") else f"NEW.{name}" for name in new)
        action = f"INSERT INTO memory_search_fts({COLUMNS}) VALUES ({values})"
    table = f"{kind}_memory"
    return f"CREATE TRIGGER {table}_fts_{event} AFTER {event.upper()} ON {table} BEGIN {action}; END"


TRIGGERS = [trigger(kind, event) for kind in ("short_term", "long_term") for event in ("insert", "delete")]


@pytest.fixture
def indexed(tmp_path: Path) -> Path:
    """The tiny sample with an index over it, and an entry of a row that is gone: no trigger removed it."""
    path = Path(sqlite_sample("sqlite_tiny", tmp_path).removeprefix("sqlite:///"))
    with closing(pysqlite3.connect(str(path))) as database, database:
        for sql in (INDEX, *TRIGGERS):
            database.execute(sql)
        for kind in ("long_term", "short_term"):
            selected = COLUMNS.replace("memory_type", f"'{kind}'")
            database.execute(f"INSERT INTO memory_search_fts({COLUMNS}) SELECT {selected} FROM {kind}_memory")
        database.execute(
            f"INSERT INTO memory_search_fts({COLUMNS}) VALUES ('gone', 'long_term', 'default', 'forgotten', '', '')"
        )
    return path


@pytest.fixture
def snapshot(tmp_path: Path, make_database: MakeDatabase) -> Path:
    url = make_database("sqlite", migrated=True)
    insert(
        url,
        "long_term_memory",
        [
            row("long_term_memory", memory_id="m-1", searchable_content="a red apple", summary="apple"),
            row("long_term_memory", memory_id="m-2", searchable_content="a green pear"),
        ],
    )
    insert(url, "short_term_memory", [row("short_term_memory", searchable_content="a yellow apple")])
    export(url, tmp_path / "out.json")
    return tmp_path / "out.json"


def on_newer_sqlite(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tests.support.newer_sqlite", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": "sqlite:///unused.sqlite3"},
        capture_output=True,
        timeout=60,
    )


def found(path: Path, word: str) -> list[int]:
    """Rows of the index that hold a word."""
    with closing(pysqlite3.connect(str(path))) as database:
        hits = database.execute("SELECT rowid FROM memory_search_fts WHERE memory_search_fts MATCH ?", (word,))
        return [rowid for (rowid,) in hits]


def entries(path: Path) -> int:
    with closing(pysqlite3.connect(str(path))) as database:
        database.execute("INSERT INTO memory_search_fts(memory_search_fts) VALUES ('integrity-check')")
        return int(database.execute("SELECT count(*) FROM memory_search_fts").fetchone()[0])


def triggers(path: Path) -> list[str]:
    with closing(pysqlite3.connect(str(path))) as database:
        return [sql for (sql,) in database.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")]


def test_after_a_replacing_import_the_index_holds_the_new_rows_once(indexed: Path, snapshot: Path) -> None:
    assert (entries(indexed), len(found(indexed, "forgotten"))) == (4, 1)
    for _ in range(2):
        done = on_newer_sqlite("import-data", snapshot, "--database-url", f"sqlite:///{indexed}")
        assert done.returncode == 0, done.stderr.decode()
        assert entries(indexed) == 3
        assert len(found(indexed, "apple")) == 2
        assert len(found(indexed, "long_term")) == 2
        assert len(found(indexed, "short_term")) == 1
        assert found(indexed, "forgotten") == found(indexed, "tiny") == []
        assert sorted(triggers(indexed)) == sorted(TRIGGERS)


def test_one_of_the_two_tables_is_replaced(indexed: Path, snapshot: Path) -> None:
    done = on_newer_sqlite(
        "import-data", snapshot, "--table", "short_term_memory", "--database-url", f"sqlite:///{indexed}"
    )
    assert done.returncode == 0, done.stderr.decode()
    assert entries(indexed) == 4
    assert (len(found(indexed, "long_term")), len(found(indexed, "yellow"))) == (3, 1)


def test_added_rows_are_indexed(indexed: Path, snapshot: Path) -> None:
    done = on_newer_sqlite("import-data", snapshot, "--no-truncate", "--database-url", f"sqlite:///{indexed}")
    assert done.returncode == 0, done.stderr.decode()
    assert entries(indexed) == 7
    assert len(found(indexed, "apple")) == 2


def test_a_refused_import_leaves_the_index_alone(indexed: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(layout_c(long_term_memory=[snapshot_row("long_term_memory", y_coord=99)]))
    done = on_newer_sqlite("import-data", path, "--database-url", f"sqlite:///{indexed}")
    assert done.returncode == 1
    assert (entries(indexed), len(found(indexed, "forgotten"))) == (4, 1)


def test_an_index_that_keeps_its_values(snapshot: Path, tmp_path: Path) -> None:
    """As a user might make one; its delete triggers work, and the rebuild does too."""
    path = Path(sqlite_sample("sqlite_tiny", tmp_path).removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as database, database:
        for sql in (INDEX.replace(", content='', contentless_delete=1", ""), *TRIGGERS):
            database.execute(sql)
    done = on_newer_sqlite("import-data", snapshot, "--database-url", f"sqlite:///{path}")
    assert done.returncode == 0, done.stderr.decode()
    assert (entries(path), len(found(path, "apple"))) == (3, 2)


class TestAnOlderLibrary:
    """This Python's, unless it is new enough for such an index."""

    @pytest.fixture(autouse=True)
    def older(self) -> None:
        if sqlite3.sqlite_version_info >= (3, 43):
            pytest.skip("this Python's SQLite is new enough")

    @pytest.mark.parametrize("options", [(), ("--dry-run",), ("--no-validate",), ("--no-truncate",)])
    def test_is_refused_in_one_sentence(
        self, indexed: Path, snapshot: Path, run_memoria: RunMemoria, options: tuple[str, ...]
    ) -> None:
        before = indexed.read_bytes()
        done = run_memoria("import-data", snapshot, *options, "--database-url", f"sqlite:///{indexed}")
        assert done.returncode == 1
        said = done.stderr.decode().splitlines()
        assert (
            f"  {snapshot}, long_term_memory: its full-text index memory_search_fts needs a newer SQLite"
            f' library than {sqlite3.sqlite_version} (unrecognized option: "contentless_delete"):'
            " use a Python whose SQLite is newer." in said
        )
        assert said[-1] == f"CommandError: {snapshot}: 2 issues; nothing was changed"
        assert indexed.read_bytes() == before

    def test_other_tables_are_imported(self, indexed: Path, snapshot: Path, run_memoria: RunMemoria) -> None:
        done = run_memoria("import-data", snapshot, "--table", "clusters", "--database-url", f"sqlite:///{indexed}")
        assert done.returncode == 0, done.stderr.decode()

    def test_the_rows_leave(self, indexed: Path, tmp_path: Path, run_memoria: RunMemoria) -> None:
        out = tmp_path / "rows.json"
        done = run_memoria("export-data", out, "--database-url", f"sqlite:///{indexed}")
        assert done.returncode == 0, done.stderr.decode()
        document: dict[str, Any] = json.loads(out.read_bytes())
        assert not any(name.startswith("memory_search_fts") for name in document["metadata"]["left_out"])
        assert len(document["payload"]["long_term_memory"]) == 3
