"""Accepted and rejected JSON at every place of a snapshot where it can stand."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import NoReturn

import pytest

from memoria.snapshot.errors import InvalidSnapshot, InvalidValue
from memoria.snapshot.formats import FORMATS
from tests.conftest import MakeDatabase, RunMemoria
from tests.snapshot.corpus import ACCEPTED, LINE_ENDS, REJECTED, UNFIT
from tests.snapshot.snapshots import cluster, read, snapshot, spliced

IN_COLUMN = {format: snapshot(format, {"clusters": [cluster(1, centroid="@@"), cluster(2)]}) for format in FORMATS}
LAST_IN_COLUMN = {format: snapshot(format, {"clusters": [cluster(2), cluster(1, centroid="@@")]}) for format in FORMATS}
IN_HEADER = {format: snapshot(format, {"clusters": [cluster(2)]}, note="@@") for format in FORMATS}
JSON_COLUMNS = {**ACCEPTED, **UNFIT}
SECONDS = 1.0

rejected = pytest.mark.parametrize("document", REJECTED.values(), ids=REJECTED)
each_format = pytest.mark.parametrize("format", FORMATS)


def strict_json(document: bytes) -> object:
    def refuse(word: str) -> NoReturn:
        raise ValueError(word)

    return json.loads(document.decode(), parse_constant=refuse)


def json_valid(document: bytes) -> bool:
    with sqlite3.connect(":memory:") as database:
        ((valid,),) = database.execute("SELECT json_valid(?)", (document.decode(),)).fetchall()
    database.close()
    return bool(valid)


class TestCorpus:
    """The corpus itself, before two judges of another make."""

    def test_is_large(self) -> None:
        assert (len(REJECTED), len(ACCEPTED), len(UNFIT), len(LINE_ENDS)) == (0, 0, 0, 0)
        assert len(set(REJECTED.values())) == len(REJECTED)
        assert len(set(JSON_COLUMNS.values())) == len(JSON_COLUMNS)

    @rejected
    def test_rejected_is_no_json(self, document: bytes) -> None:
        if document.count(b"[") + document.count(b"{") > 512:
            return  # JSON for those who have no limit
        with pytest.raises(ValueError):
            strict_json(document)
        if b"\0" not in document:
            try:
                assert not json_valid(document)
            except UnicodeDecodeError:
                pass

    @pytest.mark.parametrize("document", [*JSON_COLUMNS.values(), *LINE_ENDS.values()], ids=[*JSON_COLUMNS, *LINE_ENDS])
    def test_accepted_is_json(self, document: bytes) -> None:
        digits, depth = sys.get_int_max_str_digits(), sys.getrecursionlimit()
        sys.set_int_max_str_digits(0)
        sys.setrecursionlimit(5000)
        try:
            strict_json(document)
        finally:
            sys.set_int_max_str_digits(digits)
            sys.setrecursionlimit(depth)
        assert json_valid(document)


class TestWholeFile:
    @rejected
    @pytest.mark.parametrize("format", [None, *FORMATS])
    def test_rejected(self, document: bytes, format: str | None) -> None:
        started = time.monotonic()
        with pytest.raises(InvalidSnapshot):
            read(document, format=format)
        assert time.monotonic() - started < SECONDS

    @pytest.mark.parametrize("document", JSON_COLUMNS.values(), ids=JSON_COLUMNS)
    @pytest.mark.parametrize("format", [None, *FORMATS])
    def test_json_is_no_snapshot(self, document: bytes, format: str | None) -> None:
        with pytest.raises(InvalidSnapshot):
            read(document, format=format)


class TestInColumn:
    @rejected
    @each_format
    @pytest.mark.parametrize("place", [IN_COLUMN, LAST_IN_COLUMN], ids=["first", "last"])
    def test_rejected(self, document: bytes, format: str, place: dict[str, bytes]) -> None:
        content = spliced(place[format], document)
        started = time.monotonic()
        with pytest.raises((InvalidSnapshot, InvalidValue)):
            read(content)
        assert time.monotonic() - started < SECONDS

    @pytest.mark.parametrize("document", JSON_COLUMNS.values(), ids=JSON_COLUMNS)
    @each_format
    @pytest.mark.parametrize("place", [IN_COLUMN, LAST_IN_COLUMN], ids=["first", "last"])
    def test_accepted_keeps_its_text(self, document: bytes, format: str, place: dict[str, bytes]) -> None:
        rows = read(spliced(place[format], document)).rows
        kept = {"id": 1, "summary": "s", "centroid": document.decode().strip(" ")}
        assert sorted(row for _, _, row in rows if row["id"] == 1) == [kept]
        assert [row for _, _, row in rows if row["id"] == 2] == [{"id": 2, "summary": "s"}]

    @pytest.mark.parametrize("document", LINE_ENDS.values(), ids=LINE_ENDS)
    @pytest.mark.parametrize("place", [IN_COLUMN, LAST_IN_COLUMN], ids=["first", "last"])
    def test_line_ends_become_spaces(self, document: bytes, place: dict[str, bytes]) -> None:
        rows = read(spliced(place["json"], document)).rows
        text = document.decode().strip().replace("\n", " ").replace("\r", " ")
        assert [row for _, _, row in rows if row["id"] == 1] == [{"id": 1, "summary": "s", "centroid": text}]

    @each_format
    def test_null_is_sql_null(self, format: str) -> None:
        rows = read(spliced(IN_COLUMN[format], b"null")).rows
        assert [row for _, _, row in rows] == [{"id": 1, "summary": "s"}, {"id": 2, "summary": "s"}]


class TestInHeader:
    @rejected
    @each_format
    def test_rejected(self, document: bytes, format: str) -> None:
        content = spliced(IN_HEADER[format], document)
        started = time.monotonic()
        with pytest.raises(InvalidSnapshot):
            read(content)
        assert time.monotonic() - started < SECONDS

    @pytest.mark.parametrize("document", UNFIT.values(), ids=UNFIT)
    @each_format
    def test_unfit(self, document: bytes, format: str) -> None:
        with pytest.raises(InvalidSnapshot, match=r"occurs twice in the header|half a surrogate pair"):
            read(spliced(IN_HEADER[format], document))

    @each_format
    def test_accepted(self, format: str) -> None:
        for document in (b"[1]", b'"\\u0000"', b"1e400", b"[" * 500 + b"]" * 500):
            rows = read(spliced(IN_HEADER[format], document)).rows
            assert [row for _, _, row in rows] == [{"id": 2, "summary": "s"}]


COMMANDS = {
    "not JSON": (IN_COLUMN["json"], b"[1,]", "nothing was changed"),
    "NaN": (IN_COLUMN["ndjson"], b"NaN", "nothing was changed"),
    "Latin-1": (IN_COLUMN["json"], b'"\xe9"', "is not UTF-8: byte 0xe9"),
    "too deep": (IN_COLUMN["ndjson"], b"[" * 100_000, "512 deep"),
    "header": (IN_HEADER["json"], b'{"a":1,"a":2}', "the key 'a' occurs twice in the header"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_command_says_one_sentence(
    name: str, run_memoria: RunMemoria, make_database: MakeDatabase, tmp_path: Path
) -> None:
    content, document, sentence = COMMANDS[name]
    path = tmp_path / "hostile.snapshot"
    path.write_bytes(spliced(content, document))
    url = make_database("sqlite", migrated=True)
    result = run_memoria("import-data", path, "--dry-run", "--database-url", url)
    assert (result.returncode, result.stdout) == (1, b"")
    stderr = result.stderr.decode()
    assert "Traceback" not in stderr
    assert sentence in stderr.splitlines()[-1]
