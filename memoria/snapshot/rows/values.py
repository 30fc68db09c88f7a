"""Checks the text of JSON values, and mends what the parser would not read."""

from __future__ import annotations

import re
from itertools import pairwise

import msgspec

from memoria.snapshot.errors import InvalidValue
from memoria.text import shown

MAX_ROW = 255 << 20
"""Bytes of one row's JSON; a longer one could not be read back within reasonable memory."""
MAX_DEPTH = 512
"""Arrays and objects inside each other, in one value."""
MAX_ROW_DEPTH = MAX_DEPTH + 1

_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_BARE_NUMBER = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|(-?)\b(NaN|Infinity)\b(?!\s*+:)', re.DOTALL)
_validate = msgspec.json.Decoder(msgspec.Raw).decode


def check_json(text: bytes, limit: int = MAX_DEPTH) -> None:
    """Refuse text that is not exactly one JSON value of at most `limit` nested arrays and objects."""
    check_depth(text, limit)
    try:
        _validate(text)
    except (msgspec.MsgspecError, RecursionError):
        try:
            _validate(mask_lone_surrogates(text))
        except (msgspec.MsgspecError, RecursionError) as error:
            raise InvalidValue(f"is not JSON ({parser_reason(error)}): {shown(text)}") from None


def not_json(row: bytes) -> str | None:
    """Why a row that nobody decodes is no JSON all the same."""
    try:
        row.decode()
        check_json(row, MAX_ROW_DEPTH)
    except (InvalidValue, UnicodeDecodeError) as error:
        return f"the row {error}"
    return None


def check_depth(text: bytes, limit: int = MAX_DEPTH) -> None:
    """Only text with many opening brackets can be too deep, and finding the first of them is nearly free."""
    if len(text) <= limit or not (has_many(text, b"[") or has_many(text, b"{")):
        return
    depth = 0
    for match in _BRACKET.finditer(text):
        bracket = match[0]
        if bracket in b"[{":
            depth += 1
            if depth > limit:
                raise InvalidValue(f"nests arrays and objects more than {MAX_DEPTH} deep")
        elif bracket in b"]}":
            depth -= 1


def has_many(text: bytes, bracket: bytes) -> bool:
    """Whether there are enough brackets to nest deeply."""
    position = -1
    for _ in range(MAX_DEPTH // 2):
        position = text.find(bracket, position + 1)
        if position < 0:
            return False
    return True


def one_line(text: str) -> str:
    """JSON text without line ends. They can only stand between tokens, where a space means the same."""
    if "\n" in text or "\r" in text:
        return text.replace("\n", " ").replace("\r", " ")
    return text


def mask_lone_surrogates(text: bytes) -> bytes:
    r"""JSON text of the same length in which each \uD800-\uDFFF without its partner reads \uFFFD.

    JSON allows half a surrogate pair in a string and both databases keep it, as text; the parser does not.
    """
    if _SURROGATE.search(text) is None:
        return text
    escapes = [(m.start(), int(m[1], 16)) for m in _ESCAPE.finditer(text) if m[1]]
    paired = {
        position
        for (first, high), (second, low) in pairwise(escapes)
        if second == first + 6 and 0xD800 <= high < 0xDC00 <= low < 0xE000
        for position in (first, second)
    }
    masked = bytearray(text)
    for position, code in escapes:
        if 0xD800 <= code < 0xE000 and position not in paired:
            masked[position : position + 6] = b"\\ufffd"
    return bytes(masked)


def quote_bare_numbers(text: bytes) -> tuple[bytes, int]:
    """JSON text in which the bare words NaN, Infinity and -Infinity are strings, and how many there were."""
    count = 0

    def quote(match: re.Match[bytes]) -> bytes:
        nonlocal count
        if match[2] is None:
            return match[0]
        count += 1
        return b'"' + match[1] + match[2] + b'"'

    return _BARE_NUMBER.sub(quote, text), count


def parser_reason(error: BaseException) -> str:
    """The parser's complaint without the words that every one of them begins with."""
    if isinstance(error, RecursionError):
        return "nested too deep"
    return str(error).removeprefix("JSON is malformed: ") or "malformed"
