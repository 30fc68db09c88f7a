"""Fills the time and the database's name into the name of a file that is to be written."""

from __future__ import annotations

import re
from datetime import UTC, datetime

TIMESTAMP = "%Y%m%dT%H%M%SZ"


def filled(pattern: str, moment: datetime, database: str) -> str:
    """The name, in which `{timestamp}` and `{database}` are what they stand for."""
    timed = pattern.replace("{timestamp}", moment.astimezone(UTC).strftime(TIMESTAMP))
    return timed.replace("{database}", plain_name(database))


def plain_name(database: str) -> str:
    """A database's name as part of a file's name."""
    return re.sub(r"[^\w.-]", "_", database, flags=re.ASCII).strip(".") or "database"
