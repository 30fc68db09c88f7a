"""Puts values, counts and names into sentences for people: short, on one line, and without power over a terminal."""

from __future__ import annotations

from rich.filesize import decimal


def counted(count: int, noun: str) -> str:
    """A number and its noun: "1 row", "1,204 rows"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def shown(value: object, limit: int = 60) -> str:
    """A value as it may stand in a message: escaped, short, on one line."""
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
    quoted = ascii(text) if isinstance(text, str) and not text.isprintable() else repr(text)
    return quoted if len(quoted) <= limit else quoted[: limit - 1] + "…"


def visible(text: str) -> str:
    """Text from a file, without the power to move the cursor or to turn the line around."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def readable(text: str) -> str:
    """A name for people and for JSON: the bytes in it that are not UTF-8 as `\\xff`."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def as_utf8(text: str) -> str:
    """What the system gave, an argument or a variable, as UTF-8 in any locale; other bytes stay escaped."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def is_unicode(text: str) -> bool:
    """Whether a text is one; of one that a database holds and is not UTF-8 the bytes are escaped."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def size(count: float) -> str:
    """Bytes: "999 bytes", "2.6 MB"."""
    return decimal(int(count))


def sizes(count: int, limit: int) -> tuple[str, str]:
    """A size and the limit that it is above, so that it shows."""
    if size(count) != size(limit):
        return size(count), size(limit)
    return f"{count:,} bytes", f"{limit:,} bytes"
