from __future__ import annotations

import math
from typing import Any

import pytest

from memoria.json_bytes import encoded
from memoria.snapshot.errors import InvalidValue
from memoria.snapshot.rows.decoder import RowDecoder
from memoria.snapshot.schema.facts import ColumnFacts, TableFacts
from tests.snapshot.snapshots import BY_NAME

CLUSTERS = BY_NAME["clusters"]
MEMORIES = BY_NAME["long_term_memory"]
MEMORY = (
    '"memory_id":"m","processed_data":{},"importance_score":0.5,"category_primary":"c","retention_type":"r",'
    '"namespace":"n","timestamp":"2025-01-02","created_at":"2025-01-02","searchable_content":"t","summary":"s",'
    '"classification":"c","memory_importance":"m","extraction_timestamp":"2025-01-02"'
)


def facts(table: str, *, without: tuple[str, ...] = (), **changes: Any) -> TableFacts:
    """A target that has the table's columns; `changes` are of all columns, or of the one named `only`."""
    only = changes.pop("only", None)
    columns = {
        column.name: ColumnFacts(column.name, "", null=column.null, **(changes if only in (None, column.name) else {}))
        for column in BY_NAME[table].columns
        if column.name not in without
    }
    return TableFacts(table, columns)


def decoded(decoder: RowDecoder, text: str | bytes) -> dict[str, Any]:
    values = decoder.decode(text.encode() if isinstance(text, str) else text)
    assert len(values) == len(decoder.table.columns)
    return {c.name: value for c, value in zip(decoder.table.columns, values, strict=True) if value is not None}


def cluster(members: str | bytes, decoder: RowDecoder | None = None) -> dict[str, Any]:
    """The columns that a cluster has beside its key and its summary."""
    members = members.encode() if isinstance(members, str) else members
    row = decoded(decoder or RowDecoder(CLUSTERS), b'{"id":1,"summary":"s",' + members + b"}")
    assert (row.pop("id"), row.pop("summary")) == (1, "s")
    return row


def refusal(members: str | bytes, decoder: RowDecoder | None = None) -> str:
    with pytest.raises(InvalidValue) as caught:
        cluster(members, decoder)
    return caught.value.reason


def memory(members: str, decoder: RowDecoder | None = None) -> dict[str, Any]:
    return decoded(decoder or RowDecoder(MEMORIES), "{" + MEMORY + "," + members + "}")


def memory_refusal(members: str, decoder: RowDecoder | None = None) -> str:
    with pytest.raises(InvalidValue) as caught:
        memory(members, decoder)
    return caught.value.reason


class TestTypes:
    @pytest.mark.parametrize(
        ("members", "reason"),
        [
            ('"size":"1"', "size is text where a whole number belongs"),
            ('"size":true', "size is true or false where a whole number belongs"),
            ('"size":1.0', "size is a number where a whole number belongs"),
            ('"size":1e2', "size is a number where a whole number belongs"),
            ('"size":[1]', "size is an array where a whole number belongs"),
            ('"size":{}', "size is an object where a whole number belongs"),
            ('"weight":"0.5"', "weight is text where a number belongs"),
            ('"weight":"nan"', "weight is text where a number belongs"),
            ('"weight":true', "weight is true or false where a number belongs"),
            ('"weight":[]', "weight is an array where a number belongs"),
            ('"weight":{}', "weight is an object where a number belongs"),
            ('"last_updated":0', "last_updated is a whole number where text belongs"),
            ('"last_updated":"soon"', "last_updated is not a time: 'soon'"),
            ('"id":null', "id is null, and may not be"),
            ('"summary":null', "summary is null, and may not be"),
            ('"summary":1', "summary is a whole number where text belongs"),
            ('"summary":false', "summary is true or false where text belongs"),
            ('"summary":["s"]', "summary is an array where text belongs"),
            ('"summary":{"s":"s"}', "summary is an object where text belongs"),
            ('"$json_null":null', "$json_null is null, and may not be"),
            ('"$json_null":"centroid"', "$json_null is text where an array belongs"),
        ],
    )
    def test_wrong(self, members: str, reason: str) -> None:
        assert refusal(members) == reason

    @pytest.mark.parametrize("value", ["1", "0", '"true"', '"false"', "[]"])
    def test_a_boolean_is_true_or_false(self, value: str) -> None:
        assert memory_refusal(f'"is_preference":{value}').endswith("where true or false belongs")

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("[]", "is an array, not a row"),
            ("null", "is null, not a row"),
            ("1", "is a whole number, not a row"),
            ('"x"', "is text, not a row"),
            ("{}", "id is missing, and has no default"),
            ('{"id":1}', "summary is missing, and has no default"),
            ('{"id":1,"summary":"s"}}', "is not a JSON object (trailing characters (byte 23))"),
            ('{"id":1,"summary":"s"', "is not a JSON object (Input data was truncated)"),
            ("", "is not a JSON object (Input data was truncated)"),
        ],
    )
    def test_no_row(self, row: str, reason: str) -> None:
        with pytest.raises(InvalidValue) as caught:
            RowDecoder(CLUSTERS).decode(row.encode())
        assert caught.value.reason == reason

    def test_the_last_of_two_equal_keys_wins(self) -> None:
        assert cluster('"size":1,"size":2,"\\u0073ize":3') == {"size": 3}


class TestIntegers:
    @pytest.mark.parametrize("number", [0, -1, 2**53 + 1, 2**63 - 1, -(2**63)])
    def test_64_bits(self, number: int) -> None:
        assert cluster(f'"size":{number}') == ({"size": number})

    @pytest.mark.parametrize("text", ["9223372036854775808", "18446744073709551616", "1" + "0" * 30])
    def test_more(self, text: str) -> None:
        assert refusal(f'"size":{text}') == "size is more than 9223372036854775807, the limit of its column"

    def test_thousands_of_digits(self) -> None:
        assert refusal('"size":' + "9" * 5000) == "size is a number too large for its column"

    def test_less(self) -> None:
        reason = "size is less than -9223372036854775808, the limit of its column"
        assert refusal('"size":-9223372036854775809') == reason

    def test_4_byte_columns(self) -> None:
        decoder = RowDecoder(CLUSTERS, facts("clusters", integer_bits=32))
        assert cluster('"size":2147483647', decoder) == {"size": 2147483647}
        assert refusal('"size":2147483648', decoder) == "size is more than 2147483647, the limit of its column"
        assert refusal('"size":-2147483649', decoder) == "size is less than -2147483648, the limit of its column"


class TestFloats:
    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("0", 0.0),
            ("0.0", 0.0),
            ("0e400", 0.0),
            ("-0", -0.0),
            ("-0.0", -0.0),
            ("-0e1", -0.0),
            ("0.30000000000000004", 0.1 + 0.2),
            ("1e-320", 1e-320),
            ("5e-324", 5e-324),
            ("-2.2250738585072011e-308", -2.2250738585072011e-308),
            ("1.7976931348623157e308", 1.7976931348623157e308),
            ("1", 1.0),
            ("9007199254740992", 2.0**53),
            ("1" + "0" * 300, 1e300),
        ],
    )
    def test_to_the_last_bit(self, text: str, number: float) -> None:
        (found,) = cluster(f'"polarity":{text}').values()
        assert (type(found), found.hex()) == (float, number.hex())

    @pytest.mark.parametrize("text", ["1e400", "-1e400", "1e309", "1e131071", "1" + "0" * 400])
    def test_too_large(self, text: str) -> None:
        assert refusal(f'"polarity":{text}') == "polarity is a number too large for its column"

    @pytest.mark.parametrize("text", ["1e-400", "-1E-400", "2e-324", "0.001e-400"])
    def test_too_small(self, text: str) -> None:
        assert refusal(f'"polarity":{text}') == f"polarity is {text!r}, too small for a float"

    def test_not_finite(self) -> None:
        row = cluster('"polarity":"NaN","subjectivity":"Infinity","weight":"-Infinity"')
        assert math.isnan(row.pop("polarity"))
        assert row == {"subjectivity": math.inf, "weight": -math.inf}

    @pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
    def test_not_finite_out_of_range(self, word: str) -> None:
        assert refusal(f'"y_centroid":"{word}"') == f"y_centroid is {word}, outside -15.0 to 15.0"
        assert refusal(f'"polarity":{word}').startswith("is not a JSON object (")

    def test_range(self) -> None:
        assert cluster('"y_centroid":15,"z_centroid":-15.0') == {"y_centroid": 15.0, "z_centroid": -15.0}
        assert refusal('"y_centroid":15.000000000000002') == "y_centroid is more than 15.0, the limit of its column"
        assert refusal('"z_centroid":-99') == "z_centroid is less than -15.0, the limit of its column"

    def test_without_validation_there_is_no_range(self) -> None:
        assert cluster('"y_centroid":99', RowDecoder(CLUSTERS, validate=False)) == {"y_centroid": 99.0}

    def test_sqlite_holds_no_nan(self) -> None:
        decoder = RowDecoder(CLUSTERS, facts("clusters", holds_nan=False))
        assert refusal('"polarity":"NaN"', decoder) == "polarity is NaN, which SQLite cannot store"
        assert cluster('"polarity":"-Infinity"', decoder) == {"polarity": -math.inf}

    def test_4_byte_columns(self) -> None:
        decoder = RowDecoder(CLUSTERS, facts("clusters", single_precision=True))
        assert cluster('"polarity":0.5,"weight":-0.0', decoder) == {"polarity": 0.5, "weight": 0.0}
        assert decoder.rounded == {}
        assert cluster('"polarity":0.1,"weight":3.4028235e38', decoder) == {"polarity": 0.1, "weight": 3.4028235e38}
        assert cluster('"polarity":0.2,"weight":"Infinity"', decoder) == {"polarity": 0.2, "weight": math.inf}
        assert decoder.rounded == {"polarity": 2, "weight": 1}
        assert refusal('"weight":3.5e38', decoder) == "weight is 3.5e+38, too large for the 4-byte floats of the target"
        assert refusal('"weight":1e-46', decoder) == "weight is 1e-46, too small for the 4-byte floats of the target"


class TestTexts:
    def test_nul(self) -> None:
        text = '"summary":"a\\u0000b","centroid":["\\u0000"]'
        row = decoded(RowDecoder(CLUSTERS), '{"id":1,' + text + "}")
        assert row == {"id": 1, "summary": "a\0b", "centroid": '["\\u0000"]'}
        decoder = RowDecoder(CLUSTERS, facts("clusters", holds_nul=False))
        assert refusal(text, decoder) == "summary holds a NUL character, which PostgreSQL cannot store in text"
        assert cluster('"centroid":["\\u0000"]', decoder) == {"centroid": '["\\u0000"]'}
        row = decoded(decoder, '{"id":1,"summary":"\\\\u0000"}')
        assert row == {"id": 1, "summary": "\\u0000"}

    @pytest.mark.parametrize("text", ["\\ud800", "\\udc00\\ud800", "a\\udfff", "\\ud83d\\ud83d\\ude00"])
    def test_half_a_surrogate_pair(self, text: str) -> None:
        assert refusal(f'"summary":"{text}"') == "summary holds half a surrogate pair, which no database can store"
        assert cluster(f'"centroid":["{text}"],"weight":0') == {"centroid": f'["{text}"]', "weight": 0.0}
        assert cluster(f'"centroid":"{text}","centroid":[1]') == {"centroid": "[1]"}

    def test_a_whole_surrogate_pair(self) -> None:
        row = decoded(RowDecoder(CLUSTERS), r'{"id":1,"summary":"\ud83d\ude00","centroid":"\ud83d\ude00"}')
        assert row == {"id": 1, "summary": "😀", "centroid": r'"\ud83d\ude00"'}

    @pytest.mark.parametrize("data", [b"\xff", b"\xed\xa0\x80", b"\xc3"])
    def test_not_utf_8(self, data: bytes) -> None:
        reason = f"is not UTF-8: byte 0x{data[0]:02x} at position 36"
        assert refusal(b'"centroid":"  ' + data + b'"') == reason
        assert refusal(b'"summary":"   ' + data + b'"') == reason

    def test_length_in_characters(self) -> None:
        decoder = RowDecoder(MEMORIES, facts("long_term_memory", only="topic", max_length=5))
        assert memory('"topic":"😀😀😀😀é"', decoder)["topic"] == "😀😀😀😀é"
        reason = "topic is longer than the 5 characters that its column holds"
        assert memory_refusal('"topic":"abcdef"', decoder) == reason
        assert memory('"topic":"abcdef"')["topic"] == "abcdef"

    @pytest.mark.parametrize("text", ["\r\n", "\u2028\u2029\x85", "\ufeff", "'; DROP TABLE x; --", "\x1b[2J", "\u202e"])
    def test_odd_ones_are_kept(self, text: str) -> None:
        data = encoded({"id": 1, "summary": text})
        assert decoded(RowDecoder(CLUSTERS), data) == {"id": 1, "summary": text}


class TestJSONColumns:
    def test_null(self) -> None:
        assert cluster('"centroid":null') == {}
        assert cluster('"centroid":null,"$json_null":["centroid"]') == {"centroid": "null"}
        assert cluster('"$json_null":["centroid"]') == {}
        assert cluster('"centroid":[null],"$json_null":["centroid"]') == {"centroid": "[null]"}
        assert cluster('"centroid":"null"') == {"centroid": '"null"'}

    def test_null_where_it_may_not_be(self) -> None:
        assert memory_refusal('"processed_data":null') == "processed_data is null, and may not be"
        assert memory('"processed_data":null,"$json_null":["processed_data"]')["processed_data"] == "null"

    @pytest.mark.parametrize(
        "text", ["1.10", "1e2", "-0.0", "1e400", "1e-400", "9" * 5000, "9223372036854775808", '{"a":1,"a":2}']
    )
    def test_text_is_kept(self, text: str) -> None:
        assert cluster(f'"centroid": {text} ') == {"centroid": text}

    @pytest.mark.parametrize(
        "text", ["0", "-12", "1.5", "1.10", "1e2", "999999999999999999", '"1.10"', "[1e400]", "true", "0.0"]
    )
    def test_numeric_affinity_keeps(self, text: str) -> None:
        decoder = RowDecoder(CLUSTERS, facts("clusters", affinity="NUMERIC"))
        assert cluster(f'"centroid":{text}', decoder) == {"centroid": text}

    @pytest.mark.parametrize(
        "text",
        [
            *("1e400", "-1e400", "1e-400", "1e-99999999999999999999", "9007199254740993.5", "-0.0", "-0"),
            *("0.1000000000000000055511151231257827", "1" + "0" * 30 + "1", "1e99999999999999999999"),
        ],
    )
    def test_numeric_affinity_would_change(self, text: str) -> None:
        decoder = RowDecoder(CLUSTERS, facts("clusters", affinity="NUMERIC"))
        reason = f"centroid holds the number {text!r}, which this SQLite column would round"
        assert refusal(f'"centroid":{text}', decoder) == reason


class TestBareNumbers:
    """The older layouts hold NaN and Infinity as bare words."""

    def legacy(self) -> RowDecoder:
        decoder = RowDecoder(CLUSTERS)
        decoder.legacy = True
        return decoder

    def test_read(self) -> None:
        decoder = self.legacy()
        row = cluster('"polarity":NaN,"weight":-Infinity,"centroid":[NaN,1.10],"subjectivity":0', decoder)
        assert math.isnan(row.pop("polarity"))
        assert row == {"weight": -math.inf, "centroid": '["NaN",1.10]', "subjectivity": 0.0}
        assert decoder.bare_numbers == 3

    def test_beside_half_a_surrogate_pair(self) -> None:
        row = cluster('"weight":Infinity,"centroid":[NaN,"\\ud800"]', self.legacy())
        assert row == {"weight": math.inf, "centroid": '["NaN","\\ud800"]'}

    @pytest.mark.parametrize("members", ['"weight":nan', '"size":NaN', '"weight":NaN}', "NaN:1"])
    def test_refused(self, members: str) -> None:
        decoder = self.legacy()
        assert refusal(members, decoder)
        assert decoder.bare_numbers == 0

    def test_out_of_range(self) -> None:
        assert refusal('"y_centroid":NaN', self.legacy()) == "y_centroid is NaN, outside -15.0 to 15.0"


class TestColumns:
    def test_defaults_are_counted(self) -> None:
        decoder = RowDecoder(MEMORIES)
        text = '{"memory_id":"m","processed_data":{},"category_primary":"c","searchable_content":"t","summary":"s"}'
        row = decoded(decoder, text)
        moment = row.pop("created_at")
        assert len(moment) == 27
        assert row == {
            "memory_id": "m",
            "processed_data": "{}",
            "importance_score": 0.5,
            "category_primary": "c",
            "retention_type": "long_term",
            "namespace": "default",
            "timestamp": row["timestamp"],
            "searchable_content": "t",
            "summary": "s",
            "classification": "conversational",
            "memory_importance": "medium",
            "extraction_timestamp": row["extraction_timestamp"],
        }
        assert decoded(decoder, text)["created_at"] == moment
        counted = ["importance_score", "retention_type", "namespace", "timestamp", "created_at", "classification"]
        assert decoder.defaulted == dict.fromkeys([*counted, "memory_importance", "extraction_timestamp"], 2)

    def test_unknown(self) -> None:
        with pytest.raises(InvalidValue) as caught:
            cluster('"new":1,"weight":2,"ne\\nwer":{}')
        assert caught.value.unknown == "new"
        assert caught.value.reason == (
            "unknown column 'new', 'ne\\nwer': update this program, or leave unknown columns out with"
            " ⟨ignore_unknown=True⟩"
        )

    def test_unknown_ignored(self) -> None:
        decoder = RowDecoder(CLUSTERS, ignore_unknown=True)
        assert cluster('"new":[1,{}],"weight":-0,"newer":"\\ud800"', decoder) == {"weight": 0.0}
        assert cluster('"new":null', decoder) == {}
        assert decoder.ignored == {"new": 2, "newer": 1}

    @pytest.mark.parametrize("ignore_unknown", [False, True])
    def test_unknown_before_broken_json(self, ignore_unknown: bool) -> None:
        decoder = RowDecoder(CLUSTERS, ignore_unknown=ignore_unknown)
        assert refusal('"new":1,"weight":NaN', decoder) == "is not a JSON object (invalid character (byte 39))"
        assert refusal('"new":1,"weight":', decoder) == "is not a JSON object (invalid character (byte 39))"
        assert decoder.ignored == {}

    def test_missing_in_the_target(self) -> None:
        lacking = facts("clusters", without=("weight",))
        decoder = RowDecoder(CLUSTERS, lacking)
        assert cluster('"size":1', decoder) == {"size": 1}
        assert cluster('"weight":null', decoder) == {}
        assert refusal('"weight":0.5', decoder) == (
            "the target database has no column 'weight': update its schema, "
            "or leave the column out with ⟨ignore_unknown=True⟩"
        )
        decoder = RowDecoder(CLUSTERS, lacking, ignore_unknown=True)
        assert cluster('"weight":0.5', decoder) == {}
        assert decoder.ignored == {"weight": 1}

    def test_not_null_in_the_target_only(self) -> None:
        columns = {**facts("clusters").columns, "size": ColumnFacts("size", "", null=False)}
        decoder = RowDecoder(CLUSTERS, TableFacts("clusters", columns))
        assert refusal('"size":null', decoder) == "size is null, and may not be"


class TestDepth:
    def test_the_row_does_not_count(self) -> None:
        text = "[" * 512 + "]" * 512
        assert cluster(f'"centroid":{text}') == {"centroid": text}
        assert refusal(f'"centroid":[{text}]') == "nests arrays and objects more than 512 deep"

    def test_without_recursion(self) -> None:
        assert refusal('"centroid":' + "[" * 1_000_000) == "nests arrays and objects more than 512 deep"


class TestKey:
    @pytest.mark.parametrize(
        ("row", "key"),
        [
            (b'{"id":7,"summary":1}', "7"),
            (b'{"summary":1,"id":"7"}', "7"),
            (b'{"summary":1}', None),
            (b'{"id":7', None),
            (b'{"id":"\\ud800"}', None),
            (b"[]", None),
            (b"\xff", None),
            (b"[" * 100_000, None),
        ],
    )
    def test_key(self, row: bytes, key: str | None) -> None:
        assert RowDecoder(CLUSTERS).key(row) == key
