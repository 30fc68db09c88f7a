"""Whether a row of the file is the one that the database has under its key, and which of two is newer."""

from __future__ import annotations

import struct
from typing import Any

from memoria.snapshot.difference import differing
from memoria.snapshot.structs import facts_of
from memoria.snapshot.tables import Kind, Table, TableFacts

MOMENTS = ("created_at", "updated_at", "last_updated", "timestamp", "extraction_timestamp", "accessed_at")
"""Columns that tell when a row was made or changed."""


def differences(
    table: Table, facts: TableFacts, values: list[Any], held: list[Any], *, drop_embeddings: bool
) -> list[str]:
    """The columns in which a row differs from the one that is there, as the database would hold it.

    The namespace is none of them: by it, that row was found to be the same.
    """
    if values == held:
        return []
    values = list(values)
    for position, column in enumerate(table.columns):
        if column.kind is Kind.FLOAT and values[position] is not None:
            fact = facts_of(facts.columns, column)
            if fact.single_precision:
                values[position] = struct.unpack("<f", struct.pack("<f", values[position]))[0]
            if values[position] == 0 and not fact.holds_negative_zero:
                values[position] = 0.0
    ignored = {"namespace", "embedding"} if drop_embeddings else {"namespace"}
    return [name for name in differing(table, values, held) if name not in ignored]


def moment(table: Table, values: list[Any]) -> str:
    """When a row was made or last changed."""
    found = [values[i] for i, column in enumerate(table.columns) if column.name in MOMENTS]
    return max((moment for moment in found if moment is not None), default="")
