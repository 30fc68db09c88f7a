"""Encodes values as JSON.

`msgspec.json.encode` ends the process with SIGSEGV where there is no memory left; `encode_into` raises MemoryError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec


def encoded(value: object) -> bytes:
    return encoder()(value)


def encoder() -> Callable[[Any], bytes]:
    """For many values: their bytes are put together in one place, which grows to the largest."""
    encode_into, buffer = msgspec.json.Encoder().encode_into, bytearray()

    def encode(value: Any) -> bytes:
        encode_into(value, buffer)
        return bytes(buffer)

    return encode
