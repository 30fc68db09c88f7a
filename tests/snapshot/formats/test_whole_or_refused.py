"""A snapshot is whole or refused: cut at every byte, with every bit flipped, in every format and compression."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

import pytest

from memoria.snapshot.errors import EditedSnapshot, InvalidSnapshot, InvalidValue
from memoria.snapshot.formats import FORMATS
from tests.conftest import ROOT
from tests.snapshot.snapshots import COMPRESSIONS, cluster, compress, decoders, read, snapshot

SAMPLES = ROOT / "tests" / "support" / "samples"
EDGE = (
    '{"relationship_id":"r-1","source_memory_id":"m-1","target_memory_id":"m-2","relationship_type":"refines",'
    '"strength":-0.0,'
    '"reasoning":"so \\u00e9 \\"said\\" \\n","namespace":"default","created_at":"2025-01-02T03:04:05.678901Z"}'
)
ROWS = {
    "clusters": [cluster(1, centroid=[0.25, -1e-320], polarity=-0.5), cluster(2, weight=1.5)],
    "cluster_members": ['{"id":7,"memory_id":"é","summary":"","cluster_id":2,"tokens":3}'],
    "memory_relationships": [EDGE, EDGE.replace("r-1", "r-2")],
    "short_term_memory": [],
}
METADATA = {"exported_at": "2025-01-02T03:04:05.678901Z", "generator": "memoria 1", "database": "sqlite"}
LENIENT = decoders(ignore_unknown=True)
CONTENT = {format: snapshot(format, ROWS, **METADATA) for format in FORMATS}

each_format = pytest.mark.parametrize("format", FORMATS)
each_compression = pytest.mark.parametrize("compressed", COMPRESSIONS, ids=["plain", "gzip", "zstd"])


def refusals(damaged: Iterator[tuple[object, bytes]], compressed: str = "") -> Counter[type[Exception]]:
    """How often which error was raised; an answer other than these is a failure of the test."""
    found: Counter[type[Exception]] = Counter()
    for place, content in damaged:
        try:
            result = read(content, compressed=compressed, using=LENIENT)
        except (InvalidSnapshot, InvalidValue) as error:
            found[type(error)] += 1
        else:
            raise AssertionError(f"damage at {place} was not seen: {result.rows}")
    return found


def flips(content: bytes) -> Iterator[tuple[object, bytes]]:
    for position in range(len(content)):
        for bit in range(8):
            damaged = bytearray(content)
            damaged[position] ^= 1 << bit
            yield (position, bit), bytes(damaged)


@each_format
@each_compression
def test_whole(format: str, compressed: str) -> None:
    stored = compress(CONTENT[format], compressed)
    result = read(stored, compressed=compressed)
    assert [(table, row.get("id", row.get("relationship_id"))) for table, _, row in result.rows] == [
        ("clusters", 1),
        ("clusters", 2),
        ("cluster_members", 7),
        ("memory_relationships", "r-1"),
        ("memory_relationships", "r-2"),
    ]
    assert result.reader.counts == {
        "clusters": 2,
        "cluster_members": 1,
        "memory_relationships": 2,
        **({"short_term_memory": 0} if format == "json" else {}),
    }


@each_format
@each_compression
def test_cut_anywhere(format: str, compressed: str) -> None:
    stored = compress(CONTENT[format], compressed)
    found = refusals(((end, stored[:end]) for end in range(len(stored))), compressed)
    assert found.total() == len(stored)


@each_format
@each_compression
def test_every_bit_flipped(format: str, compressed: str) -> None:
    stored = compress(CONTENT[format], compressed)
    found = refusals(flips(stored), compressed)
    assert found.total() == 8 * len(stored)
    # Plain, a flip inside a value leaves valid JSON behind: only the digest can tell.
    assert (EditedSnapshot in found) is (compressed == "")


@each_format
def test_no_flip_surprises_those_who_allow_edits(format: str) -> None:
    """Then a flip may well be read; what is refused is refused with the engine's own errors."""
    found = Counter[str]()
    for _, content in islice(flips(CONTENT[format]), 0, None, 3):
        try:
            read(content, allow_edited=True, using=LENIENT)
            found["read"] += 1
        except (InvalidSnapshot, InvalidValue) as error:
            found[type(error).__name__] += 1
    assert found.keys() == {"read", "InvalidSnapshot", "InvalidValue"}
    assert min(found.values()) > 30


@each_format
@pytest.mark.parametrize("added", [b"x", b"{}", b"\0", b"\n{}", b",", b"]", b"}", b"\xef\xbb\xbf", b"null"])
def test_data_after_the_end(format: str, added: bytes) -> None:
    with pytest.raises(InvalidSnapshot, match=r"data follows|not JSON"):
        read(CONTENT[format] + added)
    with pytest.raises(InvalidSnapshot, match=r"data follows|not JSON"):
        read(CONTENT[format] + added, allow_edited=True)


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("layout_*")))
class TestOlderLayouts:
    """They have no footer: the counts in their headers must do."""

    def test_whole(self, name: str) -> None:
        content = (SAMPLES / name).read_bytes()
        reader = read(content, using=LENIENT).reader
        assert reader.header is not None
        assert reader.header.layout == name.removeprefix("layout_")[0].upper()
        assert reader.header.counts is not None
        promised = {table: count for table, count in reader.header.counts.items() if count}
        assert {table: count for table, count in reader.counts.items() if count} == promised

    def test_cut(self, name: str) -> None:
        content = (SAMPLES / name).read_bytes()
        whole = len(content.rstrip())
        ends = {end for end, byte in enumerate(content) if byte == 0x0A}
        ends = set(sorted(ends)[:: 1 + len(ends) // 300])
        ends |= {end + 1 for end in ends} | set(range(0, whole, 1 + whole // 300)) | set(range(whole - 100, whole))
        found = refusals((end, content[:end]) for end in sorted(ends) if end < whole)
        assert found.total() > 300

    def test_white_space_at_the_end_is_no_loss(self, name: str) -> None:
        content = (SAMPLES / name).read_bytes()
        rows = read(content, using=LENIENT).rows
        assert rows == read(content.rstrip(), using=LENIENT).rows
        assert rows == read(content + b" \r\n\n", using=LENIENT).rows
