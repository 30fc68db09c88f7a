"""Columns of the target that hold fewer digits than a value has."""

from __future__ import annotations

import struct
from decimal import Decimal
from math import isfinite

from memoria.snapshot.errors import InvalidValue
from memoria.snapshot.schema.facts import ColumnFacts

_MAX_SINGLE = 3.4028235677973366e38
"""Floats beyond this round to infinity in 4 bytes."""
_SECONDS = len("2026-11-22T10:00:00.")


def is_rounded(value: float) -> bool:
    """Whether a 4-byte float is near a value, and not the same. Raises InvalidValue where none is near."""
    if not isfinite(value):
        return False
    if abs(value) >= _MAX_SINGLE:
        raise InvalidValue(f"is {value!r}, too large for the 4-byte floats of the target")
    single: float = struct.unpack("<f", struct.pack("<f", value))[0]
    if single == 0 != value:
        raise InvalidValue(f"is {value!r}, too small for the 4-byte floats of the target")
    return single != value


def require_kept(fact: ColumnFacts, value: float | str) -> None:
    """Raises InvalidValue for a number or a canonical time that a column of few decimals would round."""
    assert fact.decimals is not None
    if isinstance(value, str):
        from_here = _SECONDS + fact.decimals if fact.type != "date" else _SECONDS - len("10:00:00.")
        kept = not value[from_here:].strip("0:.Z")
    else:
        exponent = Decimal(repr(value)).normalize().as_tuple().exponent
        kept = not isinstance(exponent, int) or -exponent <= fact.decimals  # NaN and infinity have none
    if not kept:
        raise InvalidValue(f"is {value}, which the {fact.type} of the target would round")
