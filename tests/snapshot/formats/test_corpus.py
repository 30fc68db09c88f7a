"""Accepted and rejected JSON at every place of a snapshot where it can stand."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import pytest

from memoria.snapshot.errors import InvalidSnapshot, InvalidValue
from memoria.snapshot.formats import FORMATS
from tests.conftest import MakeDatabase, RunMemoria
from tests.snapshot.formats.corpus import ACCEPTED, LINE_ENDS, REJECTED, UNFIT
from tests.snapshot.snapshots import cluster, decoders, read, snapshot, spliced

FIRST = {format: snapshot(format, {"clusters": [cluster(1, centroid="@@"), cluster(2)]}) for format in FORMATS}
LAST = {format: snapshot(format, {"clusters": [cluster(2), cluster(1, centroid="@@")]}) for format in FORMATS}
IN_HEADER = {format: snapshot(format, {"clusters": [cluster(2)]}, note="@@") for format in FORMATS}
JSON_COLUMNS = {**ACCEPTED, **UNFIT}
SECONDS = 1.0
DECODERS = decoders()

each_format = pytest.mark.parametrize("format", FORMATS)
each_place = pytest.mark.parametrize("place", [FIRST, LAST], ids=["first", "last"])


def is_json(document: bytes) -> bool:
    """What Python says, when it is strict."""

    def refuse(word: str) -> NoReturn:
        raise ValueError(word)

    try:
        json.loads(document.decode(), parse_constant=refuse)
    except ValueError:
        return False
    return True


def json_valid(documents: Iterable[bytes]) -> list[bool]:
    """What SQLite says."""
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        query = "SELECT json_valid(?)"
        return [bool(database.execute(query, (document.decode(),)).fetchone()[0]) for document in documents]


def is_utf8(document: bytes) -> bool:
    try:
        document.decode()
    except UnicodeDecodeError:
        return False
    return True


def not_refused(contents: dict[str, bytes], *errors: type[Exception], format: str | None = None) -> dict[str, str]:
    """Of the documents, those that were read, or that took more than a second of this thread to be refused."""
    wrong = {}
    for name, content in contents.items():
        started = time.thread_time()
        try:
            wrong[name] = f"read as {read(content, format=format, using=DECODERS).rows}"
        except errors as error:
            if time.thread_time() - started > SECONDS:
                wrong[name] = f"{error} after {time.thread_time() - started:.1f} s"
    return wrong


class TestCorpus:
    """The corpus itself, before two judges of another make."""

    def test_size(self) -> None:
        assert (len(REJECTED), len(ACCEPTED), len(UNFIT), len(LINE_ENDS)) == (269, 103, 17, 5)
        assert len(set(REJECTED.values())) == len(REJECTED)
        assert len(set(JSON_COLUMNS.values())) == len(JSON_COLUMNS)

    def test_rejected_is_no_json(self) -> None:
        # Without what is JSON for those who have no limit.
        rejected = {name: document for name, document in REJECTED.items() if not name.startswith("too-deep")}
        assert [name for name, document in rejected.items() if is_json(document)] == []
        # A NUL ends a text for SQLite.
        judged = [document for document in rejected.values() if is_utf8(document) and b"\0" not in document]
        assert [d for d, valid in zip(judged, json_valid(judged), strict=True) if valid] == []

    def test_accepted_is_json(self) -> None:
        documents = [*JSON_COLUMNS.values(), *LINE_ENDS.values()]
        digits, depth = sys.get_int_max_str_digits(), sys.getrecursionlimit()
        sys.set_int_max_str_digits(0)
        sys.setrecursionlimit(5000)
        try:
            assert [document for document in documents if not is_json(document)] == []
        finally:
            sys.set_int_max_str_digits(digits)
            sys.setrecursionlimit(depth)
        assert [d for d, valid in zip(documents, json_valid(documents), strict=True) if not valid] == []


class TestWholeFile:
    @pytest.mark.parametrize("format", [None, *FORMATS])
    def test_rejected(self, format: str | None) -> None:
        assert not_refused(REJECTED, InvalidSnapshot, format=format) == {}

    @pytest.mark.parametrize("format", [None, *FORMATS])
    def test_json_is_no_snapshot(self, format: str | None) -> None:
        assert not_refused(JSON_COLUMNS, InvalidSnapshot, format=format) == {}


class TestInColumn:
    @each_format
    @each_place
    def test_rejected(self, format: str, place: dict[str, bytes]) -> None:
        contents = {name: spliced(place[format], document) for name, document in REJECTED.items()}
        assert not_refused(contents, InvalidSnapshot, InvalidValue) == {}

    @each_format
    @each_place
    def test_accepted_keeps_its_text(self, format: str, place: dict[str, bytes]) -> None:
        for document in JSON_COLUMNS.values():
            rows = [row for _, _, row in read(spliced(place[format], document), using=DECODERS).rows]
            filled = {"id": 1, "summary": "s", "centroid": document.decode().strip(" ")}
            assert sorted(rows, key=lambda row: int(row["id"])) == [filled, {"id": 2, "summary": "s"}]

    @each_place
    def test_line_ends_become_spaces(self, place: dict[str, bytes]) -> None:
        texts = []
        for document in LINE_ENDS.values():
            rows = [row for _, _, row in read(spliced(place["json"], document)).rows]
            texts += [row["centroid"] for row in rows if row["id"] == 1]
        assert texts == ["[ 1, 2 ]", "[  1]", '{ "a": 1}', "0", '{"a": {} }']

    @each_format
    @each_place
    def test_null_is_sql_null(self, format: str, place: dict[str, bytes]) -> None:
        rows = [row for _, _, row in read(spliced(place[format], b"null")).rows]
        assert sorted(row["id"] for row in rows) == [1, 2]
        assert all("centroid" not in row for row in rows)


class TestInHeader:
    @each_format
    def test_rejected(self, format: str) -> None:
        contents = {name: spliced(IN_HEADER[format], document) for name, document in REJECTED.items()}
        assert not_refused(contents, InvalidSnapshot) == {}

    @each_format
    def test_unfit(self, format: str) -> None:
        sentences = {}
        for document in UNFIT.values():
            with pytest.raises(InvalidSnapshot) as caught:
                read(spliced(IN_HEADER[format], document))
            sentences[str(caught.value)] = True
        assert list(sentences) == [
            "the key 'a' occurs twice in the header",
            "the key 'b' occurs twice in the header",
            "the header holds half a surrogate pair",
        ]

    @each_format
    @pytest.mark.parametrize("document", [b"[1]", b'"\\u0000"', b"1e400", b"[" * 500 + b"]" * 500])
    def test_accepted(self, format: str, document: bytes) -> None:
        rows = read(spliced(IN_HEADER[format], document)).rows
        assert [row for _, _, row in rows] == [{"id": 2, "summary": "s"}]


COMMANDS = {
    "not JSON": (FIRST["json"], b"[1,]", "nothing was changed"),
    "NaN": (LAST["ndjson"], b"NaN", "nothing was changed"),
    "Latin-1": (FIRST["json"], b'"\xe9"', "is not UTF-8: byte 0xe9"),
    "too deep": (LAST["ndjson"], b"[" * 100_000, "512 deep"),
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
