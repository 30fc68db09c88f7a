from __future__ import annotations

import hashlib

import pytest

from memoria.snapshot.errors import EditedSnapshot, InvalidSnapshot
from memoria.snapshot.formats.ndjson import NDJSONReader
from tests.snapshot.snapshots import Read, cluster, read, resealed, snapshot

CONTENT = snapshot("ndjson", {"clusters": [cluster(1), cluster(2, summary="é\u2028")], "cluster_members": []})
MEMBER = '{"id":1,"memory_id":"m","summary":"s","cluster_id":1}'
ROWS = [
    ("clusters", 3, {"id": 1, "summary": "s"}),
    ("clusters", 4, {"id": 2, "summary": "é\u2028"}),
]
LINES = CONTENT.splitlines(keepends=True)
DIGEST = hashlib.sha256(b"".join(LINES[:-1])).hexdigest()
HEADER_B = (
    b'{"metadata": {"format": "ndjson", "tables": [{"name": "clusters", "row_count": 1}, '
    b'{"name": "cluster_members", "row_count": 1}]}}\n'
)
ROWS_B = b'{"table": "clusters", "data": %b}\n{"table": "cluster_members", "data": %b}\n' % (
    cluster().encode(),
    MEMBER.encode(),
)

each_chunk = pytest.mark.parametrize("chunk", [1, 2, 7, 100, 1 << 16])


def refusal(content: bytes, **options: bool) -> str:
    with pytest.raises(InvalidSnapshot) as caught:
        print(read(content, format="ndjson", **options).rows)  # type: ignore[arg-type]
    return str(caught.value)


def edited(content: bytes) -> Read:
    """The rows of a snapshot that is read only where edits are allowed."""
    with pytest.raises(EditedSnapshot) as caught:
        read(content)
    assert str(caught.value) == (
        "the file is complete, but was edited after its export (its sha256 does not match): "
        "check it, then import it with ⟨allow_edited=True⟩"
    )
    result = read(content, allow_edited=True)
    assert result.reader.edited
    return result


def test_what_is_written() -> None:
    assert CONTENT.decode() == (
        '{"metadata": {"format": "memoria-snapshot", "version": 1, "tables": ["clusters", "cluster_members"]}}\n'
        '{"namespaces": {}}\n'
        '{"table": "clusters", "data": {"id": 1, "summary": "s"}}\n'
        '{"table": "clusters", "data": {"id": 2, "summary": "é\u2028"}}\n'
        '{"integrity": {"counts": {"clusters": 2, "cluster_members": 0}, '
        f'"sha256": "{DIGEST}"}}}}\n'
    )


@each_chunk
def test_chunks(chunk: int) -> None:
    result = read(CONTENT, chunk=chunk)
    assert type(result.reader) is NDJSONReader
    assert result.rows == ROWS
    assert result.reader.counts == {"clusters": 2}
    assert result.reader.edited is False
    assert result.reader.legacy is False


def test_no_rows() -> None:
    result = read(snapshot("ndjson", {"clusters": []}))
    assert (result.rows, result.reader.counts) == ([], {})


class TestSpacing:
    """Changes that keep every row, but not every byte."""

    @each_chunk
    def test_carriage_returns(self, chunk: int) -> None:
        content = CONTENT.replace(b"\n", b"\r\n")
        assert edited(content).rows == ROWS
        assert read(content, allow_edited=True, chunk=chunk).rows == ROWS

    def test_carriage_returns_before_a_digest(self) -> None:
        """The footer's line is not in the digest; it too must be as it was."""
        content = b"".join(LINES[:-1]) + LINES[-1].replace(b"\n", b"\r\n")
        assert edited(content).rows == ROWS

    def test_no_final_line_end(self) -> None:
        assert edited(CONTENT[:-1]).rows == ROWS

    @pytest.mark.parametrize("blank", [b"\n", b" \n", b"\t\r\n"])
    @pytest.mark.parametrize("place", range(1, 5))
    def test_blank_lines(self, blank: bytes, place: int) -> None:
        rows = edited(b"".join([*LINES[:place], blank, *LINES[place:]])).rows
        assert [row for _, _, row in rows] == [row for _, _, row in ROWS]
        assert [line for _, line, _ in rows] == [line + (line > place) for _, line, _ in ROWS]

    def test_lone_carriage_returns_do_not_end_lines(self) -> None:
        content = resealed(b"".join([*LINES[:2], LINES[2].replace(b"\n", b"\r") + LINES[3], LINES[4]]))
        assert refusal(content) == "line 3: not JSON: '{' where the end of the line should follow"

    def test_order_of_keys_and_spaces(self) -> None:
        row = b'{"data" : {"summary":"s","id":1 } ,"table":"clusters"}\n'
        rows = edited(b"".join([*LINES[:2], row, *LINES[3:]])).rows
        assert rows == ROWS

    def test_spaces_before_the_footer(self) -> None:
        assert edited(b"".join([*LINES[:-1], b" ", LINES[-1]])).rows == ROWS


class TestByHand:
    def test_a_value(self) -> None:
        rows = edited(CONTENT.replace(b'"s"', b'"S"')).rows
        assert rows == [("clusters", 3, {"id": 1, "summary": "S"}), ROWS[1]]

    def test_a_digest(self) -> None:
        assert edited(CONTENT.replace(DIGEST.encode(), b"0" * 64)).rows == ROWS
        assert edited(CONTENT.replace(DIGEST.encode(), DIGEST.upper().encode())).rows == ROWS
        assert edited(CONTENT.replace(DIGEST.encode(), b"")).rows == ROWS

    def test_a_row_more_or_less(self) -> None:
        more = "the file is not whole: it holds 3 rows of clusters and promises 2"
        less = "the file is not whole: it holds 1 row of clusters and promises 2"
        for options in ({}, {"allow_edited": True}):
            assert refusal(b"".join([*LINES[:3], LINES[2], *LINES[3:]]), **options) == more
            assert refusal(b"".join([*LINES[:3], *LINES[4:]]), **options) == less


class TestRefused:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "the file has no header: it is cut, or not a snapshot"),
            (b"\n \n", "the file has no header: it is cut, or not a snapshot"),
            (LINES[0], "the file is cut: its footer is missing"),
            (b"".join(LINES[:-1]), "the file is cut: its footer is missing"),
            (b"".join(LINES[1:]), "line 1: neither the header, a row nor the footer of a snapshot"),
            (b"".join(LINES[2:]), "line 1: a row stands before the header: the file is cut, or not a snapshot"),
            (b"".join([LINES[0], *LINES]), "line 2: neither the header, a row nor the footer of a snapshot"),
            (b"".join([*LINES[:3], *LINES[1:]]), "line 4: neither the header, a row nor the footer of a snapshot"),
            (CONTENT + LINES[-1], "line 6: data follows the footer"),
            (CONTENT + LINES[2], "line 6: data follows the footer"),
            (CONTENT + CONTENT, "line 6: data follows the footer"),
            (CONTENT + b"garbage", "line 6: data follows the footer"),
            (LINES[0] + b"[1]\n", "line 2: not JSON: '[' where '{' should follow"),
            (LINES[0] + b"{}\n", "line 2: neither the header, a row nor the footer of a snapshot"),
            (LINES[0] + b'{"table": "clusters"}\n', "line 2: neither the header, a row nor the footer of a snapshot"),
            (LINES[0] + b'{"table": 1, "data": {}}\n', "line 2: the name of the table is not text"),
            (LINES[0] + b'{"table": ["a"], "data": {}}\n', "line 2: the name of the table is not text"),
            (
                LINES[0] + b'{"table": "a", "data": {}, "more": 1}\n',
                "line 2: neither the header, a row nor the footer of a snapshot",
            ),
            (LINES[0] + b'{"table": "a", "table": "b", "data": {}}\n', "line 2: the key 'table' occurs twice"),
            (LINES[0] + b'{"data": {}, "table": "b", "\\u0064ata": {}}\n', "line 2: the key 'data' occurs twice"),
            (LINES[0] + b'{"integrity": {}}\n', "the footer does not hold exactly counts and sha256"),
            (LINES[0] + b'{"integrity": 1}\n', "the footer does not hold exactly counts and sha256"),
            (
                LINES[0] + b'{"integrity": {"counts": {}, "sha256": 1}}\n',
                "the footer's counts or sha256 are not what they should be",
            ),
            (
                LINES[0] + b'{"integrity": {"counts": [], "sha256": ""}}\n',
                "the footer's counts or sha256 are not what they should be",
            ),
            (
                LINES[0] + b'{"integrity": {"counts": {"a": -1}, "sha256": ""}}\n',
                "the footer gives -1 as the number of rows in a",
            ),
            (
                LINES[0] + b'{"integrity": {"counts": {"a": 1.0}, "sha256": ""}}\n',
                "the footer gives 1.0 as the number of rows in a",
            ),
            (
                LINES[0] + b'{"integrity": {"counts": {"a": true}, "sha256": ""}}\n',
                "the footer gives True as the number of rows in a",
            ),
            (
                LINES[0] + b'{"integrity": {"counts": {}, "counts": {}, "sha256": ""}}\n',
                "the key 'counts' occurs twice in the footer",
            ),
            (
                LINES[0] + b'{"integrity": {"counts": {"a": 1, "\\u0061": 2}, "sha256": ""}}\n',
                "the key 'a' occurs twice in the footer",
            ),
            (b'{"metadata": 1}\n', "the header is not an object"),
            (
                b'{"metadata": {}}\n',
                "the header is not that of a memoria snapshot: it names neither its format nor its tables",
            ),
            (
                b'{"metadata": {"format": "memoria-snapshot"}}\n',
                "the snapshot has version None; this program reads version 1: use a newer Memoria",
            ),
            (
                b'{"metadata": {"format": "memoria-snapshot", "version": 2}}\n',
                "the snapshot has version 2; this program reads version 1: use a newer Memoria",
            ),
            (
                b'{"metadata": {"format": "memoria-snapshot", "version": true}}\n',
                "the snapshot has version True; this program reads version 1: use a newer Memoria",
            ),
            (
                b'{"metadata": {"format": "memoria-snapshot", "version": 1.0}}\n',
                "the snapshot has version 1.0; this program reads version 1: use a newer Memoria",
            ),
            (
                b'{"metadata": {"format": "memoria-snapshot", "version": 1, "version": 1}}\n',
                "the key 'version' occurs twice in the header",
            ),
        ],
    )
    def test_with_its_line(self, content: bytes, message: str) -> None:
        assert refusal(content) == message
        for chunk in (1, 7):
            with pytest.raises(InvalidSnapshot) as caught:
                read(content, format="ndjson", chunk=chunk, allow_edited=True)
            assert str(caught.value) == message

    @pytest.mark.parametrize("tables", [["clusters"], ["cluster_members", "clusters"], [], None, "clusters", [1]])
    def test_tables_of_the_header(self, tables: object) -> None:
        content = snapshot("ndjson", {"clusters": [cluster()], "cluster_members": []}, tables=tables)
        message = "the tables in the footer are not those that the header promises"
        assert refusal(content) == message
        assert refusal(content, allow_edited=True) == message

    def test_a_table_that_nobody_promised(self) -> None:
        row = b'{"table": "others", "data": {}}\n'
        content = resealed(b"".join([*LINES[:4], row, LINES[4]]))
        assert refusal(content) == "the tables in the footer are not those that the header promises"

    def test_a_longer_line_than_can_be_held(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("memoria.snapshot.formats.ndjson.MAX_VALUE", 1 << 20)
        content = LINES[0] + b'{"table": "clusters", "data": {"summary": "' + b"x" * (3 << 20)
        assert refusal(content) == "one line is larger than 1 MiB"


class TestLayoutB:
    def test_read(self) -> None:
        result = read(HEADER_B + ROWS_B)
        assert result.rows == [
            ("clusters", 2, {"id": 1, "summary": "s"}),
            ("cluster_members", 3, {"id": 1, "memory_id": "m", "summary": "s", "cluster_id": 1}),
        ]
        assert result.reader.legacy is True
        assert result.reader.header is not None
        assert result.reader.header.layout == "B"

    def test_spacing(self) -> None:
        rows = read(HEADER_B + ROWS_B).rows
        assert read((HEADER_B + ROWS_B).replace(b"\n", b"\r\n")).rows == rows
        assert read((HEADER_B + ROWS_B)[:-1]).rows == rows

    def test_bare_nan(self) -> None:
        rows = ROWS_B.replace(b'"id": 1', b'"centroid": [NaN], "weight": -Infinity, "id": 1', 1)
        (first, _) = read(HEADER_B + rows).rows
        assert first[2] == {"id": 1, "summary": "s", "centroid": '["NaN"]', "weight": float("-inf")}

    def test_counts(self) -> None:
        row = ROWS_B.splitlines(keepends=True)[1]
        more = "the file is not whole: it holds 2 rows of cluster_members and promises 1"
        assert refusal(HEADER_B + ROWS_B + row) == more
        assert refusal(HEADER_B + row) == "the file is not whole: it holds 0 rows of clusters and promises 1"
        unknown = b'{"table": "others", "data": {}}\n'
        assert refusal(HEADER_B + ROWS_B + unknown) == "the file is not whole: it holds 1 row of others and promises 0"

    def test_a_footer(self) -> None:
        footer = b'{"integrity": {"counts": {"clusters": 1, "cluster_members": 1}, "sha256": ""}}\n'
        message = "the file has the footer of one layout and the header of another"
        assert refusal(HEADER_B + ROWS_B + footer) == message

    @pytest.mark.parametrize("count", ["-1", "null", '"1"', "1.0", "true"])
    def test_no_count(self, count: str) -> None:
        content = HEADER_B.replace(b": 1}", b": " + count.encode() + b"}", 1)
        assert refusal(content).startswith("the header gives ")
