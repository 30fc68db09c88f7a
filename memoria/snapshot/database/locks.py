"""Reads how long to wait for a lock that another connection holds."""

from __future__ import annotations

import os

from memoria.snapshot.errors import DatabaseFailure

VARIABLE = "MEMORIA_LOCK_TIMEOUT"
_DEFAULT = 10.0
_LONGEST = 86_400


def lock_timeout() -> float:
    """Seconds, from the environment."""
    text = os.environ.get(VARIABLE) or str(_DEFAULT)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.001 <= seconds <= _LONGEST:
        raise DatabaseFailure(f"{VARIABLE} is {text!r}: write seconds, such as 10 or 0.5, up to {_LONGEST}")
    return seconds
