"""Spells moments as a snapshot does, whatever way a database or an older file spells them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from memoria.snapshot.errors import InvalidValue
from memoria.text import shown

_TIME = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[Tt ](?P<clock>(?:[01]\d|2[0-3]):\d\d:\d\d)(?:\.(?P<fraction>\d{1,6})0*)?"
    # An older export appended "Z" to times that already had an offset: the offset is the truth.
    r"(?:(?P<offset>[+-]\d\d:?\d\d)Z?|[Zz])?)?",
    re.ASCII,
)


def spelled(moment: datetime) -> str:
    """A moment in UTC as `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
    return moment.replace(tzinfo=None).isoformat("T", "microseconds") + "Z"


def canonical_time(text: str) -> str:
    """The UTC moment as `YYYY-MM-DDTHH:MM:SS.ffffffZ`; a time without an offset is UTC already."""
    # Nearly every time is spelled as in a snapshot or as SQLite holds it, and needs no more than a look.
    if (
        (len(text) == 26 or (len(text) == 27 and text[26] == "Z"))
        and text[4] == text[7] == "-"
        and text[10] in "T "
        and text[13] == text[16] == ":"
        and text[19] == "."
        and text[20:26].isdecimal()
        and text[11:13] != "24"
    ):
        try:
            datetime.fromisoformat(text[:26])
            return f"{text[:10]}T{text[11:26]}Z"
        except ValueError:
            pass
    match = _TIME.fullmatch(text)
    if match is None:
        raise InvalidValue(f"is not a time: {shown(text)}")
    fraction = (match["fraction"] or "").ljust(6, "0")
    naive = f"{match['date']}T{match['clock'] or '00:00:00'}.{fraction}"
    try:
        moment = datetime.fromisoformat(naive + (match["offset"] or "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidValue(f"is not a time between the years 1 and 9999: {shown(text)}") from None
    return spelled(moment)
