"""Refuses JSON that a jsonb column cannot hold, or holds as something else than the text that it is given."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from memoria.snapshot.errors import InvalidValue
from memoria.text import shown

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?')
_SUSPECT = re.compile(r"-0|[eE][+-]?[0-9]{4}|[0-9]{16000}")
"""Without any of these no number is unusual."""
_BEFORE_POINT, _BEHIND_POINT = 131_072, 16_383
"""Digits that numeric has at the most, of which jsonb makes its numbers."""


def require_binary(text: str, encoding: str) -> int:
    """Raises InvalidValue for JSON that jsonb refuses, or loses a part of. Returns how many times it loses the sign of
    a zero. `encoding`: that of the database, if it is not UTF-8: jsonb has no escapes, but what they stand for."""
    zeros = _zeros(text) if _SUSPECT.search(text) else 0
    if text.count('":') + text.count('" :') > 1:
        json.loads(text, object_pairs_hook=_require_once, parse_float=str, parse_int=str)
    if encoding and "\\u" in text:
        _require_encoded(json.loads(text, parse_float=str, parse_int=str), encoding)
    return zeros


def _zeros(text: str) -> int:
    zeros = 0
    for token in _TOKEN.finditer(text):
        number = token[0]
        if number.startswith('"'):
            continue
        digits, _, exponent = number.lower().lstrip("-").partition("e")
        whole, _, behind = digits.partition(".")
        power = int(exponent or 0)
        is_zero = not (whole + behind).strip("0")
        before = len((whole + behind).lstrip("0")) - len(behind) + power
        if len(behind) - power > _BEHIND_POINT or (before > _BEFORE_POINT and not is_zero):
            raise InvalidValue(f"holds the number {shown(number)}, which a jsonb column cannot store")
        zeros += is_zero and number.startswith("-")
    return zeros


def _require_once(members: list[tuple[str, Any]]) -> None:
    names = Counter(name for name, _ in members)
    for name, count in names.items():
        if count > 1:
            raise InvalidValue(f"holds the name {shown(name)} {count} times, of which a jsonb column keeps the last")


def _require_encoded(value: Any, encoding: str) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode(encoding)
    except UnicodeEncodeError as error:
        character = error.object[error.start]
        raise InvalidValue(f"holds {shown(character)}, which the encoding of the target does not have") from None
