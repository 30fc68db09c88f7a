"""A row is encoded in a quick way or a careful one; nobody can tell which."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memoria.snapshot.database.sqlite.encoder import SQLiteEncoder
from memoria.snapshot.errors import InvalidValue
from memoria.snapshot.schema.facts import Column, Kind

COLUMNS = (
    Column("id", Kind.INTEGER),
    Column("text", Kind.TEXT, null=True),
    Column("flag", Kind.BOOLEAN, null=True),
    Column("score", Kind.FLOAT, null=True),
    Column("other", Kind.FLOAT, null=True),
    Column("place", Kind.FLOAT, null=True, minimum=-15, maximum=15),
    Column("made", Kind.TIME, null=True),
    Column("seen", Kind.TIME, null=True),
    Column("json", Kind.JSON, null=True),
)
PLAIN = (1, "a", 1, 0.5, 2, 3.5, "2026-01-02 03:04:05.000006", "2024-02-29T23:59:59.999999", '{"a": [1]}')
LINE = (
    b'{"id":1,"text":"a","flag":true,"score":0.5,"other":2,"place":3.5,"made":"2026-01-02T03:04:05.000006Z",'
    b'"seen":"2024-02-29T23:59:59.999999Z","json":{"a": [1]}}'
)
TIMES = (
    "2026-01-02 03:04:05.000006",
    "2024-02-29 00:00:00.000000",
    "2023-02-29 00:00:00.000000",
    "2026-04-31 00:00:00.000000",
    "2026-01-02 24:00:00.000000",
    "2026-01-02 03:04:60.000000",
    "0000-01-02 03:04:05.000006",
    "2026-01-02T03:04:05.000006Z",
    "2026-01-02T03:04:05+05:45",
    "2026-01-02",
    "2026-01-02 03:04:05.000006\n2026-01-02 03:04:05.000006",
    "\uff12026-01-02 03:04:05.000006",
    "",
)
JSONS = (
    "null",
    " null ",
    "[1]",
    " [1]",
    "[1]\n",
    '{"a":\r\n1}',
    '"a\nb"',
    '"ü"',
    ' "ü"',
    '"\\ud800"',
    "1e400",
    "1 2",
    "NaN",
    "",
    "[" * 512 + "]" * 512,
    "[" * 513 + "]" * 513,
    '{"a":' * 513 + "1" + "}" * 513,
    "[" + ",".join(["[1]"] * 600) + "]",
    '"' + "[" * 600 + '"',
    "\udcff",
    7,
    1.5,
    float("inf"),
)
ROWS = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.none() | st.text(max_size=5) | st.sampled_from(["\0", '"\\\n\u2028', "\udcff"]),
    st.none() | st.integers(-1, 2),
    *[st.none() | st.floats(allow_nan=False) | st.integers(-(2**63), 2**63 - 1)] * 2,
    st.none() | st.floats(-16, 16) | st.sampled_from([15, -15, 16, float("inf")]),
    *[st.none() | st.sampled_from(TIMES)] * 2,
    st.none() | st.sampled_from(JSONS),
)


def outcome(encode: Any, row: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return "line", encode(row)
    except InvalidValue as error:
        return "refused", error.reason


@given(ROWS)
def test_both_ways_end_alike(row: tuple[Any, ...]) -> None:
    encoder = SQLiteEncoder(COLUMNS)
    assert outcome(encoder.encode, row) == outcome(encoder._carefully, row)


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("json", JSONS)
def test_every_time_and_every_json(time: str, json: Any) -> None:
    encoder = SQLiteEncoder(COLUMNS)
    row = (*PLAIN[:7], time, json)
    assert outcome(encoder.encode, row) == outcome(encoder._carefully, row)


def test_a_plain_row() -> None:
    encoder = SQLiteEncoder(COLUMNS)
    assert [encoder.encode(PLAIN), encoder.encode(PLAIN), encoder._carefully(PLAIN)] == [LINE] * 3


def test_plain_rows_go_the_quick_way() -> None:
    """So that the comparisons above compare two things."""
    encoder = SQLiteEncoder(COLUMNS)
    encoder.encode(PLAIN)
    (shape,) = encoder._shapes.values()
    assert encoder._quickly(shape, PLAIN) == LINE
    assert encoder._quickly(shape, (*PLAIN[:8], '"a\nb"')) == b""


def test_a_line_end_inside_a_string_is_no_json() -> None:
    refused = outcome(SQLiteEncoder(COLUMNS).encode, (*PLAIN[:8], '"a\nb"'))
    assert refused == ("refused", """json is not JSON (invalid character (byte 2)): '"a\\nb"'""")


def test_shapes_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memoria.snapshot.database.sqlite.encoder._SHAPES", 2)
    encoder = SQLiteEncoder(COLUMNS)
    for row in ((1, *[None] * 8), (1, "a", *[None] * 7), (1, None, 0, *[None] * 6)):
        assert encoder.encode(row) == encoder._carefully(row)
    assert len(encoder._shapes) == 1
