from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator

import pytest
import zstandard

from memoria.snapshot.errors import InvalidSnapshot
from memoria.snapshot.files.compression import by_content, by_name, compressor, decompress
from tests.conftest import ROOT
from tests.snapshot.snapshots import cluster, compress, read, snapshot

CONTENT = snapshot("ndjson", {"clusters": [cluster(n, centroid=[n] * 50) for n in range(200)]})
OURS = {kind: compress(CONTENT, kind) for kind in ("gzip", "zstd")}
FOREIGN: dict[str, list[bytes]] = {
    "gzip": [gzip.compress(CONTENT), gzip.compress(CONTENT, 0)],
    "zstd": [
        zstandard.ZstdCompressor().compress(CONTENT),
        zstandard.ZstdCompressor(19, write_checksum=True).compress(CONTENT),
        zstandard.ZstdCompressor(write_content_size=False).compress(CONTENT),
    ],
}

AFTER = "data follows the end of the compressed stream"

each_kind = pytest.mark.parametrize("kind", ["gzip", "zstd"])


def opened(stored: bytes, kind: str, size: int = 1 << 16) -> bytes:
    return b"".join(decompress(pieces(stored, size), kind))


def pieces(stored: bytes, size: int) -> Iterator[bytes]:
    return iter([stored[at : at + size] for at in range(0, len(stored), size)])


def refusal(stored: bytes, kind: str, size: int = 1 << 16) -> str:
    with pytest.raises(InvalidSnapshot) as caught:
        opened(stored, kind, size)
    return str(caught.value)


class TestOurs:
    @each_kind
    @pytest.mark.parametrize("size", [1, 7, 100, 1 << 16])
    def test_opens(self, kind: str, size: int) -> None:
        assert opened(OURS[kind], kind, size) == CONTENT

    @each_kind
    def test_of_nothing(self, kind: str) -> None:
        assert opened(compress(b"", kind), kind) == b""

    @each_kind
    def test_in_pieces(self, kind: str) -> None:
        writer = compressor(kind)
        stored = b"".join(writer.compress(CONTENT[at : at + 100]) for at in range(0, len(CONTENT), 100))
        assert opened(stored + writer.finish(), kind) == CONTENT

    @pytest.mark.parametrize(
        ("kind", "command"),
        [("gzip", ["gunzip", "-c"]), ("gzip", ["gzip", "-dc"]), ("zstd", ["zstd", "-dcq"])],
    )
    def test_stock_programs_open_it(self, kind: str, command: list[str]) -> None:
        if shutil.which(command[0]) is None:
            pytest.skip(f"there is no {command[0]} here")
        result = subprocess.run(command, input=OURS[kind], capture_output=True, check=False)
        assert (result.returncode, result.stdout, result.stderr) == (0, CONTENT, b"")

    def test_stock_libraries_open_it(self) -> None:
        assert gzip.decompress(OURS["gzip"]) == CONTENT
        reader = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(OURS["zstd"]), read_across_frames=True)
        assert reader.read() == CONTENT

    @each_kind
    def test_is_sealed(self, kind: str) -> None:
        """The last bytes hold a SHA-256 of all before the seal."""
        seal = {"gzip": 12 + 4 + 32 + 2 + 10, "zstd": 8 + 32}[kind]
        body, end = OURS[kind][:-seal], OURS[kind][-seal:]
        assert hashlib.sha256(body).digest() in end
        message = "the compressed file is damaged or cut: its seal does not match its bytes"
        assert refusal(body, kind) == message
        assert refusal(body + bytes(seal), kind) == message
        assert refusal(OURS[kind] + b"\0", kind) == message
        assert refusal(OURS[kind] + OURS[kind], kind) == message


class TestForeign:
    @each_kind
    @pytest.mark.parametrize("size", [1, 7, 1 << 16])
    def test_opens(self, kind: str, size: int) -> None:
        for stored in FOREIGN[kind]:
            assert by_content(stored[:8]) == kind
            assert opened(stored, kind, size) == CONTENT

    @pytest.mark.parametrize("command", [["gzip", "-c"], ["zstd", "-cq"], ["zstd", "-19cq"]])
    def test_of_stock_programs(self, command: list[str]) -> None:
        if shutil.which(command[0]) is None:
            pytest.skip(f"there is no {command[0]} here")
        stored = subprocess.run(command, input=CONTENT, capture_output=True, check=True).stdout
        assert opened(stored, command[0]) == CONTENT
        assert len(read(stored, compressed=command[0]).rows) == 200

    @each_kind
    def test_cut(self, kind: str) -> None:
        for stored in FOREIGN[kind]:
            for end in range(1, len(stored), 1 + len(stored) // 300):
                assert refusal(stored[:end], kind) == "the compressed file is cut: it ends before its last byte"

    @each_kind
    @pytest.mark.parametrize("added", [b"x", b"\n", b"xxxxx", b"PK\3\4"])
    def test_data_after_the_end(self, kind: str, added: bytes) -> None:
        for stored in FOREIGN[kind]:
            for size in (1, 7, 1 << 16):
                assert refusal(stored + added, kind, size) in (
                    "data follows the end of the compressed stream",
                    "the compressed file is cut: it ends before its last byte",
                )

    @each_kind
    def test_several_members(self, kind: str) -> None:
        """As pigz, pzstd and `cat a.gz b.gz` make them; `gzip -t` and `zstd -t` call them whole."""
        for stored in FOREIGN[kind]:
            for size in (1, 7, 1 << 16):
                assert opened(stored + stored, kind, size) == CONTENT + CONTENT
                for end in (1, 3, 9, len(stored) - 1):
                    cut = "the compressed file is cut: it ends before its last byte"
                    assert refusal(stored + stored[:end], kind, size) in (cut, AFTER)
        halves = CONTENT[:5000], CONTENT[5000:]
        pack = gzip.compress if kind == "gzip" else zstandard.ZstdCompressor().compress
        assert opened(pack(halves[0]) + pack(b"") + pack(halves[1]), kind) == CONTENT

    @each_kind
    def test_one_of_ours_among_them(self, kind: str) -> None:
        """Its seal would not be looked at."""
        for stored in FOREIGN[kind]:
            assert refusal(stored + OURS[kind], kind) == (
                "the compressed file is damaged: its beginning is not the one that its seal is of"
            )

    @pytest.mark.parametrize("size", [1, 7, 512, 1 << 16])
    def test_zeros_fill_up_a_gzip_file(self, size: int) -> None:
        for stored in FOREIGN["gzip"]:
            assert opened(stored + bytes(513), "gzip", size) == CONTENT
            assert opened(stored + bytes(513) + stored, "gzip", size) == CONTENT * 2

    @pytest.mark.parametrize("size", [1, 7, 1 << 16])
    def test_skippable_frames(self, size: int) -> None:
        """As pzstd writes them, one before each frame; what they hold is no data."""
        for stored in FOREIGN["zstd"]:
            for number in (0x184D2A50, 0x184D2A5F):
                skipped = struct.pack("<II", number, 100_000) + b"\x28\xb5\x2f\xfd" * 25_000
                empty = struct.pack("<II", number, 0)
                assert opened(skipped + stored + empty + stored + skipped, "zstd", size) == CONTENT * 2
                assert refusal(stored + skipped[:-1], "zstd", size) == (
                    "the compressed file is cut: it ends before its last byte"
                )

    @pytest.mark.skipif(not shutil.which("pzstd"), reason="pzstd is not installed")
    def test_pzstd(self) -> None:
        stored = subprocess.run(["pzstd", "-q", "-p", "2"], input=CONTENT * 20, capture_output=True, check=True).stdout
        assert opened(stored, "zstd") == CONTENT * 20

    def test_flipped_bits_in_the_data(self) -> None:
        stored = FOREIGN["gzip"][0]
        read = refused = 0
        for position in range(10, len(stored) - 8, 3):
            damaged = bytearray(stored)
            damaged[position] ^= 0x10
            try:
                assert opened(bytes(damaged), "gzip") == CONTENT, "wrong data"
                read += 1
            except InvalidSnapshot:
                refused += 1
        # A flip in the padding changes nothing; that is why ours are sealed.
        assert read < 5 < 100 < refused

    @pytest.mark.parametrize(
        ("stored", "kind", "message"),
        [
            (b"\x1f\x8b", "gzip", "the compressed file is cut: it ends before its last byte"),
            (b"\x1f\x8b\x09" + bytes(20), "gzip", "the gzip stream is damaged ("),
            (b"\x28\xb5\x2f\xfd", "zstd", "the compressed file is cut: it ends before its last byte"),
            (b"\x28\xb5\x2f\xfd" + b"\xff" * 20, "zstd", "the Zstandard stream is damaged ("),
            (
                b"\x50\x2a\x4d\x18" + bytes(4),
                "zstd",
                "the Zstandard stream holds no data, or is cut before it",
            ),
        ],
    )
    @pytest.mark.parametrize("size", [1, 1 << 16])
    def test_damaged(self, stored: bytes, kind: str, message: str, size: int) -> None:
        assert by_content(stored[:8]) == kind
        assert refusal(stored, kind, size).startswith(message)

    def test_a_window_larger_than_memory_should_be(self) -> None:
        for window_log in (27, 28):
            parameters = zstandard.ZstdCompressionParameters(window_log=window_log, enable_ldm=True)
            writer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
            stored = writer.compress(CONTENT) + writer.flush()
            if window_log == 27:
                assert opened(stored, "zstd") == CONTENT, "what zstd -d reads"
        assert refusal(stored, "zstd") == (
            "the Zstandard stream asks for a window of more than 128 MiB: unpack it first"
        )


@pytest.mark.parametrize(
    ("name", "compression"),
    [
        ("a.json", ""),
        ("a.json.gz", "gzip"),
        ("a.ndjson.gzip", "gzip"),
        ("a.zst", "zstd"),
        ("a.zstd", "zstd"),
        ("gz", ""),
        ("-", ""),
        ("a.gz.json", ""),
    ],
)
def test_by_name(name: str, compression: str) -> None:
    assert by_name(name) == compression


@pytest.mark.parametrize(
    "head", [b"", b"{", b"\x1f", b"\x28\xb5\x2f", b"PK\x03\x04", b"\x60\x2a\x4d\x18", b"\xfd7zXZ\0"]
)
def test_by_content_of_others(head: bytes) -> None:
    assert by_content(head) == ""


BOMB = r"""
import re, sys
import django
django.setup()
from memoria.snapshot import formats
from memoria.snapshot.errors import InvalidSnapshot
from memoria.snapshot.files import InputFile
with InputFile(sys.argv[1]) as file:
    try:
        for row in formats.read(file.chunks(), None):
            raise SystemExit("a row")
    except InvalidSnapshot as error:
        print(error)
# Not ru_maxrss, which also counts what the parent held when it forked.
print(int(re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())[1]) >> 10)
"""
HEADER = b'{"metadata": {"format": "memoria-snapshot", "version": 1, "tables": []}}\n'


def gzip_bomb(start: bytes, block: bytes, megabytes: int) -> bytes:
    """A gzip stream without an end that repeats one megabyte, whose compressed bytes repeat as well."""
    head, deflate = zlib.compressobj(9, wbits=31), zlib.compressobj(9, wbits=-15)
    repeated = deflate.compress(block) + deflate.flush(zlib.Z_FULL_FLUSH)
    return head.compress(start) + head.flush(zlib.Z_FULL_FLUSH) + repeated * megabytes


def zstd_bomb(start: bytes, block: bytes, megabytes: int) -> bytes:
    """A Zstandard frame without an end that repeats one byte, as blocks of run-length encoding."""
    frame = b"\x28\xb5\x2f\xfd" + b"\x00" + b"\x58"  # no content size, a window of 2 MiB
    raw = (len(start) << 3).to_bytes(3, "little") + start
    run = ((128 << 10) << 3 | 1 << 1).to_bytes(3, "little") + block[:1]
    return frame + raw + run * (megabytes * 8)


@pytest.mark.parametrize("bomb", [gzip_bomb, zstd_bomb])
@pytest.mark.parametrize(
    ("start", "byte", "megabytes", "message", "limit"),
    [
        (b"", b"\0", 10_000, "the file is not a snapshot: it does not begin with '{'", 150),
        (b"", b"\n", 10_000, "the file is not a snapshot: it does not begin with '{'", 150),
        (HEADER, b"\n", 5, "the compressed file is cut: it ends before its last byte", 150),
        (HEADER, b" ", 10_000, "one line is larger than 256 MiB", 450),
    ],
    ids=["zeros", "line-ends", "blank-lines", "one-line"],
)
def test_bombs(
    bomb: Callable[[bytes, bytes, int], bytes],
    start: bytes,
    byte: bytes,
    megabytes: int,
    message: str,
    limit: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Small files of 10 GB are refused with little memory; one line is held up to a limit."""
    path = tmp_path_factory.mktemp("bomb") / "bomb"
    path.write_bytes(bomb(start, byte * (1 << 20), megabytes))
    assert path.stat().st_size < 12_000_000
    result = subprocess.run(
        [sys.executable, "-c", BOMB, str(path)], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    sentence, peak = result.stdout.splitlines()
    assert sentence == message
    assert int(peak) < limit
    path.unlink()


def test_an_end_that_expands_far_with_a_seal_behind_it() -> None:
    """The last chunk makes more than is handed on at once, and bytes follow the end: reading must end all the same."""
    content = b"0" * (5 << 20)
    writer = compressor("gzip")
    stored = writer.compress(content) + writer.finish()
    assert b"".join(decompress(iter([stored]), "gzip")) == content
