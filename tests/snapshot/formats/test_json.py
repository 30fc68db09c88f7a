from __future__ import annotations

import hashlib
import json
import math
import time
from typing import Any

import pytest

from memoria.snapshot import formats
from memoria.snapshot.errors import EditedSnapshot, InvalidSnapshot, InvalidValue
from memoria.snapshot.formats.json import JSONReader
from tests.snapshot.snapshots import Read, cluster, read, resealed, snapshot

MEMBER = '{"id":1,"memory_id":"m","summary":"s","cluster_id":1}'
CONTENT = snapshot(
    "json", {"clusters": [cluster(n) for n in (1, 2, 3)], "cluster_members": [MEMBER], "memory_relationships": []}
)
DOCUMENT = json.loads(CONTENT)
ROWS = [
    ("clusters", 6, {"id": 1, "summary": "s"}),
    ("clusters", 7, {"id": 2, "summary": "s"}),
    ("clusters", 8, {"id": 3, "summary": "s"}),
    ("cluster_members", 11, {"id": 1, "memory_id": "m", "summary": "s", "cluster_id": 1}),
]
COUNTS = {"clusters": 3, "cluster_members": 1, "memory_relationships": 0}

each_chunk = pytest.mark.parametrize("chunk", [1, 2, 7, 100, 1 << 16])

PARTS = "its parts are metadata, payload (the rows of each table) and integrity"


def refusal(content: bytes | str, **options: Any) -> str:
    content = content.encode() if isinstance(content, str) else content
    with pytest.raises(InvalidSnapshot) as caught:
        print(read(content, format="json", **options).rows)
    return str(caught.value)


def edited(content: bytes | str) -> Read:
    """The rows of a snapshot that is read only where edits are allowed."""
    content = content.encode() if isinstance(content, str) else content
    with pytest.raises(EditedSnapshot) as caught:
        read(content)
    assert str(caught.value) == (
        "the file is complete, but was edited after its export (its sha256 does not match): "
        "check it, then import it with ⟨allow_edited=True⟩"
    )
    result = read(content, allow_edited=True)
    assert result.reader.edited
    for chunk in (1, 7):
        assert read(content, allow_edited=True, chunk=chunk).rows == result.rows
    return result


def contents(result: Read) -> list[tuple[str, dict[str, Any]]]:
    return [(table, row) for table, _, row in result.rows]


def test_what_is_written() -> None:
    before, footer, _ = CONTENT.decode().partition('"integrity": ')
    assert before == (
        '{\n"metadata": {"format": "memoria-snapshot", "version": 1, '
        '"tables": ["clusters", "cluster_members", "memory_relationships"]},\n'
        '"payload": {\n"namespaces": {},\n'
        '"clusters": [\n{"id": 1, "summary": "s"},\n{"id": 2, "summary": "s"},\n{"id": 3, "summary": "s"}\n],\n'
        f'"cluster_members": [\n{MEMBER}\n],\n'
        '"memory_relationships": [\n]\n},\n'
    )
    assert DOCUMENT["integrity"] == {"counts": COUNTS, "sha256": hashlib.sha256(before.encode()).hexdigest()}
    assert CONTENT.decode() == before + footer + json.dumps(DOCUMENT["integrity"]) + "\n}\n"


@each_chunk
def test_chunks(chunk: int) -> None:
    result = read(CONTENT, chunk=chunk)
    assert type(result.reader) is JSONReader
    assert result.rows == ROWS
    assert result.reader.counts == COUNTS
    assert (result.reader.edited, result.reader.legacy) == (False, False)


def test_no_tables() -> None:
    result = read(snapshot("json", {}))
    assert (result.rows, result.reader.counts) == ([], {})


class TestIndentation:
    @pytest.mark.parametrize("indent", [0, 1, 2, 4, "\t", " \t "])
    def test_pretty(self, indent: int | str) -> None:
        assert contents(edited(json.dumps(DOCUMENT, indent=indent))) == [(table, row) for table, _, row in ROWS]

    def test_lines_of_pretty_rows(self) -> None:
        rows = edited(json.dumps(DOCUMENT, indent=2)).rows
        text = json.dumps(DOCUMENT, indent=2).splitlines()
        assert [line for _, line, _ in rows] == [n for n, line in enumerate(text, 1) if line == "      {"]

    @pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" ,\t", " :\r\n")])
    def test_compact(self, separators: tuple[str, str]) -> None:
        text = json.dumps(DOCUMENT, separators=separators)
        assert contents(edited(text)) == [(table, row) for table, _, row in ROWS]

    def test_carriage_returns(self) -> None:
        assert edited(CONTENT.replace(b"\n", b"\r\n")).rows == ROWS

    @pytest.mark.parametrize("end", [b"", b"\r\n", b"\n\n", b" \n"])
    def test_the_last_line_end(self, end: bytes) -> None:
        """It is behind the digest, and yet part of the file."""
        assert edited(CONTENT[:-1] + end).rows == ROWS

    def test_a_row_over_several_lines(self) -> None:
        """In a file that is otherwise as we write it, also where a line looks like the whole row before another."""
        row = '{"id": 2, "summary": "{}", "centroid": [{"a": 1},\n{"b": 2},\n{}],\n"size": 1}'
        result = edited(CONTENT.replace(b'{"id": 2, "summary": "s"}', row.encode()))
        changed = {"id": 2, "summary": "{}", "centroid": '[{"a": 1}, {"b": 2}, {}]', "size": 1}
        assert contents(result) == [(table, changed if row.get("id") == 2 else row) for table, _, row in ROWS]
        assert [line for _, line, _ in result.rows] == [6, 7, 11, 14]

    def test_braces_inside_strings(self) -> None:
        rows = [cluster(1, centroid="{"), cluster(2, centroid="]},{["), cluster(3, centroid="},\\n{")]
        assert [row["centroid"] for _, _, row in read(snapshot("json", {"clusters": rows})).rows] == [
            '"{"',
            '"]},{["',
            '"},\\\\n{"',
        ]

    def test_order_of_keys(self) -> None:
        before_metadata = {key: DOCUMENT[key] for key in ("payload", "metadata", "integrity")}
        assert contents(edited(json.dumps(before_metadata))) == [(table, row) for table, _, row in ROWS]


def test_many_rows_over_several_lines_take_linear_time() -> None:
    """Even where the file begins as ours do, so that each row is first taken for a line."""
    rows = [cluster(n).replace(", ", ",\n") for n in range(30_000)]
    content = snapshot("json", {"clusters": rows})
    started = time.thread_time()
    reader = formats.read(iter([content]), "json", allow_edited=False)
    assert sum(1 for _ in reader) == 30_000
    assert time.thread_time() - started < 3


class TestByHand:
    def test_a_value(self) -> None:
        result = edited(CONTENT.replace(b'"id": 2, "summary": "s"', b'"id": 2, "summary": "by hand"'))
        assert result.rows == [ROWS[0], ("clusters", 7, {"id": 2, "summary": "by hand"}), *ROWS[2:]]

    def test_a_row_less(self) -> None:
        content = CONTENT.replace(b'{"id": 2, "summary": "s"},\n', b"")
        message = "the file is not whole: it holds 2 rows of clusters and promises 3"
        assert refusal(content) == refusal(content, allow_edited=True) == refusal(resealed(content)) == message

    def test_an_empty_table_less(self) -> None:
        content = CONTENT.replace(b'],\n"memory_relationships": [\n]', b"]")
        assert edited(content).rows == ROWS

    def test_a_table_more(self) -> None:
        content = resealed(CONTENT.replace(b'"memory_relationships": [\n]', b'"memory_relationships": [\n],\n"x": []'))
        assert refusal(content) == "the tables in the footer are not those that the header promises"


def changed(**parts: Any) -> str:
    return json.dumps({key: value for key, value in {**DOCUMENT, **parts}.items() if value is not None})


FOOTER = DOCUMENT["integrity"]
UNSEALED = json.dumps({key: DOCUMENT[key] for key in ("metadata", "payload")})


class TestRefused:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("", "the file is not a snapshot: it does not begin with '{'"),
            ("[]", "the file is not a snapshot: it does not begin with '{'"),
            ("{}", "the file has no header: it is cut, or not a snapshot"),
            ("{", "line 1: the file is cut: it ends where a quoted name should follow"),
            ('{"x": 1}', f"line 1: 'x' is no part of a snapshot: {PARTS}"),
            ('{"meta\\u0064ata": 1}', "the header is not an object"),
            (
                '{"metadata": {}}',
                "the header is not that of a memoria snapshot: it names neither its format nor its tables",
            ),
            (changed(metadata=None), "the file has no header: it is cut, or not a snapshot"),
            (changed(integrity=None), "the file is cut: its footer is missing"),
            (changed(payload=None), "the file is not whole: it holds 0 rows of cluster_members and promises 1"),
            (changed(payload=[]), "line 1: not JSON: '[' where '{' should follow"),
            (changed(payload={"clusters": {}}), "line 1: not JSON: '{' where '[' should follow"),
            (changed(payload={"clusters": 1}), "line 1: not JSON: '1' where '[' should follow"),
            (changed(integrity=[]), "the footer does not hold exactly counts and sha256"),
            (changed(integrity={"counts": COUNTS}), "the footer does not hold exactly counts and sha256"),
            (changed(integrity={**FOOTER, "more": 1}), "the footer does not hold exactly counts and sha256"),
            (
                changed(integrity={**FOOTER, "counts": {**COUNTS, "clusters": 4}}),
                "the file is not whole: it holds 3 rows of clusters and promises 4",
            ),
            (
                changed(integrity={**FOOTER, "counts": {"clusters": 3}}),
                "the tables in the footer are not those that the header promises",
            ),
            (changed(more=1), f"line 1: 'more' is no part of a snapshot: {PARTS}"),
            (json.dumps({"integrity": FOOTER, **DOCUMENT}), "line 1: data follows the footer"),
            (
                json.dumps({"metadata": DOCUMENT["metadata"], "integrity": FOOTER, "payload": {}}),
                "line 1: data follows the footer",
            ),
            (UNSEALED[:-1] + ', "payload": {}}', "line 1: the key 'payload' occurs twice"),
            (UNSEALED[:-1] + ', "p\\u0061yload": {}}', "line 1: the key 'payload' occurs twice"),
            (UNSEALED[:-1] + ', "metadata": {}}', "line 1: the key 'metadata' occurs twice"),
            (UNSEALED[:-1] + ', "data": {"clusters": []}}', "line 1: the table clusters occurs twice"),
            (UNSEALED[:-1] + ', "data": {"others": []}}', "the file is cut: its footer is missing"),
            (changed(data={}, payload=None, integrity=None), "the file is cut: its footer is missing"),
            ('{"payload": {"clusters": [], "clusters": []}}', "line 1: the key 'clusters' occurs twice"),
            ('{"payload": {"clusters": [],\n"\\u0063lusters": []}}', "line 2: the key 'clusters' occurs twice"),
            (
                '{"payload": {"relationships": [], "memory_relationships": []}}',
                "line 1: the table memory_relationships occurs twice",
            ),
            ('{"payload": {"clusters": [,]}}', "line 1: not JSON: ',' where a value should follow"),
            ('{"payload": {"clusters": [{},]}}', "line 1: not JSON: ']' where a value should follow"),
            ('{"payload": {"clusters": [{} {}]}}', "line 1: not JSON: '{' where ']' should follow"),
            ('{"payload": {"clusters": []]}', "line 1: not JSON: ']' where '}' should follow"),
            ('{"payload": {"namespaces": {"a": {}, "a": {}}}}', "the key 'a' occurs twice in the table of namespaces"),
        ],
    )
    @pytest.mark.parametrize("chunk", [1, 1 << 16])
    def test_message(self, content: str, message: str, chunk: int) -> None:
        decoders: dict[str, Any] = {"none": None}
        for allow_edited in (False, True):
            assert refusal(content, chunk=chunk, allow_edited=allow_edited, using=decoders) == message

    @pytest.mark.parametrize("added", [b"{}", CONTENT, b"garbage", b"\n\n,", b"\xff"])
    def test_data_after_the_end(self, added: bytes) -> None:
        line = 18 + added.startswith(b"\n\n") * 2
        message = f"line {line}: data follows the end of the snapshot"
        assert refusal(CONTENT + added) == refusal(CONTENT + added, allow_edited=True) == message

    def test_a_row_that_is_no_row(self) -> None:
        content = CONTENT.replace(b'{"id": 2, "summary": "s"}', b"[2]")
        with pytest.raises(InvalidValue) as caught:
            read(resealed(content))
        assert caught.value.reason == "is an array, not a row"

    @pytest.mark.parametrize("tables", [["cluster_members", "clusters", "memory_relationships"], [], None, {}])
    def test_tables_of_the_header(self, tables: object) -> None:
        content = snapshot("json", {"clusters": []}, tables=tables)
        message = "the tables in the footer are not those that the header promises"
        assert refusal(content) == refusal(content, allow_edited=True) == message

    def test_older_layout_under_a_new_header(self) -> None:
        message = "the file has the header of one layout and the rows of another"
        content = CONTENT.replace(b'"payload"', b'"data"')
        assert refusal(resealed(content)) == refusal(content, allow_edited=True) == message
        content = CONTENT.replace(b'"memory_relationships": [', b'"relationships": [')
        assert refusal(resealed(content)) == refusal(content, allow_edited=True) == message


class TestLayoutA:
    DOCUMENT = {
        "metadata": {"tables": [{"name": "clusters", "row_count": 1}, {"name": "others", "row_count": 2}]},
        "data": {"clusters": [{"id": 1, "summary": "s", "weight": float("nan")}], "others": [{}, {}]},
    }

    @pytest.mark.parametrize("keys", [("metadata", "data"), ("data", "metadata")])
    @pytest.mark.parametrize("indent", [None, 2, "\t"])
    def test_read(self, keys: tuple[str, str], indent: int | str | None) -> None:
        text = json.dumps({key: self.DOCUMENT[key] for key in keys}, indent=indent)
        result = read(text.encode())
        ((table, _, row),) = result.rows
        assert (table, math.isnan(row.pop("weight")), row) == ("clusters", True, {"id": 1, "summary": "s"})
        assert result.reader.counts == {"clusters": 1, "others": 2}
        assert result.reader.header is not None
        assert (result.reader.header.layout, result.reader.legacy) == ("A", True)

    def test_counts(self) -> None:
        document = {**self.DOCUMENT, "data": {"clusters": [], "others": [{}, {}]}}
        message = "the file is not whole: it holds 0 rows of clusters and promises 1"
        assert refusal(json.dumps(document)) == message

    def test_a_footer(self) -> None:
        document = {**self.DOCUMENT, "integrity": {"counts": {}, "sha256": ""}}
        assert refusal(json.dumps(document)) == "the file has the footer of one layout and the header of another"


class TestLayoutC:
    DOCUMENT = {
        "metadata": {"exported_at": 5, "counts": {"clusters": 1, "relationships": 0, "namespaces": 7}},
        "payload": {
            "relationships": [],
            "clusters": [{"id": 1, "weight": float("inf"), "summary": "s"}],
            "namespaces": ["a"],
        },
    }

    @pytest.mark.parametrize("keys", [("metadata", "payload"), ("payload", "metadata")])
    @pytest.mark.parametrize("indent", [None, 2])
    def test_read(self, keys: tuple[str, str], indent: int | None) -> None:
        result = read(json.dumps({key: self.DOCUMENT[key] for key in keys}, indent=indent).encode())
        assert contents(result) == [("clusters", {"id": 1, "summary": "s", "weight": float("inf")})]
        assert result.reader.counts == {"memory_relationships": 0, "clusters": 1}
        assert result.reader.namespaces == {}
        assert result.reader.header is not None
        assert (result.reader.header.layout, result.reader.header.exported_at) == ("C", "")

    def test_counts(self) -> None:
        document = {**self.DOCUMENT, "metadata": {"counts": {"clusters": 1, "relationships": 1}}}
        message = "the file is not whole: it holds 0 rows of memory_relationships and promises 1"
        assert refusal(json.dumps(document)) == message
