"""A script of pg_dump comes apart in the same pieces, however its bytes arrive, and a cut one does not come apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from memoria.backup.errors import InvalidBackup
from memoria.backup.postgresql.script import Copy, Script

END = b"--\n-- PostgreSQL database dump complete\n--\n\n"
TEXT = (
    rb"""--
-- PostgreSQL database dump
--

\restrict abcDEF123

SET statement_timeout = 0;
SET transaction_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE FUNCTION public.f() RETURNS integer
    LANGUAGE plpgsql
    AS $_$
-- not the end: ;
COPY public.t (a) FROM stdin;
BEGIN RETURN 'it''s'; END $_$;


ALTER FUNCTION public.f() OWNER TO postgres;
CREATE FUNCTION public.g() RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT 1;
 SELECT CASE WHEN true THEN 2 ELSE 3
        END;
END;
COMMENT ON FUNCTION public.f() IS E'a \\ '' ; \' ;';
/* a /* nested ; */ comment; */ CREATE TABLE public."a;b" (a text DEFAULT ';'::text, e$1 int);

COPY public.t (a, b) FROM stdin;
1	\\.
\\.	2
\N	x\\ny
\.


COPY "s (x)"."t""u"  FROM stdin;
\.


GRANT ALL ON TABLE public.t TO someone;
SELECT 1;

\unrestrict abcDEF123

"""
    + END
)
SQL_1 = rb"""SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE FUNCTION public.f() RETURNS integer
    LANGUAGE plpgsql
    AS $_$
-- not the end: ;
COPY public.t (a) FROM stdin;
BEGIN RETURN 'it''s'; END $_$;
ALTER FUNCTION public.f() OWNER TO postgres;
CREATE FUNCTION public.g() RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT 1;
 SELECT CASE WHEN true THEN 2 ELSE 3
        END;
END;
COMMENT ON FUNCTION public.f() IS E'a \\ '' ; \' ;';
/* a /* nested ; */ comment; */ CREATE TABLE public."a;b" (a text DEFAULT ';'::text, e$1 int);"""
ROWS = b"1\t\\\\.\n\\\\.\t2\n\\N\tx\\\\ny\n"
PIECES = [
    SQL_1,
    (b"COPY public.t (a, b) FROM stdin;", "public.t", ROWS),
    (b'COPY "s (x)"."t""u"  FROM stdin;', '"s (x)"."t""u"', b""),
    b"GRANT ALL ON TABLE public.t TO someone;\nSELECT 1;",
]


def chunks(text: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


def pieces(text: bytes, size: int = 1 << 20, *, owners: bool = True, read: int = 1 << 20) -> list[object]:
    found: list[object] = []
    for piece in Script(chunks(text, size), owners=owners):
        if isinstance(piece, Copy):
            found.append((piece.statement, piece.table, b"".join(iter(lambda p=piece: p.rows.read(read), b""))))
        else:
            found.append(piece.text)
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 1 << 20])
@pytest.mark.parametrize("read", [1, 3, 1 << 20])
def test_pieces(size: int, read: int) -> None:
    assert pieces(TEXT, size, read=read) == PIECES


def test_without_owners() -> None:
    found = pieces(TEXT, owners=False)
    assert found[0] == SQL_1.replace(b"ALTER FUNCTION public.f() OWNER TO postgres;\n", b"")
    assert found[3] == b"SELECT 1;"


def test_rows_that_nobody_reads_are_passed_over() -> None:
    assert [type(piece).__name__ for piece in Script(chunks(TEXT, 10))] == ["Sql", "Copy", "Copy", "Sql"]


def test_rows_by_line() -> None:
    copies = (piece for piece in Script(chunks(TEXT, 4)) if isinstance(piece, Copy))
    assert [list(copy.rows.lines()) for copy in copies] == [ROWS.splitlines(keepends=True), []]


def test_cut_at_every_byte() -> None:
    whole = len(TEXT) - len(b"\n--\n\n")
    for end in range(whole):
        with pytest.raises(InvalidBackup):
            pieces(TEXT[:end])
    for end in (whole, whole + 1, whole + 3, whole + 4, whole + 5):  # nothing but the last comment is missing
        assert pieces(TEXT[:end]) == PIECES


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (rb"\! touch x", "the text has a command for psql, which no backup has"),
        (rb"\connect other", "the text has a command for psql, which no backup has"),
        (rb"\restrict a; b", "the text has a command for psql, which no backup has"),
        (b"COPY t FROM PROGRAM 'x';", "the text copies from or to a file or a program, which no backup does"),
        (b"copy t to '/etc/x';", "the text copies from or to a file or a program, which no backup does"),
        (b"/* */COPY (SELECT 1) TO\nPROGRAM 'x';", "the text copies from or to"),
    ],
)
def test_what_no_backup_has(line: bytes, said: str) -> None:
    with pytest.raises(InvalidBackup) as error:
        pieces(b"SELECT 1;\n" + line + b"\n" + END)
    assert str(error.value).startswith(said)
