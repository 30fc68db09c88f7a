"""gzip and Zstandard streams that carry a seal: a digest of every compressed byte.

The formats' own checks let some damage pass: a flipped bit in a gzip header or in the padding of a deflate stream
changes nothing that they test, and a Zstandard stream that ends early reads as a shorter one. So a file that we
compress begins with a marker that promises a seal and ends with the seal, a SHA-256 of all bytes before it. Both stand
where the formats allow foreign data (a header field with a header checksum in gzip, skippable frames in Zstandard), so
`gunzip` and `zstd -d` read our files as they read any other. A file compressed by another program has no marker: it is
checked by its format's own means, and must end where its one stream ends.
"""

from __future__ import annotations

import contextlib
import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import zstandard

from memoria.snapshot.errors import InvalidSnapshot

_DIGEST_SIZE = hashlib.sha256().digest_size
_MAX_WINDOW = 64 << 20
"""Bytes of history a Zstandard stream may ask for; `zstd -19` asks for 8 MiB."""
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
    if name.endswith((".gz", ".gzip")):
        return "gzip"
    return "zstd" if name.endswith((".zst", ".zstd")) else ""


def by_content(head: bytes) -> str:
    """The compression that a file's first bytes show."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    skippable = len(head) >= 4 and 0x184D2A50 <= struct.unpack("<I", head[:4])[0] <= 0x184D2A5F
    return "zstd" if skippable or head.startswith(_ZSTD_MAGIC) else ""


def decompress(chunks: Iterator[bytes], compression: str) -> Iterator[bytes]:
    """The content of a compressed stream, in pieces; raises InvalidSnapshot where it is cut, damaged or goes on."""
    if compression == "gzip":
        return _Opening(_GZIP_MARKER, _gzip_seal, len(_gzip_seal(bytes(_DIGEST_SIZE)))).gzip(chunks)
    return _Opening(_ZSTD_MARKER, _zstd_frame, len(_zstd_frame(bytes(_DIGEST_SIZE)))).zstd(chunks)


class _Opening:
    def __init__(self, marker: bytes, seal: Callable[[bytes], bytes], seal_size: int) -> None:
        self._marker = marker
        self._seal = seal
        self._limit = seal_size + 1
        self._hash = hashlib.sha256()
        self._sealed = False

    def _first(self, chunks: Iterator[bytes]) -> bytes:
        """Enough bytes to see the marker."""
        head = b""
        for chunk in chunks:
            head += chunk
            if len(head) >= len(self._marker):
                break
        self._sealed = head.startswith(self._marker)
        return head

    def _end(self, finished: bool, rest: bytes, chunks: Iterator[bytes]) -> None:
        """What follows the one stream must be its seal if it promised one, else nothing."""
        if not finished:
            raise InvalidSnapshot("the compressed file is cut: it ends before its last byte")
        for chunk in chunks:
            rest += chunk
            if len(rest) > self._limit:
                break
        if not self._sealed and rest:
            raise InvalidSnapshot("data follows the end of the compressed stream")
        if self._sealed and rest != self._seal(self._hash.digest()):
            raise InvalidSnapshot("the compressed file is damaged or cut: its seal does not match its bytes")

    def gzip(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        piece = self._first(chunks)
        try:
            while piece:
                out = member.decompress(piece, _OUTPUT)
                while member.unconsumed_tail and not member.eof:  # at the end it may keep what follows
                    yield out
                    out = member.decompress(member.unconsumed_tail, _OUTPUT)
                self._hash.update(piece[: len(piece) - len(member.unused_data)])
                if out:
                    yield out
                if member.eof:
                    break
                piece = next(chunks, b"")
        except zlib.error as error:
            raise InvalidSnapshot(f"the gzip stream is damaged ({error})") from None
        self._end(member.eof, member.unused_data, chunks)

    def zstd(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        frame = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompressobj()
        piece = self._first(chunks)
        if self._sealed:
            self._hash.update(self._marker)
            piece = piece[len(self._marker) :] or next(chunks, b"")
        if not (_ZSTD_MAGIC + piece[4:]).startswith(piece) or not piece:
            raise InvalidSnapshot("the Zstandard stream is damaged, or does not begin with its data")
        try:
            with _memory_errors():
                while piece:
                    part, piece = piece[:_PIECE], piece[_PIECE:]
                    out = frame.decompress(part)
                    for at in range(0, len(out), _OUTPUT):
                        yield out[at : at + _OUTPUT]
                    self._hash.update(part[: len(part) - len(frame.unused_data)])
                    if frame.eof:
                        piece = frame.unused_data + piece
                        break
                    piece = piece or next(chunks, b"")
        except zstandard.ZstdError as error:
            raise InvalidSnapshot(f"the Zstandard stream is damaged ({error})") from None
        self._end(frame.eof, piece, chunks)
