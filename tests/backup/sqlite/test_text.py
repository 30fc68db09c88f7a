"""Every value that SQLite can hold comes back from its line as it was: its type, its bytes, its bits."""

from __future__ import annotations

import math
import sqlite3
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from memoria.backup.sqlite.load import lines, load
from memoria.backup.sqlite.text import insert_lines, literal
from tests.backup.backups import needs_shell

EXTREMES = [5e-324, 1e-320, 2.2250738585072014e-308, 1e-291, 1e-289, 0.1 + 0.2, 1e22, 1e23, 1.7976931348623157e308]
TEXTS = [
    "",
    "'",
    "''",
    "a'b",
    "line\nline",
    "cr\rlf\r\n",
    "\\n",
    "a\0b",
    "\\n and \n",
    "é😀",
    "-- ",
    ";",
    "\n.shell x\n",
]


def values() -> st.SearchStrategy[Any]:
    return st.one_of(
        st.none(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
        st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: bytearray(text.encode())),
        st.sampled_from(TEXTS).map(lambda text: bytearray(text.encode())),
        st.binary(),
    )


def returned(sql: bytes) -> Any:
    with sqlite3.connect(":memory:") as database:
        database.text_factory = bytearray
        return database.execute(f"SELECT {sql.decode()}").fetchone()[0]


def bits(value: Any) -> Any:
    """Tells -0.0 from 0.0."""
    return struct.pack("d", value) if isinstance(value, float) else (type(value), value)


@given(values())
def test_a_literal_is_the_value(value: Any) -> None:
    assert bits(returned(literal(value))) == bits(value)


@pytest.mark.parametrize("value", [*EXTREMES, *(-value for value in EXTREMES), math.inf, -math.inf, 0.0, -0.0, 5.0])
def test_extreme_floats(value: float) -> None:
    assert bits(returned(literal(value))) == bits(value)


@pytest.mark.parametrize(
    ("value", "sql"),
    [
        (None, b"NULL"),
        (-(2**63), b"-9223372036854775808"),
        (0.5, b"0.50000000000000000"),
        (5.0, b"5.0000000000000000"),
        (math.inf, b"9e999"),
        (b"\x00\xff", b"X'00ff'"),
        (bytearray(b"it's"), b"'it''s'"),
        (bytearray(b"a\nb"), b"replace('a\\nb','\\n',char(10))"),
        (bytearray(b"\\n\r\n"), b"replace(replace('\\n\\r\\(1n)','\\(1n)',char(10)),'\\r',char(13))"),
        (bytearray(b"a\0"), b"CAST(X'6100' AS TEXT)"),
    ],
)
def test_spelling(value: Any, sql: bytes) -> None:
    assert literal(value) == sql


@given(st.lists(st.tuples(values(), values()), max_size=8))
@example([(None, -0.0), (-0.0, 0.0)])
def test_lines_are_loaded_as_they_were(rows: list[tuple[Any, ...]]) -> None:
    text = b"".join(insert_lines(b"INSERT INTO t VALUES(", rows))
    assert text.count(b"\n") == len(rows)
    with sqlite3.connect(":memory:", isolation_level=None) as database:
        database.execute("CREATE TABLE t(a, b)")
        load(database, lines(iter([text])))
        database.text_factory = bytearray
        found = database.execute("SELECT a, b FROM t ORDER BY rowid").fetchall()
    assert [[bits(v) for v in row] for row in found] == [[bits(v) for v in row] for row in rows]


@needs_shell
def test_the_shell_reads_the_same(tmp_path: Path) -> None:
    rows = [(bytearray(text.encode()), value) for text in TEXTS for value in (*EXTREMES, b"\0'", None, 2**63 - 1)]
    rows += [(bytearray(b"\xff\xfe not UTF-8 \xc3("), 1)]
    text = b"CREATE TABLE t(a, b);\n" + b"".join(insert_lines(b"INSERT INTO t VALUES(", rows))
    subprocess.run(["sqlite3", tmp_path / "x.db"], input=text, check=True)
    with sqlite3.connect(tmp_path / "x.db") as database:
        database.text_factory = bytearray
        assert database.execute("SELECT a, b FROM t ORDER BY rowid").fetchall() == rows


def test_text_that_is_not_utf8() -> None:
    rows = [(bytearray(b"it's \xff"), bytearray("é".encode())), (bytearray(b"\xc3'"), bytearray(b"\0\xff"))]
    text = b"".join(insert_lines(b"INSERT INTO t VALUES(", rows))
    with sqlite3.connect(":memory:", isolation_level=None) as database:
        database.execute("CREATE TABLE t(a, b)")
        load(database, lines(iter([text])))
        database.text_factory = bytearray
        assert database.execute("SELECT a, b FROM t").fetchall() == rows
