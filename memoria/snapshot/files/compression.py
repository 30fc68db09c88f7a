"""gzip and Zstandard streams that carry a seal: a digest of every compressed byte.

The formats' own checks let some damage pass: a flipped bit in a gzip header or in the padding of a deflate stream
changes nothing that they test, and a Zstandard stream that ends early reads as a shorter one. So a file that we
compress begins with a marker that promises a seal and ends with the seal, a SHA-256 of all bytes before it. Both stand
where the formats allow foreign data (a header field with a header checksum in gzip, skippable frames in Zstandard), so
`gunzip` and `zstd -d` read our files as they read any other. A file compressed by another program has no marker: it is
checked by its format's own means, and read as those programs read it, of however many members or frames it is made.
"""

from __future__ import annotations

import contextlib
import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Protocol

import zstandard

from memoria.snapshot.errors import InvalidSnapshot

ENDINGS = {".gz": "gzip", ".zst": "zstd", ".gzip": "gzip", ".zstd": "zstd"}
"""What names end with -> compression, in either case. The first of each is the one that is written."""
FOREIGN = (".bz2", ".xz", ".lzma", ".lz4", ".br", ".z", ".zip", ".7z", ".rar", ".tar", ".tgz")
"""Endings of compressions and archives that are not made here."""

_DIGEST_SIZE = hashlib.sha256().digest_size
_MAX_WINDOW = 128 << 20
"""Bytes of history a Zstandard stream may ask for, as `zstd -d` has it; `zstd -19` asks for 8 MiB."""
_PIECE = 1024
"""Compressed bytes given to Zstandard at once. It expands up to 32,696 times, all in one answer: 32 MiB at most."""
_OUTPUT = 1 << 20


class Compressor(Protocol):
    def compress(self, data: bytes) -> bytes: ...
    def finish(self) -> bytes: ...


def _gzip_header(subfield: bytes, content: bytes) -> bytes:
    """A gzip member's header with one extra subfield and a checksum of the header itself."""
    extra = subfield + struct.pack("<H", len(content)) + content
    header = b"\x1f\x8b\x08\x06" + bytes(4) + b"\x00\xff" + struct.pack("<H", len(extra)) + extra
    return header + struct.pack("<H", zlib.crc32(header) & 0xFFFF)


_GZIP_MARKER = _gzip_header(b"Mm", b"sealed")
_ZSTD_SKIPPABLE = 0x184D2A5B
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


def _zstd_frame(content: bytes) -> bytes:
    return struct.pack("<II", _ZSTD_SKIPPABLE, len(content)) + content


_ZSTD_MARKER = _zstd_frame(b"memoria sealed 1")


def _gzip_seal(digest: bytes) -> bytes:
    empty_member = b"\x03\x00" + bytes(8)
    return _gzip_header(b"Ms", digest) + empty_member


class _Sealing:
    """Passes data through `compress` and `flush` between a marker and a seal."""

    def __init__(self, marker: bytes, compress: Callable[[bytes], bytes], flush: Callable[[], bytes]) -> None:
        self._hash = hashlib.sha256()
        self._pending = marker
        self._compress = compress
        self._flush = flush

    def compress(self, data: bytes) -> bytes:
        return self._out(self._compress(data))

    def _out(self, data: bytes) -> bytes:
        data, self._pending = self._pending + data, b""
        self._hash.update(data)
        return data


class GzipCompressor(_Sealing):
    def __init__(self) -> None:
        deflate = zlib.compressobj(level=6, wbits=-zlib.MAX_WBITS)
        super().__init__(_GZIP_MARKER, deflate.compress, deflate.flush)
        self._crc = 0
        self._size = 0

    def compress(self, data: bytes) -> bytes:
        self._crc = zlib.crc32(data, self._crc)
        self._size += len(data)
        return super().compress(data)

    def finish(self) -> bytes:
        last = self._out(self._flush() + struct.pack("<II", self._crc, self._size & 0xFFFFFFFF))
        return last + _gzip_seal(self._hash.digest())


class ZstdCompressor(_Sealing):
    def __init__(self) -> None:
        frame = zstandard.ZstdCompressor(level=3, write_checksum=True).compressobj()
        super().__init__(_ZSTD_MARKER, frame.compress, frame.flush)

    def compress(self, data: bytes) -> bytes:
        with _memory_errors():
            return super().compress(data)

    def finish(self) -> bytes:
        with _memory_errors():
            last = self._out(self._flush())
        return last + _zstd_frame(self._hash.digest())


@contextlib.contextmanager
def _memory_errors() -> Iterator[None]:
    """Zstandard's lack of memory as Python's."""
    try:
        yield
    except zstandard.ZstdError as error:
        if "not enough memory" in str(error):
            raise MemoryError(str(error)) from None
        raise


class NoCompressor:
    def compress(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return b""


def compressor(compression: str) -> Compressor:
    """The compressor for "gzip", "zstd" or "" (none)."""
    kinds: dict[str, type[Compressor]] = {"gzip": GzipCompressor, "zstd": ZstdCompressor, "": NoCompressor}
    return kinds[compression]()


def by_name(name: str) -> str:
    """The compression that a file's name asks for."""
    return next((found for ending, found in ENDINGS.items() if name.lower().endswith(ending)), "")


def stem(name: str) -> str:
    """A file's name without the ending that asks for a compression."""
    return name[: name.rindex(".")] if by_name(name) else name


def ending(compression: str) -> str:
    """What the name of a file ends with that is so compressed; empty for none."""
    return next((found for found, kind in ENDINGS.items() if kind == compression), "")


def by_content(head: bytes) -> str:
    """The compression that a file's first bytes show."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    skippable = len(head) >= 4 and 0x184D2A50 <= struct.unpack("<I", head[:4])[0] <= 0x184D2A5F
    return "zstd" if skippable or head.startswith(_ZSTD_MAGIC) else ""


def decompress(chunks: Iterator[bytes], compression: str) -> Iterator[bytes]:
    """The content of a compressed stream, in pieces; raises InvalidSnapshot where it is cut, damaged or goes on."""
    if compression == "gzip":
        return _Opening(_GZIP_MARKER, _gzip_seal, len(_gzip_seal(bytes(_DIGEST_SIZE))), chunks).gzip()
    assert compression == "zstd", compression
    return _Opening(_ZSTD_MARKER, _zstd_frame, len(_zstd_frame(bytes(_DIGEST_SIZE))), chunks).zstd()


class _Opening:
    """One reading of a compressed stream. `_rest` holds the bytes that were read and are not used yet."""

    def __init__(self, marker: bytes, seal: Callable[[bytes], bytes], seal_size: int, chunks: Iterator[bytes]) -> None:
        self._marker = marker
        self._seal = seal
        self._limit = seal_size + 1
        self._hash = hashlib.sha256()
        self._chunks = chunks
        self._rest = b""
        self._sealed = self._has(len(marker)) and self._rest.startswith(marker)

    def _has(self, size: int) -> bool:
        """Whether so many bytes are there yet; they are read if they are."""
        while len(self._rest) < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                return False
            self._rest += chunk
        return True

    def _refuse_a_seal(self) -> None:
        """One ends what is ours, and then the marker is damaged that promised it."""
        same = zip(self._seal(bytes(_DIGEST_SIZE)), self._seal(b"\xff" * _DIGEST_SIZE), strict=True)
        head = bytes(one for one, other in takewhile(lambda pair: pair[0] == pair[1], same))
        if self._has(len(head)) and self._rest.startswith(head):
            raise InvalidSnapshot("the compressed file is damaged: its beginning is not the one that its seal is of")

    def _require_seal(self) -> None:
        self._has(self._limit)
        if self._rest != self._seal(self._hash.digest()):
            raise InvalidSnapshot("the compressed file is damaged or cut: its seal does not match its bytes")

    def gzip(self) -> Iterator[bytes]:
        yield from self._member()
        if self._sealed:
            self._require_seal()
            return
        while self._goes_on():
            self._refuse_a_seal()
            if not self._has(2) or not self._rest.startswith(b"\x1f\x8b"):
                raise InvalidSnapshot("data follows the end of the compressed stream")
            yield from self._member()

    def _goes_on(self) -> bool:
        """Whether anything follows a member; zeros fill up a block of a tape, and are nothing."""
        while self._has(1):
            self._rest = self._rest.lstrip(b"\0")
            if self._rest:
                return True
        return False

    def _member(self) -> Iterator[bytes]:
        member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        try:
            while not member.eof and self._has(1):
                piece = self._rest
                out = member.decompress(piece, _OUTPUT)
                while member.unconsumed_tail and not member.eof:  # at the end it may keep what follows
                    yield out
                    out = member.decompress(member.unconsumed_tail, _OUTPUT)
                self._rest = member.unused_data
                if self._sealed:
                    self._hash.update(piece[: len(piece) - len(self._rest)])
                if out:
                    yield out
        except zlib.error as error:
            raise InvalidSnapshot(f"the gzip stream is damaged ({error})") from None
        if not member.eof:
            raise _cut()

    def zstd(self) -> Iterator[bytes]:
        if self._sealed:
            self._hash.update(self._marker)
            self._rest = self._rest[len(self._marker) :]
            yield from self._frame()
            self._require_seal()
            return
        frames = 0
        while self._has(1):
            self._refuse_a_seal()
            if self._has(4) and 0x184D2A50 <= struct.unpack("<I", self._rest[:4])[0] <= 0x184D2A5F:
                self._skip()
            elif frames and not self._rest.startswith(_ZSTD_MAGIC):
                raise InvalidSnapshot("data follows the end of the compressed stream")
            else:
                yield from self._frame()
                frames += 1
        if not frames:
            raise InvalidSnapshot("the Zstandard stream holds no data, or is cut before it")

    def _skip(self) -> None:
        if not self._has(8):
            raise _cut()
        left = 8 + int(struct.unpack("<I", self._rest[4:8])[0])
        while left:
            if not self._has(1):
                raise _cut()
            taken = min(left, len(self._rest))
            self._rest, left = self._rest[taken:], left - taken

    def _frame(self) -> Iterator[bytes]:
        if not self._has(4):
            raise _cut()
        if not self._rest.startswith(_ZSTD_MAGIC):
            raise InvalidSnapshot("the Zstandard stream is damaged, or does not begin with its data")
        frame = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompressobj()
        try:
            with _memory_errors():
                while not frame.eof and self._has(1):
                    piece, at = self._rest, 0
                    while at < len(piece) and not frame.eof:
                        part = piece[at : at + _PIECE]
                        out = frame.decompress(part)
                        used = len(part) - len(frame.unused_data)
                        if self._sealed:
                            self._hash.update(part[:used])
                        at += used
                        for position in range(0, len(out), _OUTPUT):
                            yield out[position : position + _OUTPUT]
                    self._rest = piece[at:]
        except zstandard.ZstdError as error:
            if "too much memory" in str(error):
                raise InvalidSnapshot(
                    f"the Zstandard stream asks for a window of more than {_MAX_WINDOW >> 20} MiB: unpack it first"
                ) from None
            raise InvalidSnapshot(f"the Zstandard stream is damaged ({error})") from None
        if not frame.eof:
            raise _cut()


def _cut() -> InvalidSnapshot:
    return InvalidSnapshot("the compressed file is cut: it ends before its last byte")
