"""Text out of databases of any encoding. The server converts it to UTF-8, but for SQL_ASCII, which is no encoding.

There a text may be any bytes. It is read and written as it is, and bytes that are not UTF-8 are escaped in it, as in
text of SQLite's: the rows are found, named, and refused where a snapshot would hold them.
"""

from __future__ import annotations

import codecs
import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg2 import extensions

from memoria.snapshot.schema.facts import Table
from memoria.text import shown

NONE = "SQL_ASCII"
WHOLE = frozenset({"UTF8", "LATIN1", NONE})
"""Encodings of which every text can be sent, and whose bytes sort as those of UTF-8 do."""
_CODEC = "memoria_utf8_or_bytes"


def _encoded(text: str, errors: str = "strict") -> tuple[bytes, int]:
    return text.encode("utf-8", "surrogateescape"), len(text)


def _decoded(data: Any, errors: str = "strict") -> tuple[str, int]:
    return bytes(data).decode("utf-8", "surrogateescape"), len(data)


def _found(name: str) -> codecs.CodecInfo | None:
    return codecs.CodecInfo(_encoded, _decoded, name=_CODEC) if name == _CODEC else None


codecs.register(_found)
# The driver's own choice for connections that ask for no encoding is ASCII. Django's never do.
extensions.encodings.update(dict.fromkeys((NONE, NONE.replace("_", "")), _CODEC))


def of(database: Any) -> str:
    """The encoding of a connection's database."""
    return str(database.info.parameter_status("server_encoding"))


def codec(database: Any) -> str:
    """Python's name of the encoding that text must have in a connection's database; empty where all text has."""
    name = of(database)
    # Of the wide ones Python has other letters than the server, which then speaks for itself.
    if name in ("UTF8", NONE) or name.startswith("EUC"):
        return ""
    spelled = f"cp{name[3:]}" if name.startswith("WIN") else name.replace("KOI8", "koi8_")
    try:
        return codecs.lookup(spelled).name
    except LookupError:  # only the server knows
        return ""


def settle(database: Any) -> None:
    """Ask for text as it is where nobody knows what it is."""
    if of(database) == NONE:
        database.set_client_encoding(NONE)


@dataclass(frozen=True, slots=True)
class Unconverted:
    """A row with a text that the server cannot convert to UTF-8."""

    place: str
    key: str
    reason: str


# One row after the other, each with a savepoint: only once a query has failed at one.
_LOOK = """
DECLARE found record; value text; key text; at integer;
BEGIN
    FOR found IN SELECT tableoid || ' ' || ctid::text AS place, {key}::text AS key, ARRAY[{texts}]::text[] AS texts
                   FROM {table} WHERE {fit} ORDER BY {key} COLLATE "C" LOOP
        BEGIN
            PERFORM convert_to(array_to_string(found.texts, ''), 'UTF8');
        EXCEPTION WHEN untranslatable_character OR character_not_in_repertoire THEN
            FOR number IN 1 .. cardinality(found.texts) LOOP
                BEGIN
                    at := number;
                    PERFORM convert_to(found.texts[number], 'UTF8');
                EXCEPTION WHEN untranslatable_character OR character_not_in_repertoire THEN
                    value := encode(convert_to(left(found.texts[number], 60), getdatabaseencoding()), 'hex');
                    EXIT;
                END;
            END LOOP;
            BEGIN
                key := encode(convert_to(found.key, 'UTF8'), 'hex');
            EXCEPTION WHEN untranslatable_character OR character_not_in_repertoire THEN
                key := encode(convert_to(found.key, getdatabaseencoding()), 'hex');
            END;
            RAISE NOTICE '{mark}|%|%|%|%', found.place, at, key, value;
        END;
    END LOOP;
END
"""


def unconverted(database: Any, table: Table, columns: Sequence[str], condition: str) -> list[Unconverted]:
    """The rows that meet a condition and cannot be sent, in the order of their keys."""
    mark = secrets.token_hex(8)
    key = f'"{table.key.name}"'
    texts = ", ".join(f'"{name}"::text' for name in columns)
    look = _LOOK.format(mark=mark, key=key, texts=texts, table=f'"{table.name}"', fit=condition)
    database.notices = notices = deque[str]()  # a list would keep the last fifty
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL client_min_messages = notice")
        cursor.execute("DO '" + look.replace("'", "''") + "'")
    found = []
    for notice in notices:
        _, marked, rest = notice.strip().partition(f"{mark}|")
        if marked:
            place, number, name, value = rest.split("|")
            reason = f"{columns[int(number) - 1]} holds what UTF-8 lacks: {shown(bytes.fromhex(value))}"
            found.append(Unconverted(place, bytes.fromhex(name).decode("utf-8", "surrogateescape"), reason))
    return found
