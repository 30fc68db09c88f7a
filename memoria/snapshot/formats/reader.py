"""Reads rows one by one in every format, and proves at the end that the file was whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from memoria.snapshot.errors import EditedSnapshot, InvalidSnapshot
from memoria.snapshot.files.digest import BackgroundSha256
from memoria.snapshot.formats.header import Footer, Header, parse_header
from memoria.snapshot.remedy import Remedy
from memoria.text import counted


class RawRow(NamedTuple):
    table: str
    line: int
    """The line of the file on which the row begins, from 1."""
    data: bytes
    """The row's JSON object, not yet validated."""


class Reader:
    """Iterate once over the rows; `header`, `footer`, `counts` and `edited` hold what was found after the last one."""

    format = ""

    def __init__(self, chunks: Iterator[bytes], *, allow_edited: bool) -> None:
        self._chunks = chunks
        self._allow_edited = allow_edited
        self._content = BackgroundSha256()
        self.header: Header | None = None
        self.namespaces: dict[str, dict[str, int]] = {}
        self.footer: Footer | None = None
        self.footer_digest = ""
        self.counts: dict[str, int] = {}
        self.digest = ""
        """SHA-256 of the whole content."""
        self.edited = False
        self.legacy = False
        """Whether this is one of the older layouts, which hold bare NaN and have no footer."""

    def __iter__(self) -> Iterator[RawRow]:
        try:
            yield from self._rows()
            self._prove()
            self.digest = self._content.whole()
        finally:
            self._content.close()

    def _rows(self) -> Iterator[RawRow]:
        raise NotImplementedError

    def _take_header(self, metadata: Any) -> None:
        self.header = parse_header(metadata)
        self.legacy = self.legacy or self.header.layout != "1"

    def _take_namespaces(self, namespaces: Any) -> None:
        # Layout C lists names only; the counts are for previews, so their absence loses nothing.
        self.namespaces = namespaces if isinstance(namespaces, dict) else {}

    def _prove(self) -> None:
        """Refuse a file that is not whole; then one whose bytes are not those that were exported."""
        if self.header is None:
            raise InvalidSnapshot("the file has no header: it is cut, or not a snapshot")
        promised = self.header.counts
        if self.header.layout == "1":
            if self.footer is None:
                raise InvalidSnapshot("the file is cut: its footer is missing")
            if self.legacy:
                raise InvalidSnapshot("the file has the header of one layout and the rows of another")
            promised = self.footer.counts
            if list(promised) != self.header.metadata.get("tables") or self.counts.keys() - promised.keys():
                raise InvalidSnapshot("the tables in the footer are not those that the header promises")
        elif self.footer is not None:
            raise InvalidSnapshot("the file has the footer of one layout and the header of another")
        assert promised is not None  # layouts A, B and C are recognised by their counts
        self._compare(promised)
        if self.footer is not None and (self.footer.sha256 != self.footer_digest or self.edited):
            self.edited = True
            if not self._allow_edited:
                raise EditedSnapshot(
                    "the file is complete, but was edited after its export (its sha256 does not match): "
                    f"check it, then import it with {Remedy.ALLOW_EDITED}"
                )

    def _compare(self, promised: dict[str, int]) -> None:
        for table in sorted(promised.keys() | self.counts.keys()):
            found, wanted = self.counts.get(table, 0), promised.get(table, 0)
            if found != wanted:
                raise InvalidSnapshot(
                    f"the file is not whole: it holds {counted(found, 'row')} of {table} and promises {wanted:,}"
                )
