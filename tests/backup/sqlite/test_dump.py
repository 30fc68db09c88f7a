"""SQLite databases of every shape leave and come back, through our loader and through the stock shell."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pysqlite3
import pytest

from memoria.backup.errors import InvalidBackup
from memoria.backup.sqlite import dump as sqlite
from memoria.backup.sqlite.load import lines, load
from memoria.backup.store.digests import differences
from tests.backup.backups import backed_up, memoria, needs_shell, refused, sidecar
from tests.faults.faults import Make, execute, path_of

pytest_plugins = ["tests.faults.fault_databases"]

SHAPES = {
    "generated": "CREATE TABLE t(a INTEGER, b TEXT AS (a || '!') STORED, c AS (a * 2)); INSERT INTO t(a) VALUES(1),(2)",
    "without rowid": "CREATE TABLE t(a TEXT, b INT, PRIMARY KEY(b, a)) WITHOUT ROWID;"
    "INSERT INTO t VALUES('x',2),('y',1)",
    "gaps in the row ids": "CREATE TABLE t(a);INSERT INTO t(rowid, a) VALUES(-3,'x'),(7,'y'),(9223372036854775807,'z')",
    "all names of the row id taken": "CREATE TABLE t(rowid, _rowid_, oid); INSERT INTO t VALUES(1,2,3),(4,5,6)",
    "integer key with gaps": "CREATE TABLE t(id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES(5,'x'),(900,'y')",
    "autoincrement": "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO t VALUES(5,'x');"
    "DELETE FROM t; CREATE TABLE u(id INTEGER PRIMARY KEY AUTOINCREMENT)",
    "autoincrement dropped": "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT); DROP TABLE t",
    "analyzed": "CREATE TABLE t(a); CREATE INDEX i ON t(a); INSERT INTO t VALUES(1),(2); ANALYZE",
    "full text": "CREATE VIRTUAL TABLE f USING fts5(a, b); INSERT INTO f VALUES('the cat','x'),('a dog','it''s');"
    "DELETE FROM f WHERE a = 'a dog'",
    "full text beside a table": "CREATE TABLE t(k TEXT PRIMARY KEY, a TEXT);"
    "INSERT INTO t(rowid, k, a) VALUES(7,'x','cat');"
    "CREATE VIRTUAL TABLE f USING fts5(a, content='t', content_rowid='rowid');"
    "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO f(rowid, a) VALUES(new.rowid, new.a); END;"
    "INSERT INTO f(f) VALUES('rebuild')",
    "r-tree": "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1); INSERT INTO r VALUES(1, 0.5, 2.5),(2, 1, 3)",
    "triggers that write": "CREATE TABLE t(a); CREATE TABLE log(n); INSERT INTO t VALUES(1);"
    "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log VALUES(';'); END; INSERT INTO t VALUES(2)",
    "views": "CREATE VIEW w AS SELECT * FROM v; CREATE TABLE t(a); CREATE VIEW v AS SELECT a AS ';' FROM t",
    "comments at the end": "CREATE TABLE t(a);\nCREATE VIEW v AS SELECT ';' -- it's; the end\n;\n"
    "CREATE VIEW w AS SELECT 1 /* ; */;\nCREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; -- ;\n END -- x\n;",
    "references": "CREATE TABLE a(id INTEGER PRIMARY KEY, b REFERENCES b(id)); CREATE TABLE b(id INTEGER PRIMARY KEY);"
    "INSERT INTO a VALUES(1, 99)",
    "strange names": """CREATE TABLE "a ""b"" ' ;\n c"("x y", "select");
    INSERT INTO "a ""b"" ' ;\n c" VALUES(1,'2');
    CREATE INDEX "i ' ;" ON "a ""b"" ' ;\n c"("x y")""",
    "strict": "CREATE TABLE t(a INT, b TEXT, c REAL, d BLOB, e ANY) STRICT;INSERT INTO t VALUES(1,'2',3,x'04',5.0)",
    "no affinity": "CREATE TABLE t(a, b NUMERIC, c JSON); INSERT INTO t VALUES(5.0, '5', '[1e400]'),(x'', '', 1e300),"
    "('5', 0.5, 9e999)",
    "settings": "PRAGMA user_version = 42; PRAGMA application_id = -7; CREATE TABLE t(a)",
    "utf-16": "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(a);INSERT INTO t VALUES('é' || char(0) || '😀'),(char(10))",
    "auto-vacuum": "PRAGMA auto_vacuum = 2; CREATE TABLE t(a); INSERT INTO t VALUES(1)",
    "not UTF-8": "CREATE TABLE t(a TEXT); INSERT INTO t VALUES(CAST(x'27ff0a' AS TEXT)),('it''s')",
    "empty": "",
}


@pytest.fixture(params=SHAPES)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "source.db", isolation_level=None)) as database:
        database.executescript(SHAPES[request.param])
        yield database


def rows(database: sqlite3.Connection) -> dict[str, object]:
    """All that a query can see, by queries of the tests' own."""
    database.text_factory = bytes
    objects = database.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
    found: dict[str, object] = {"objects": [item for item in objects if item[1] != b"sqlite_sequence"]}
    for type, name, sql in objects:
        is_shadow = type == b"table" and sql.upper().startswith(b"CREATE VIRTUAL")
        if type == b"table" and not is_shadow and name != b"sqlite_sequence":
            quoted = name.decode().replace('"', '""')
            values = database.execute(f'SELECT * FROM "{quoted}"').fetchall()
            found[f"rows of {name!r}"] = sorted([(*map(type_and_value, row),) for row in values])
    for pragma in ("encoding", "user_version", "application_id", "auto_vacuum"):
        found[pragma] = database.execute(f"PRAGMA {pragma}").fetchone()
    return found


def type_and_value(value: object) -> str:
    return f"{type(value).__name__} {value!r}"


def dumped(database: sqlite3.Connection) -> bytes:
    pieces: list[bytes] = []
    sqlite.dump(database, pieces.append)
    return b"".join(pieces)


def test_our_loader_restores_it(source: sqlite3.Connection, tmp_path: Path) -> None:
    text = dumped(source)
    with closing(sqlite3.connect(tmp_path / "copy.db", isolation_level=None)) as copy:
        load(copy, lines(iter([text[:100], text[100:101], text[101:]])))
    with closing(sqlite3.connect(tmp_path / "copy.db", isolation_level=None)) as copy:
        assert differences(sqlite.contents(source), sqlite.contents(copy)) == []
        assert dumped(copy) == text
        assert rows(copy) == rows(source)
        assert copy.execute("PRAGMA integrity_check").fetchall() == [(b"ok",)]


@needs_shell
def test_the_stock_shell_restores_it(source: sqlite3.Connection, tmp_path: Path) -> None:
    text = dumped(source)
    ended = subprocess.run(["sqlite3", tmp_path / "copy.db"], input=text, capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"", b"")
    with closing(sqlite3.connect(tmp_path / "copy.db", isolation_level=None)) as copy:
        assert rows(copy) == rows(source)
        assert dumped(copy) == text


@pytest.mark.parametrize(
    "definition",
    ["CREATE INDEX i ON t(a) -- x", "CREATE INDEX i ON t(a) /* x", "CREATE VIEW v AS SELECT 1 /* ; x"],
)
def test_comments_that_sqlite_keeps_in_another_way(tmp_path: Path, definition: str) -> None:
    """Its text ends in a line end afterwards, or its comment gets its end."""
    path = tmp_path / "source.db"
    execute(f"sqlite:///{path}", "CREATE TABLE t(a)", definition)
    backed_up("sqlite", f"sqlite:///{path}", tmp_path / "x.sql")
    ended = memoria("sqlite", "restore-database", tmp_path / "x.sql", "--database-url", f"sqlite:///{path}")
    assert ended.returncode == 0, ended.stderr
    ((found,),) = execute(f"sqlite:///{path}", "SELECT sql FROM sqlite_master WHERE name <> 't'")
    assert found.startswith(definition)
    assert found[len(definition) :] in ("\n", "*/")


def test_a_full_text_table_that_this_sqlite_cannot_open(tmp_path: Path) -> None:
    """It is backed up and restored all the same, also over itself."""
    path = tmp_path / "source.db"
    with closing(pysqlite3.connect(str(path), isolation_level=None)) as newer:
        newer.execute("CREATE TABLE t(a)")
        newer.execute("CREATE VIRTUAL TABLE f USING fts5(a, content='', contentless_delete=1)")
        newer.execute("INSERT INTO f VALUES('the cat')")
    with closing(sqlite3.connect(path)) as older, pytest.raises(sqlite3.OperationalError):
        older.execute("SELECT count(*) FROM f")
    url = f"sqlite:///{path}"
    backed_up("sqlite", url, tmp_path / "x.sql")
    with closing(pysqlite3.connect(str(path), isolation_level=None)) as newer:
        newer.execute("INSERT INTO f VALUES('another cat')")
    for safety in ((), ("--no-safety-backup",)):
        ended = memoria("sqlite", "restore-database", tmp_path / "x.sql", "--database-url", url, *safety)
        assert ended.returncode == 0, ended.stderr
    with closing(pysqlite3.connect(str(path))) as newer:
        assert newer.execute("SELECT count(*) FROM f WHERE f MATCH 'cat'").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("CREATE TABLE t (a TEXT COLLATE own); CREATE INDEX i ON t (a)", "no such collation sequence: own"),
        ("CREATE TABLE t (a TEXT); CREATE INDEX i ON t (own(a))", "no such function: own"),
    ],
)
def test_what_only_the_application_defines(tmp_path: Path, sql: str, what: str) -> None:
    """Such a database is backed up all the same; that it can be restored only the application can show."""
    path, backup = tmp_path / "own.sqlite3", tmp_path / "own.sql"
    with closing(sqlite3.connect(path)) as database:
        database.create_collation("own", lambda a, b: (a > b) - (a < b))
        database.create_function("own", 1, str, deterministic=True)
        database.executescript(f"{sql}; INSERT INTO t VALUES ('x'), ('y')")
    message = refused("sqlite", "backup-database", backup, "--database-url", f"sqlite:///{path}")
    assert message.startswith(f"{backup} cannot be restored: line ")
    assert message.endswith(
        f": {what}, which only the application defines that made it: that can load the backup, and --no-verify makes"
        " one without a trial"
    )
    assert not backup.exists()
    backed_up("sqlite", f"sqlite:///{path}", backup, "--no-verify")
    with closing(sqlite3.connect(tmp_path / "again.sqlite3")) as database:
        database.create_collation("own", lambda a, b: (a > b) - (a < b))
        database.create_function("own", 1, str, deterministic=True)
        database.executescript(backup.read_text())
        assert database.execute("SELECT a FROM t ORDER BY 1").fetchall() == [("x",), ("y",)]


def test_full_text_search_works_after_a_restore(tmp_path: Path) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.executescript(SHAPES["full text beside a table"])
        text = dumped(database)
    with closing(sqlite3.connect(tmp_path / "copy.db", isolation_level=None)) as copy:
        load(copy, lines(iter([text])))
    with closing(sqlite3.connect(tmp_path / "copy.db", isolation_level=None)) as copy:
        assert copy.execute("SELECT k FROM t JOIN f ON f.rowid = t.rowid WHERE f MATCH 'cat'").fetchall() == [("x",)]
        copy.execute("INSERT INTO t VALUES('y', 'another cat')")
        assert copy.execute("SELECT count(*) FROM f WHERE f MATCH 'cat'").fetchall() == [(2,)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ATTACH '{folder}/stolen.db' AS x;\n", "line 1: not authorized"),
        (".shell touch {folder}/stolen\n", "line 1: the text ends in the middle of a statement"),
        (".shell touch {folder}/stolen\n;\n", 'line 2: near ".": syntax error'),
        ("PRAGMA temp_store_directory='{folder}';\n", "line 1: not authorized"),
        ("SELECT load_extension('{folder}/x');\n", "line 1: not authorized"),
        ("BEGIN;\nCREATE TABLE t(a);\n", "the text ends before its COMMIT"),
        ("CREATE TABLE t(\n", "line 1: the text ends in the middle of a statement"),
        (
            "CREATE TABLE t(a);\nINSERT INTO t VALUES(1,2);\n",
            "line 2: table t has 1 columns but 2 values were supplied",
        ),
    ],
)
def test_text_that_is_no_backup(tmp_path: Path, text: str, said: str) -> None:
    with (
        closing(sqlite3.connect(":memory:", isolation_level=None)) as database,
        pytest.raises(InvalidBackup) as error,
    ):
        load(database, lines(iter([text.format(folder=tmp_path).encode()])))
    assert str(error.value) == said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_one_moment_while_others_write(make: Make, tmp_path: Path, mode: str) -> None:
    """Amounts move between two rows: their sum is the same in every moment."""
    url = make("sqlite")
    execute(url, f"PRAGMA journal_mode = {mode}", "CREATE TABLE a(n)", "CREATE TABLE z(n)")
    execute(url, "INSERT INTO a VALUES(1000)", "INSERT INTO z VALUES(0)")
    stop, moved = threading.Event(), []

    def write() -> None:
        with closing(sqlite3.connect(path_of(url), isolation_level=None, timeout=30)) as database:
            while not stop.is_set():
                database.execute("BEGIN IMMEDIATE")
                database.execute("UPDATE a SET n = n - 1")
                database.execute("UPDATE z SET n = n + 1")
                database.execute("COMMIT")
                moved.append(1)
                time.sleep(0.002)  # readers of a database that is not in WAL mode need a gap

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(4):
            path = backed_up("sqlite", url, tmp_path / f"{number}.sql")
            text = path.read_text()
            amounts = [int(text.partition(f'INSERT INTO "{name}" VALUES(')[2].partition(")")[0]) for name in "az"]
            assert sum(amounts) == 1000
            assert sidecar(path)["verified"]["how"] == "restored"
    finally:
        stop.set()
        writer.join()
    assert len(moved) > 20
