"""memoria.snapshot.rows.binary_json: what jsonb cannot hold is known before a server says so."""

from __future__ import annotations

import json
from typing import Any

import psycopg2
import pytest

from memoria.snapshot.errors import InvalidValue
from memoria.snapshot.rows.binary_json import require_binary
from tests.conftest import KINDS
from tests.faults.faults import Make, connected

pytest_plugins = ["tests.faults.fault_databases"]

KEPT = [
    "1e131071",
    "-1e-16383",
    "0e131072",
    "0.000" + "0" * 16370 + "1",
    "9" * 131_072,
    '{"a": "1e999999", "b": "-0.0"}',
    '"\\"1e999999"',
    '{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}',
    "[1E5, 1.5e+3]",
]
REFUSED = ["1e131072", "-1e131072", "1e-16384", "0e-16384", "9" * 131_073, '{"a": [1, {"b": 1e200000}]}', "10e131071"]
ZEROS = [("-0", 1), ("-0.0", 1), ("[-0.0, 0.0, -0e5, -0.01, -1]", 2), ('{"a": "-0", "b": -0.00}', 1), ("0", 0)]
TWICE = ['{"a": 1, "a": 2}', '{"b": {"a": 1, "c": 0, "a": 2}}', '[{"a": 1, "a" : 1}]', '{"a": 1, "\\u0061": 2}']


@pytest.mark.parametrize("text", KEPT)
def test_kept(text: str) -> None:
    assert require_binary(text, "") == 0


@pytest.mark.parametrize("text", REFUSED)
def test_numbers(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"^holds the number .*, which a jsonb column cannot store$"):
        require_binary(text, "")


@pytest.mark.parametrize(("text", "count"), ZEROS)
def test_the_sign_of_zero(text: str, count: int) -> None:
    assert require_binary(text, "") == count


@pytest.mark.parametrize("text", TWICE)
def test_names_that_stand_twice(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"^holds the name 'a' 2 times, of which a jsonb column keeps the last$"):
        require_binary(text, "")


def test_escapes_of_what_an_encoding_lacks() -> None:
    assert require_binary('"caf\\u00e9"', "iso8859-1") == 0
    assert require_binary('"\\u591c"', "") == 0
    with pytest.raises(InvalidValue, match=r"^holds '夜', which the encoding of the target does not have$"):
        require_binary('"\\u591c"', "iso8859-1")


@pytest.mark.parametrize("kind", KINDS[1:])
def test_the_server_agrees(make: Make, kind: str) -> None:
    def stored(cursor: Any, text: str) -> str | None:
        try:
            cursor.execute("SELECT %s::jsonb::text", (text,))
        except psycopg2.Error:
            return None
        return str(cursor.fetchone()[0])

    with connected(make(kind, "migrated")) as cursor:
        assert [stored(cursor, text) is None for text in KEPT] == [False] * len(KEPT)
        assert [stored(cursor, text) for text in REFUSED] == [None] * len(REFUSED)
        for text in TWICE:
            assert len(str(stored(cursor, text))) < len(json.dumps(json.loads(text, object_pairs_hook=list)))
        for text, count in ZEROS:
            assert str(stored(cursor, text)).count("-0") == text.count("-0.01") + text.count('"-0"'), count
