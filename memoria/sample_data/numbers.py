"""Numbers that look random and depend on nothing but their names: the same on every machine and Python.

Only operations that IEEE 754 fixes to the last bit are used (`math.fsum`, `math.sqrt`, + - * /).
"""

import math
from collections.abc import Sequence
from hashlib import sha256, sha512

DIMENSIONS = 64
TOPIC_WEIGHT = 1.5  # memories of one topic have a cosine of about 0.7, of two topics about 0


def share(*names: str) -> float:
    """A number in [0, 1)."""
    return (int.from_bytes(sha256("\n".join(names).encode()).digest()[:8]) >> 11) / 2**53


def between(low: float, high: float, *names: str) -> float:
    return low + (high - low) * share(*names)


def embedding(topic: str, text: str) -> list[float]:
    """A vector of length 1: near to those of the same topic, nearer to those that share words with `text`."""
    words = set(text.casefold().split())
    directions = [_direction(word) for word in words]
    centre = _direction(f"topic {topic}")
    scale = math.sqrt(len(words))
    return unit(
        [
            TOPIC_WEIGHT * towards_topic + math.fsum(by_word) / scale
            for towards_topic, by_word in zip(centre, zip(*directions, strict=True), strict=True)
        ]
    )


def mean(vectors: Sequence[Sequence[float]]) -> list[float]:
    return [round(math.fsum(column) / len(vectors), 6) for column in zip(*vectors, strict=True)]


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Of two vectors of length 1."""
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def unit(vector: Sequence[float]) -> list[float]:
    length = math.sqrt(math.fsum(x * x for x in vector))
    return [round(x / length, 6) for x in vector]


def _direction(name: str) -> list[float]:
    """64 numbers from -1 to 1, one for each byte of a digest."""
    return [(byte - 127.5) / 127.5 for byte in sha512(name.encode()).digest()]
