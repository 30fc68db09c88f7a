"""The shapes in which the prose of the sample data is written down; keys are unique over all topics."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["preference", "fact", "decision", "project", "skill", "rule", "event"]


@dataclass(frozen=True)
class Memory:
    """One long-term memory. `replaces` and `same_as` hold the key of an earlier memory of the topic."""

    key: str
    kind: Kind
    text: str
    replaces: str | None = None
    same_as: str | None = None


@dataclass(frozen=True)
class Recent:
    """One short-term memory of the last week of October 2026."""

    key: str
    text: str


@dataclass(frozen=True)
class Link:
    """A relationship between two long-term memories."""

    source: str
    relation: Literal["supports", "contradicts", "follows", "refines"]
    target: str
    reason: str


@dataclass(frozen=True)
class Topic:
    """Memories of one namespace that belong together, in the order in which they were made."""

    namespace: str
    name: str
    starts: date
    summary: str
    keywords: tuple[str, ...]
    people_and_things: tuple[str, ...]
    document: tuple[str, str]  # title, address
    memories: tuple[Memory, ...]
    recent: tuple[Recent, ...]
    links: tuple[Link, ...]
