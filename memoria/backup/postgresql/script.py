"""A script of pg_dump, taken apart: SQL for the server, and the rows of each table as COPY wants them.

psql is not used to run it: psql takes a script that is cut at the end of a line for a whole one, and obeys commands
such as `\\!`, which have no place in a backup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from memoria.backup.errors import InvalidBackup

_BATCH = 1 << 20
_TOKEN = re.compile(rb"""'|"|\$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)?\$|--|/\*|;""")
_ESCAPED = re.compile(rb"\\.|''|'", re.DOTALL)
_COMMENT = re.compile(rb"/\*|\*/")
_NAME_BYTE = re.compile(rb"[A-Za-z0-9_$\x80-\xff]")
_COPY = re.compile(rb"""COPY ((?:"(?:[^"]|"")*"|[^"\s(])+) *(?:\(.*\))? FROM stdin;""", re.DOTALL)
_RESTRICT = re.compile(rb"\\(un)?restrict [A-Za-z0-9]+\s*")
_OWNERSHIP = re.compile(
    rb"ALTER .* OWNER TO |GRANT |REVOKE |ALTER DEFAULT PRIVILEGES |SET SESSION AUTHORIZATION |COMMENT ON EXTENSION ",
    re.DOTALL,
)
_ATOMIC = re.compile(rb"CREATE (OR REPLACE )?(FUNCTION|PROCEDURE) .*\bBEGIN ATOMIC\b", re.DOTALL)
_ALIVE = re.compile(
    rb"(CREATE|ALTER) (SUBSCRIPTION|PUBLICATION|EVENT TRIGGER) |(CREATE|ALTER) USER MAPPING "
    rb"|COMMENT ON (SUBSCRIPTION|PUBLICATION|EVENT TRIGGER) "
    rb"|SECURITY LABEL .*ON (SUBSCRIPTION|PUBLICATION|EVENT TRIGGER) ",
    re.DOTALL,
)
"""What acts by itself once it is there, or lets something be reached elsewhere."""
_SERVER = b"CREATE SERVER "
_REFRESH = b"REFRESH MATERIALIZED VIEW "
_LEFT_OUT = (
    b"SET transaction_timeout = 0;",  # older servers do not know it
    b"BEGIN;",  # these two stand around large objects, and a restore is one transaction
    b"COMMIT;",
)
_TRANSACTION = re.compile(
    rb"(BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE|SET\s+TRANSACTION)\b", re.I
)
_EXTENSIONS_COMMENT = b"COMMENT ON EXTENSION "
_END = b"-- PostgreSQL database dump complete"


@dataclass(frozen=True)
class Sql:
    """One or more whole statements."""

    text: bytes
    needs_owner: bool = False
    """One statement that a role may lack the right for, and that no row depends on."""


@dataclass(frozen=True)
class Copy:
    """The rows of a table, to be read before the next piece."""

    statement: bytes
    table: str
    rows: CopyRows


class _Text:
    """Lines and blocks of rows out of a stream of chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.buffer = b""

    def more(self) -> bool:
        chunk = next(self._chunks, b"")
        self.buffer += chunk
        return bool(chunk)

    def line(self) -> bytes:
        """The next line with its end; empty at the end of the text."""
        pieces = []
        while (end := self.buffer.find(b"\n")) < 0:
            pieces.append(self.buffer)
            self.buffer = b""
            if not self.more():
                break
        pieces.append(self.buffer[: end + 1])
        self.buffer = self.buffer[end + 1 :] if end >= 0 else b""
        return b"".join(pieces)


class CopyRows:
    """Reads like a file, up to the line `\\.` that ends the block."""

    _LAST = b"\\.\n"

    def __init__(self, text: _Text) -> None:
        self._text = text
        self._at_line_start = True
        self._ended = False

    def read(self, size: int = _BATCH) -> bytes:
        while not self._ended:
            text = self._text
            if self._at_line_start and text.buffer.startswith(self._LAST):
                text.buffer = text.buffer[len(self._LAST) :]
                self._ended = True
            elif len(text.buffer) <= len(self._LAST):
                if not text.more():
                    raise InvalidBackup("the text ends in the middle of a table's rows")
            else:
                return self._upto(text, size)
        return b""

    def _upto(self, text: _Text, size: int) -> bytes:
        end = text.buffer.find(b"\n" + self._LAST, 0, size + len(self._LAST) + 1)
        # The last bytes may be the beginning of the line that ends the block.
        end = end + 1 if end >= 0 else min(size, len(text.buffer) - len(self._LAST))
        data, text.buffer = text.buffer[:end], text.buffer[end:]
        self._at_line_start = data.endswith(b"\n")
        return data

    def lines(self) -> Iterator[bytes]:
        """The rows, each with its line end."""
        rest = b""
        while data := self.read():
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                yield line + b"\n"


class Script:
    """Iterates over the pieces of a script. Raises InvalidBackup where it is cut, or is more than a script."""

    def __init__(self, chunks: Iterator[bytes], *, owners: bool = True, trial: bool = False) -> None:
        """For a `trial` nothing is made that acts by itself or reaches another server."""
        self._text = _Text(chunks)
        self._owners = owners
        self._trial = trial
        self._is_connected = False
        """Whether a foreign server is part of it, which a materialized view may read from."""
        self._batch: list[bytes] = []
        self._batched = 0
        self._statement: list[bytes] = []
        self._skeleton: list[bytes] = []
        """The statement without what is between quotes."""
        self._inside = b""
        self._depth = 0
        self._is_complete = False

    def __iter__(self) -> Iterator[Sql | Copy]:
        while line := self._text.line():
            if not self._statement and not self._inside and self._is_between(line):
                continue
            yield from self._pieces(line)
        if self._statement or self._inside:
            raise InvalidBackup("the text ends in the middle of a statement")
        if not self._is_complete:
            raise InvalidBackup(f"the text ends before its last line, {_END.decode()!r}")
        yield from self._flush()

    def _is_between(self, line: bytes) -> bool:
        """Whether the line belongs to no statement."""
        if line.startswith(b"--"):
            self._is_complete = self._is_complete or line.rstrip() == _END
            return True
        if line.startswith(b"\\"):
            if not _RESTRICT.fullmatch(line):
                raise InvalidBackup("the text has a command for psql, which no backup has")
            return True
        return not line.strip()

    def _pieces(self, line: bytes) -> Iterator[Sql | Copy]:
        start = position = 0
        while position < len(line):
            if self._inside:
                position = self._skip(line, position)
                continue
            token = _TOKEN.search(line, position)
            self._skeleton.append(line[position : token.start() if token else len(line)])
            if token is None or token[0] == b"--":
                break
            position = token.end()
            if token[0] != b";":
                self._open(line, token)
            elif self._ends():
                self._statement.append(line[start:position])
                start = position
                yield from self._statement_pieces()
        rest = line[start:]
        if self._statement or self._inside or rest.strip():
            self._statement.append(rest)

    def _open(self, line: bytes, token: re.Match[bytes]) -> None:
        before = line[max(0, token.start() - 2) : token.start()]
        is_part_of_name = bool(_NAME_BYTE.match(before[-1:]))
        if token[0] == b"/*":
            self._inside, self._depth = b"/*", 1
        elif token[0] == b"'" and before[-1:] in (b"e", b"E") and not _NAME_BYTE.match(before[:-1][-1:]):
            self._inside = b"E'"
        elif not (token[0].startswith(b"$") and is_part_of_name):
            self._inside = token[0]

    def _skip(self, line: bytes, position: int) -> int:
        """To the end of what is quoted, or of the line."""
        if self._inside == b"/*":
            return self._skip_comment(line, position)
        if self._inside == b"E'":
            for found in _ESCAPED.finditer(line, position):
                if found[0] == b"'":
                    self._inside = b""
                    return found.end()
            return len(line)
        end = line.find(self._inside, position)
        if end < 0:
            return len(line)
        end += len(self._inside)
        self._inside = b""
        return end

    def _skip_comment(self, line: bytes, position: int) -> int:
        for found in _COMMENT.finditer(line, position):
            self._depth += 1 if found[0] == b"/*" else -1
            if not self._depth:
                self._inside = b""
                return found.end()
        return len(line)

    def _ends(self) -> bool:
        """Whether a semicolon ends the statement: not inside the body of a function in SQL."""
        skeleton = b"".join(self._skeleton)
        if _ATOMIC.match(skeleton.lstrip()) and not skeleton.endswith(b"\nEND"):
            self._skeleton.append(b";")
            return False
        return True

    def _statement_pieces(self) -> Iterator[Sql | Copy]:
        statement, skeleton = b"".join(self._statement).lstrip(), b"".join(self._skeleton).lstrip()
        self._statement, self._skeleton = [], []
        if copy := _COPY.fullmatch(statement):
            yield from self._flush()
            rows = CopyRows(self._text)
            yield Copy(statement, copy[1].decode(), rows)
            while rows.read():
                pass
            return
        if skeleton[:5].upper() == b"COPY ":
            raise InvalidBackup("the text copies from or to a file or a program, which no backup does")
        if statement in _LEFT_OUT or (not self._owners and _OWNERSHIP.match(skeleton)):
            return
        self._is_connected = self._is_connected or skeleton.startswith(_SERVER)
        if self._trial and (_ALIVE.match(skeleton) or (self._is_connected and skeleton.startswith(_REFRESH))):
            return
        if _TRANSACTION.match(skeleton):
            raise InvalidBackup("the text begins or ends a transaction, which no backup does")
        if skeleton.startswith(_EXTENSIONS_COMMENT):
            yield from self._flush()
            yield Sql(statement, needs_owner=True)
            return
        self._batch.append(statement)
        self._batched += len(statement)
        if self._batched > _BATCH:
            yield from self._flush()

    def _flush(self) -> Iterator[Sql]:
        if self._batch:
            yield Sql(b"\n".join(self._batch))
        self._batch, self._batched = [], 0
