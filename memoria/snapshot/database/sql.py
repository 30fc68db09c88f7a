"""Spells SQL: names, and what each database says in its own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from memoria.snapshot.schema.facts import Kind


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What both databases can do, and spell or do differently."""

    vendor: str
    mark: str
    """What stands for a parameter."""
    same: str
    """The operator that takes NULL for equal to NULL."""
    stage_types: Mapping[Kind, str]
    """The types of staged columns, where they are not text."""
    embedding: str
    """The column `embedding` as a value of which `array_length` can be asked."""
    array_length: str
    """The length of the array `e`; NULL where it is none."""
    indexing_locks_readers: bool
    """Whether those who read a table must wait while its indexes are built."""
    moves_into_place: bool
    """Whether rows inserted `beside` replace those of the table when `finish` moves them."""
    numbers_notes: bool
    """Whether the notes of an import are numbered by the database, and no number stays taken after a rollback."""

    def marks(self, count: int) -> str:
        return ", ".join([self.mark] * count)
