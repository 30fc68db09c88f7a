from __future__ import annotations

import pytest

from memoria.snapshot.errors import InvalidValue
from memoria.snapshot.rows.values import check_depth, check_json, mask_lone_surrogates, one_line, quote_bare_numbers
from memoria.snapshot.times import canonical_time
from memoria.text import shown


class TestCanonicalTime:
    @pytest.mark.parametrize(
        ("text", "canonical"),
        [
            ("2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.123456Z"),
            ("2026-01-02T03:04:05.123456", "2026-01-02T03:04:05.123456Z"),
            ("2026-01-02 03:04:05.123456", "2026-01-02T03:04:05.123456Z"),
            ("2026-01-02t03:04:05z", "2026-01-02T03:04:05.000000Z"),
            ("2026-01-02T03:04:05.1", "2026-01-02T03:04:05.100000Z"),
            ("2026-01-02T03:04:05.123", "2026-01-02T03:04:05.123000Z"),
            ("2026-01-02T03:04:05.123456000Z", "2026-01-02T03:04:05.123456Z"),
            ("2026-01-02", "2026-01-02T00:00:00.000000Z"),
            ("2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05.000000Z"),
            ("2026-01-02T03:04:05-00:00", "2026-01-02T03:04:05.000000Z"),
            ("2026-01-02T03:04:05+05:45", "2026-01-01T21:19:05.000000Z"),
            ("2026-01-02T03:04:05+0545", "2026-01-01T21:19:05.000000Z"),
            ("2026-01-02 03:04:05.5-11:30", "2026-01-02T14:34:05.500000Z"),
            ("2025-06-01T12:00:00+02:00Z", "2025-06-01T10:00:00.000000Z"),
            # The hours that clocks skip or repeat in summer and winter are hours like any other in UTC.
            ("2026-03-29T02:30:00", "2026-03-29T02:30:00.000000Z"),
            ("2026-10-25T02:30:00", "2026-10-25T02:30:00.000000Z"),
            ("2024-02-29T00:00:00", "2024-02-29T00:00:00.000000Z"),
            ("0001-01-01T00:00:00", "0001-01-01T00:00:00.000000Z"),
            ("0009-12-31T23:59:59.999999Z", "0009-12-31T23:59:59.999999Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
            ("0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00.000000Z"),
        ],
    )
    def test_accepted(self, text: str, canonical: str) -> None:
        assert canonical_time(text) == canonical
        assert canonical_time(canonical) == canonical

    @pytest.mark.parametrize(
        "text",
        [
            *("", "yesterday", "now", "infinity", "-infinity", "epoch", "1767322800", "1767322800.5", "2026"),
            *("2026-01", "2026-01-02T", "2026-01-02T03", "2026-01-02T03:04", "20260102T030405Z", "2026-W01-1"),
            *("2026-1-2", "26-01-02", "12026-01-02", "-2026-01-02", "+2026-01-02", "2026/01/02", "02.01.2026"),
            *("2026-01-02T03:04:05.1234567", "2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05,123456Z"),
            *("2026-01-02T03:04:05.", "2026-01-02T24:00:00", "2026-01-02T24:00:00.000000Z", "2026-01-02  03:04:05"),
            *("2026-01-02T03:04:05 +00:00", "2026-01-02T03:04:05+02", "2026-01-02T03:04:05+02:00:30", "2026-001"),
            *("2026-01-02T03:04:05Z+02:00", "2026-01-02T03:04:05ZZ", "2026-01-02Z", " 2026-01-02", "2026-01-02 "),
            *("2026-01-02T03:04:05Z\n", "2026-01-02T03:04:05 UTC", "2026-01-02T03:04:05 Europe/Vienna"),
            *(
                # As long as the usual spellings, and not one of them.
                "2026-11-22T10:00:00.12345ZZ",
                "2026-11-22 10:00:00.123+02",
                "2026-11-22T24:00:00.000000Z",
                "2026-01-02 03:04:05 BC",
                "2026-01-02T3:04:05",
                "\uff12\uff10\uff12\uff16-01-02",
                "2026-01-02T03:04:05\0",
            ),
        ],
    )
    def test_no_time(self, text: str) -> None:
        with pytest.raises(InvalidValue) as caught:
            canonical_time(text)
        assert caught.value.reason == f"is not a time: {shown(text)}"

    @pytest.mark.parametrize(
        "text",
        [
            *("2026-02-30T00:00:00", "2025-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-04-31T00:00:00Z"),
            *("2026-01-02T03:60:00", "2026-01-02T03:04:60", "2016-12-31T23:59:60Z", "0000-01-01T00:00:00"),
            *("2026-01-02T03:04:05+24:00", "2026-01-02T03:04:05-99:99", "0001-01-01T00:00:00+00:01"),
            *("9999-12-31T23:59:59.999999-00:01",),
        ],
    )
    def test_no_moment(self, text: str) -> None:
        with pytest.raises(InvalidValue) as caught:
            canonical_time(text)
        assert caught.value.reason == f"is not a time between the years 1 and 9999: {text!r}"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        # As long as the usual spellings, and to be read with care.
        ("2026-11-22T10:00:00.12345Z", "2026-11-22T10:00:00.123450Z"),
        ("2026-11-22 10:00:00.1+0200", "2026-11-22T08:00:00.100000Z"),
        ("2026-11-22T10:00:00.1+02:00", "2026-11-22T08:00:00.100000Z"),
        ("2026-11-22T10:00:00.1234560", "2026-11-22T10:00:00.123456Z"),
    ],
)
def test_spellings_of_the_usual_length(text: str, moment: str) -> None:
    assert canonical_time(text) == moment


class TestCheckJSON:
    def test_accepted(self) -> None:
        for text in (b"null", b' {"a": [1e999, "\\ud800"]} ', b"[" * 512 + b"]" * 512, b'"' + b"[" * 600 + b'"'):
            check_json(text)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (b"", "is not JSON (Input data was truncated): ''"),
            (b"[1,]", "is not JSON (trailing comma in array (byte 3)): '[1,]'"),
            (b"NaN", "is not JSON (invalid character (byte 0)): 'NaN'"),
            (b'"\\ud800" 1', "is not JSON (trailing characters (byte 10)): '\"\\\\ud800\" 1'"),
            (b"[" * 513 + b"]" * 513, "nests arrays and objects more than 512 deep"),
            (b"[" * 1_000_000, "nests arrays and objects more than 512 deep"),
        ],
    )
    def test_refused(self, text: bytes, reason: str) -> None:
        with pytest.raises(InvalidValue) as caught:
            check_json(text)
        assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        (b"[" * 512 + b"]" * 512, 512),
        (b"[[]]" * 1000, 2),
        (b'{"a":' * 300 + b"[" * 300, 600),
        (b'["' + b"[" * 2000 + b'"]', 1),
        (b'["\\"' + b"[" * 2000 + b'\\\\"]', 1),
        (b'["\\\\", ' + b"[" * 700, 701),
    ],
)
def test_check_depth(text: bytes, depth: int) -> None:
    check_depth(text, max(depth, 512))
    if depth >= 512:
        with pytest.raises(InvalidValue, match="nests arrays and objects more than"):
            check_depth(text, depth - 1)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (rb'"\ud83d\ude00"', rb'"\ud83d\ude00"'),
        (rb'"\ud83d"', rb'"\ufffd"'),
        (rb'"\ude00\ud83d"', rb'"\ufffd\ufffd"'),
        (rb'"\ud83d\ud83d\ude00"', rb'"\ufffd\ud83d\ude00"'),
        (rb'"\ud83d \ude00"', rb'"\ufffd \ufffd"'),
        (rb'"\\ud83d"', rb'"\\ud83d"'),
        (rb'"\\\ud83d"', rb'"\\\ufffd"'),
        (rb'"\uDBFF\uDFFF\uD800"', rb'"\uDBFF\uDFFF\ufffd"'),
        (rb'"\ud83d\n\ude00"', rb'"\ufffd\n\ufffd"'),
        (b"[1]", b"[1]"),
    ],
)
def test_mask_lone_surrogates(text: bytes, masked: bytes) -> None:
    assert mask_lone_surrogates(text) == masked
    assert len(text) == len(masked)


@pytest.mark.parametrize(
    ("text", "quoted", "count"),
    [
        (b"[NaN, Infinity, -Infinity]", b'["NaN", "Infinity", "-Infinity"]', 3),
        (b'{"a":NaN}', b'{"a":"NaN"}', 1),
        (b'{"NaN": "-Infinity"}', b'{"NaN": "-Infinity"}', 0),
        (b'{"\\"NaN": "\\\\", "b": NaN}', b'{"\\"NaN": "\\\\", "b": "NaN"}', 1),
        (b"{NaN: 1}", b"{NaN: 1}", 0),
        (b"[NaNs, xNaN, 1NaN, NaN_]", b"[NaNs, xNaN, 1NaN, NaN_]", 0),
    ],
)
def test_quote_bare_numbers(text: bytes, quoted: bytes, count: int) -> None:
    assert quote_bare_numbers(text) == (quoted, count)


def test_one_line() -> None:
    assert one_line('{\r\n "a":\n1}') == '{   "a": 1}'
    assert one_line('{"a\\n": 1}') == '{"a\\n": 1}'


def test_shown() -> None:
    assert shown("it's") == '"it\'s"'
    assert shown("\x1b[31m\n") == "'\\x1b[31m\\n'"
    assert shown("\u202e") == "'\\u202e'"
    assert shown(b"\xff") == "'\\\\xff'"
    assert shown(12.5) == "12.5"
    assert shown("x" * 100) == "'" + "x" * 58 + "…"
