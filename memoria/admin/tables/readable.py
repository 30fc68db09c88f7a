"""Values as a person reads them: JSON with its numbers as they are stored, an embedding as a picture."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import msgspec
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

SHOWN = 100_000
"""Characters of one value that are shown."""
BARS = 128


def readable_json(text: str | None) -> str:
    """The text on several lines, every number as it was written; text that is no JSON as it is."""
    if text is None:
        return ""
    try:
        # msgspec moves the pieces of the text around and reads no number.
        formatted = msgspec.json.format(text.encode(), indent=2).decode()
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        formatted = text
    if len(formatted) > SHOWN:
        return f"{formatted[:SHOWN]}\n… {len(formatted) - SHOWN:,} more characters"
    return formatted


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Vector:
    """What there is to say about a list of numbers. `bars` has at most BARS, of one or several numbers each."""

    dimension: int
    norm: float
    smallest: float
    largest: float
    bars: tuple[Bar, ...]


def vector(text: str | None) -> Vector | None:
    """None for what is not a list of finite numbers."""
    try:
        numbers = json.loads(text or "")
        values = [float(number) for number in numbers if not isinstance(number, str | bool)]
    except (ValueError, TypeError, RecursionError, OverflowError):
        return None
    if (
        not isinstance(numbers, list)
        or not values
        or len(values) != len(numbers)
        or not all(map(math.isfinite, values))
    ):
        return None
    step = math.ceil(len(values) / BARS)
    groups = [values[start : start + step] for start in range(0, len(values), step)]
    shown = [max(group, key=abs) for group in groups]
    limit = max(map(abs, shown)) or 1.0
    bars = tuple(
        Bar(x=2.0 * number, y=round(24 - max(value / limit, 0) * 24, 2), height=round(abs(value / limit) * 24, 2))
        for number, value in enumerate(shown)
    )
    return Vector(len(values), math.hypot(*values), min(values), max(values), bars)


def picture(text: str | None) -> SafeString | str:
    """An embedding as dimension, norm and bars; anything else as JSON."""
    found = vector(text)
    if found is None:
        return render_to_string("memoria/json.html", {"text": readable_json(text)}) if text else ""
    return render_to_string("memoria/vector.html", {"vector": found, "width": 2 * len(found.bars)})
