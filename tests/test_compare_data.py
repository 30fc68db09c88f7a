"""compare-data, as a process and value by value."""

import gzip
import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from memoria.snapshot.compare.compare import compare_sides
from memoria.snapshot.compare.streams import database_side, snapshot_side
from memoria.snapshot.progress import NoProgress
from memoria.snapshot.rows.difference import same as are_same
from memoria.snapshot.schema.facts import Kind
from memoria.snapshot.schema.registry import TABLES
from tests.conftest import KINDS, ROOT, MakeDatabase, RunMemoria
from tests.faults.faults import CREATE
from tests.support.samples.databases import CORE, insert
from tests.support.samples.databases import script as run_sql
from tests.support.samples.engine import export, opened, without_header
from tests.support.samples.rows import layout_c, row, snapshot_row

SAMPLES = ROOT / "tests" / "support" / "samples"


@pytest.fixture
def loaded(tmp_path: Path, run_memoria: RunMemoria) -> Path:
    """A SQLite file with the sample data."""
    path = tmp_path / "loaded.sqlite3"
    env = {"DATABASE_URL": f"sqlite:///{path}"}
    assert run_memoria("migrate", env=env).returncode == 0
    assert run_memoria("load-sample-data", env=env).returncode == 0
    return path


def test_a_move_compares_equal(loaded: Path, migrated_url: str, run_memoria: RunMemoria, tmp_path: Path) -> None:
    snapshot = tmp_path / "all.ndjson.zst"
    assert run_memoria("export-data", str(snapshot), "--database-url", f"sqlite:///{loaded}").returncode == 0
    assert run_memoria("import-data", str(snapshot), "--database-url", migrated_url).returncode == 0
    for side in (f"sqlite:///{loaded}", str(snapshot)):
        done = run_memoria("compare-data", side, migrated_url)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.splitlines()[-1] == b"Equal: 510 rows."
    done = run_memoria("compare-data", str(snapshot), migrated_url, "--table", "teams")
    lines = done.stdout.decode().splitlines()
    assert (lines[0], lines[-1]) == ("1 table without rows on either side.", "Equal: 0 rows.")


def test_differences_are_named(loaded: Path, tmp_path: Path, run_memoria: RunMemoria) -> None:
    changed = tmp_path / "changed.sqlite3"
    shutil.copy(loaded, changed)
    with sqlite3.connect(changed) as database:
        (gone,) = database.execute("SELECT memory_id FROM long_term_memory ORDER BY memory_id LIMIT 1").fetchone()
        database.execute("DELETE FROM long_term_memory WHERE memory_id = ?", (gone,))
        database.execute("UPDATE clusters SET weight = -0.0, summary = 'other' WHERE id = 1")
        database.execute("INSERT INTO clusters (id, summary) VALUES (99, 'new')")
    report = tmp_path / "report.json"
    done = run_memoria("compare-data", f"sqlite:///{loaded}", f"sqlite:///{changed}", "--report", str(report))
    assert done.returncode == 1
    assert done.stdout.decode().splitlines()[6:-3] == [
        "15 tables without rows on either side.",
        f"  long_term_memory '{gone}': only in A",
        "  clusters '99': only in B",
        "  clusters '1': different in summary, weight",
    ]
    assert done.stdout.splitlines()[-1] == b"Different."
    found = json.loads(report.read_text())
    assert found["equal"] is False
    assert found["tables"]["clusters"] == {
        "same": 16,
        "only_a": 0,
        "only_b": 1,
        "different": 1,
        "signs_of_zeros": 0,
        "first_only_a": [],
        "first_only_b": ["99"],
        "first_different": [{"key": "1", "columns": ["summary", "weight"]}],
    }


def test_an_older_layout_in_another_order_equals_its_database(tmp_path: Path, run_memoria: RunMemoria) -> None:
    (tmp_path / "tiny.db").write_bytes(gzip.decompress((SAMPLES / "sqlite_tiny.db.gz").read_bytes()))
    side = f"sqlite:///{tmp_path}/tiny.db"
    sides = (side, str(SAMPLES / "layout_c_sqlite.json"))
    core = [argument for table in CORE for argument in ("--table", table)]
    done = run_memoria("compare-data", *sides, *core)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == b"Equal: 4 rows."
    assert b"Not compared: chat_history (3 rows), spatial_metadata (3 rows)" in done.stdout

    # The layout carries no other tables: what the database has there is in it alone.
    report = tmp_path / "report.json"
    assert run_memoria("compare-data", *sides, "--report", str(report)).returncode == 1
    found = {name: table["only_a"] for name, table in json.loads(report.read_text())["tables"].items()}
    assert {name: count for name, count in found.items() if count} == {"chat_history": 3, "spatial_metadata": 3}


def test_all_tables_but_one(loaded: Path, tmp_path: Path, run_memoria: RunMemoria) -> None:
    url, snapshot = f"sqlite:///{loaded}", tmp_path / "some.json"
    without = ("--exclude-table", "chats", "--exclude-table", "clusters", "--exclude-table", "cluster_members")
    wrong = run_memoria("export-data", str(snapshot), "--exclude-table", "chats", "--database-url", url)
    assert wrong.returncode == 2, "no table is called so"
    without = without[2:]
    exported = run_memoria("export-data", str(snapshot), *without, "--json", "--database-url", url)
    told = json.loads(exported.stdout)
    assert (exported.returncode, exported.stderr, told["operation"]) == (0, b"", "export")
    assert {"clusters", "cluster_members"} <= set(told["left_out"])
    assert "clusters" not in json.loads(snapshot.read_bytes())["metadata"]["tables"]
    compared = run_memoria("compare-data", str(snapshot), url, *without, "--json")
    assert (compared.returncode, json.loads(compared.stdout)["equal"]) == (0, True)
    whole, copy = tmp_path / "whole.json", f"sqlite:///{tmp_path}/copy.sqlite3"
    assert run_memoria("export-data", str(whole), "--database-url", url).returncode == 0
    loading = run_memoria("import-data", str(whole), *without, "--migrate", "--database-url", copy)
    assert loading.returncode == 0, loading.stderr
    assert run_memoria("compare-data", str(snapshot), copy, *without).returncode == 0
    with sqlite3.connect(tmp_path / "copy.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM clusters").fetchone() == (0,)
    every = [part for table in TABLES for part in ("--exclude-table", table.name)]
    nothing = run_memoria("export-data", str(tmp_path / "none.json"), *every, "--database-url", url)
    assert (nothing.returncode, nothing.stderr) == (2, b"CommandError: --exclude-table leaves no table\n")
    piped = run_memoria("export-data", "-", "--json", "--database-url", url)
    assert (piped.returncode, piped.stdout) == (2, b"")
    assert piped.stderr == (
        b"CommandError: --json prints to standard output, where the snapshot goes; say --report FILE\n"
    )


def test_one_table(loaded: Path, tmp_path: Path, run_memoria: RunMemoria) -> None:
    changed = tmp_path / "changed.sqlite3"
    shutil.copy(loaded, changed)
    with sqlite3.connect(changed) as database:
        database.execute("DELETE FROM memory_relationships")
    sides = (f"sqlite:///{loaded}", f"sqlite:///{changed}")
    assert run_memoria("compare-data", *sides, "--table", "clusters").returncode == 0
    assert run_memoria("compare-data", *sides, "--table", "memory_relationships").returncode == 1


@pytest.mark.parametrize("other", ["a.json", "b.json"])
def test_a_file_of_sqlite_as_a_side(loaded: Path, tmp_path: Path, run_memoria: RunMemoria, other: str) -> None:
    """Which of the two it is, and how it is written."""
    path = tmp_path / "what? #1.sqlite3"
    shutil.copy(loaded, path)
    snapshot = tmp_path / other
    snapshot.write_text("{}")
    sides = [path, snapshot] if other == "b.json" else [snapshot, path]
    done = run_memoria("compare-data", *sides)
    sentence = f"{path} is a SQLite database and no snapshot: as a side it is sqlite:///"
    if other == "b.json":
        right = done.stderr.decode().removeprefix(f"CommandError: {sentence}").strip()
        assert (done.returncode, right) == (1, f"{tmp_path}/what%3F%20%231.sqlite3")
        assert run_memoria("compare-data", f"sqlite:///{right}", f"sqlite:///{loaded}").returncode == 0
    else:
        assert (done.returncode, f"{snapshot}: " in done.stderr.decode()) == (1, True)


@pytest.mark.parametrize(
    ("side", "exit_code", "sentence"),
    [
        ("missing.json", 1, "cannot read missing.json: no such file"),
        (
            "sqlite:////nowhere/x.db",
            1,
            f"sqlite:////nowhere/x.db does not exist: {CREATE.format('it')}",
        ),
        ("mysql://a:secret@b/c", 2, "mysql databases are not supported"),
        ("database:other", 2, "there is no database alias 'other'"),
    ],
)
def test_a_side_that_is_not_there(side: str, exit_code: int, sentence: str, run_memoria: RunMemoria) -> None:
    done = run_memoria("compare-data", side, "missing.json")
    assert done.returncode == exit_code
    assert sentence in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert b"secret" not in done.stderr


@pytest.mark.parametrize(
    ("kind", "value", "other", "same"),
    [
        (Kind.FLOAT, float("nan"), float("nan"), True),
        (Kind.FLOAT, 0.0, -0.0, False),
        (Kind.FLOAT, 0.1 + 0.2, 0.3, False),
        (Kind.JSON, '{"a": 1, "b": 2}', '{"b":2,"a":1}', True),
        (Kind.JSON, "[1.10, 1e2]", "[1.1, 100]", True),
        (Kind.JSON, "9007199254740993", "9007199254740992", False),
        (Kind.JSON, f"{10**30 + 1}", f"{10**30 + 2}", False),
        (Kind.JSON, "1e1000000", "1e1000001", False),
        (Kind.JSON, "[1e1000000, 0.0]", "[10e999999, 0]", True),
        (Kind.JSON, "1e99999999999999999999", "1e99999999999999999999", True),
        (Kind.JSON, "null", None, False),
        (Kind.JSON, "[1]", "[true]", False),
        (Kind.TEXT, "a", "a ", False),
    ],
)
def test_same_values(kind: Kind, value: object, other: object, same: bool) -> None:
    assert are_same(kind, value, other) is same


def test_what_cannot_be_compared_is_said(tmp_path: Path, run_memoria: RunMemoria) -> None:
    """A row that the tables do not allow, on either side: one sentence, and no result."""
    path = tmp_path / "bool.db"
    path.write_bytes(gzip.decompress((SAMPLES / "sqlite_edge_bool_text.db.gz").read_bytes()))
    for sides in ((SAMPLES / "bad_badrow.json", SAMPLES / "bad_badrow.json"), (f"sqlite:///{path}",) * 2):
        done = run_memoria("compare-data", *map(str, sides))
        assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1), done.stderr
        assert done.stderr.startswith(b"CommandError: ")


def test_a_snapshot_that_was_edited_is_named(loaded: Path, tmp_path: Path, run_memoria: RunMemoria) -> None:
    snapshot = tmp_path / "all.json"
    run_memoria("export-data", str(snapshot), "--database-url", f"sqlite:///{loaded}")
    snapshot.write_bytes(snapshot.read_bytes() + b"\n")
    done = run_memoria("compare-data", str(snapshot), f"sqlite:///{loaded}")
    assert done.returncode == 0
    assert f"{snapshot} was edited after its export." in done.stdout.decode()


def script(path: Path, sql: str) -> None:
    with sqlite3.connect(path) as database:
        database.executescript(sql)


def rebuilt(source: Path, target: Path, key: str = "", *, encoding: str = "UTF-8") -> Path:
    """The same schema and rows in another encoding, or with another collation of the memories' key."""
    with sqlite3.connect(source) as database:
        statements = list(database.iterdump())
    with sqlite3.connect(target) as database:
        database.execute(f"PRAGMA encoding = '{encoding}'")
        for sql in statements[1:-1]:
            database.execute(re.sub(r'("memory_id" varchar\(255\))', rf"\1 {key}", sql) if key else sql)
    return target


KEYS = ["b", "A", "a", "B", "Z", "é", "z", "中", "\U0001f600", "\uffee", "10", "9"]


@pytest.mark.parametrize(("collation", "encoding"), [("COLLATE NOCASE", "UTF-8"), ("", "UTF-16le"), ("", "UTF-16be")])
def test_another_order_of_keys(collation: str, encoding: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    """The order is that of the bytes in UTF-8, whatever the column's collation and the database's encoding."""
    url = make_database("sqlite", migrated=True)
    keys = KEYS if not collation else [key for key in KEYS if key not in ("A", "b", "z")]
    insert(url, "long_term_memory", [row("long_term_memory", memory_id=key) for key in keys])
    other = rebuilt(Path(url.removeprefix("sqlite:///")), tmp_path / "o.db", collation, encoding=encoding)
    export(f"sqlite:///{other}", tmp_path / "other.ndjson", tables=CORE)
    lines = (tmp_path / "other.ndjson").read_bytes().splitlines()[2:-1]
    assert [json.loads(line)["data"]["memory_id"] for line in lines] == sorted(keys, key=str.encode)
    export(url, tmp_path / "one.ndjson", tables=CORE)
    assert without_header(tmp_path / "one.ndjson") == without_header(tmp_path / "other.ndjson")
    with opened(url) as a, opened(f"sqlite:///{other}") as b:
        sides = [database_side(connection, "side", TABLES, NoProgress()) for connection in (a, b)]
        with sides[0] as one, sides[1] as two:
            found = compare_sides(one, two, TABLES)
    assert (found.equal, found.tables["long_term_memory"].same) == (True, len(keys))


def test_a_required_time_that_both_sides_lack(make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database("sqlite", migrated=True)
    insert(url, "long_term_memory", [row("long_term_memory")])
    path = Path(url.removeprefix("sqlite:///"))
    script(path, "ALTER TABLE long_term_memory DROP COLUMN extraction_timestamp")
    copy = shutil.copy(path, tmp_path / "copy.db")
    export(url, tmp_path / "out.json")
    with opened(url) as a, opened(f"sqlite:///{copy}") as b:
        with database_side(a, "a", TABLES, NoProgress()) as one, database_side(b, "b", TABLES, NoProgress()) as two:
            assert compare_sides(one, two, TABLES).equal
        one_more = database_side(a, "a", TABLES, NoProgress())
        with one_more as one, snapshot_side(str(tmp_path / "out.json"), TABLES, NoProgress()) as two:
            assert compare_sides(one, two, TABLES).equal


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a":1,"a":2}', '{"a":2}', False),
        ('{"a":1,"a":2}', '{"a":1}', False),
        ('{"a":1,"a":2}', '{"a":2,"a":1}', False),
        ('{"a":1,"b":0,"a":2}', '{"b":0,"a":1,"a":2}', True),
        ('[{"a":1,"a":2}]', '[{"a":1.0, "a":2e0}]', True),
        ('{"a":{"b":1,"b":1}}', '{"a":{"b":1}}', False),
        ("[" * 500 + '{"a":1,"a":2}' + "]" * 500, "[" * 500 + '{"a":1, "a":2}' + "]" * 500, True),
        ('{"a":' * 500 + "1" + "}" * 500, '{"a": ' * 500 + "1" + "}" * 500, True),
    ],
)
def test_a_member_that_stands_twice(one: str, other: str, same: bool) -> None:
    assert are_same(Kind.JSON, one, other) is same


def test_zeros_that_lost_their_sign(tmp_path: Path, run_memoria: RunMemoria, make_database: MakeDatabase) -> None:
    """The comparison finds what the import told again, and nothing else."""
    path, report = tmp_path / "file.json", tmp_path / "report.json"
    rows = [
        snapshot_row("long_term_memory", memory_id="a", importance_score=-0.0, processed_data={"n": [-0.0, 1.50]}),
        snapshot_row("long_term_memory", memory_id="b", importance_score=0.5),
    ]
    path.write_bytes(layout_c(long_term_memory=rows))
    for kind in ("sqlite", KINDS[-1]):
        url = make_database(kind, migrated=True)
        if kind != "sqlite":
            run_sql(url, "ALTER TABLE long_term_memory ALTER processed_data TYPE jsonb USING processed_data::jsonb")
        told = run_memoria("import-data", path, "--database-url", url, "--no-input")
        assert b"long_term_memory: 1 times -0.0, which the target keeps as 0.0." in told.stderr
        compared = run_memoria("compare-data", path, url, "--table", "long_term_memory", "--report", report)
        assert compared.returncode == 1
        assert (
            "1 row differs in nothing but the sign of a zero: SQLite and columns of jsonb keep no -0.0."
            in compared.stdout.decode().splitlines()
        )
        counts = json.loads(report.read_text())["tables"]["long_term_memory"]
        assert (counts["same"], counts["different"], counts["signs_of_zeros"]) == (1, 1, 1)
        run_sql(url, "UPDATE long_term_memory SET summary = 'new' WHERE memory_id = 'a'")
        run_memoria("compare-data", path, url, "--table", "long_term_memory", "--report", report)
        assert json.loads(report.read_text())["tables"]["long_term_memory"]["signs_of_zeros"] == 0
