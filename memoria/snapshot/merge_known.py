"""Whether a row of the file is the one that the database has under its key, and which of two is newer."""

from __future__ import annotations

import struct
from typing import Any

from memoria.snapshot.difference import differing
from memoria.snapshot.mapping import HIDDEN, REFERENCES, ids_in, new_id
from memoria.snapshot.structs import facts_of
from memoria.snapshot.tables import Kind, Table, TableFacts

_MOMENTS = ("created_at", "updated_at", "last_updated", "timestamp", "extraction_timestamp", "accessed_at")


class Known:
    """Compares rows that go to `targets`, as the database would hold them."""

    def __init__(self, targets: set[str], *, new_ids: bool, drop_embeddings: bool) -> None:
        self._targets = targets
        self._new_ids = new_ids
        self._drop_embeddings = drop_embeddings

    def differing(self, table: Table, facts: TableFacts, values: list[Any], held: list[Any]) -> list[str]:
        """The columns in which a row differs from the one that is there, as the database would hold it."""
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
        return [name for name in differing(table, values, held) if not self._is_derived(table, name, values, held)]

    def _is_derived(self, table: Table, name: str, values: list[Any], held: list[Any]) -> bool:
        """Whether a difference comes of what was asked for: embeddings dropped, references that follow new ids."""
        at = table.position[name]
        if name == "embedding" and self._drop_embeddings:
            return True
        if not self._new_ids or values[at] is None or held[at] is None:
            return False
        if name in HIDDEN.get(table.name, ()):
            old, new = ids_in(values[at]), ids_in(held[at])
            return len(old) == len(new) and all(map(self._follows, old, new))
        return name in REFERENCES.get(table.name, {}) and self._follows(values[at], held[at])

    def _follows(self, old: Any, new: Any) -> bool:
        return bool(old == new) or any(new == new_id(target, old) for target in self._targets)


def moment(table: Table, values: list[Any]) -> str:
    """When a row was made or last changed."""
    found = [values[i] for i, column in enumerate(table.columns) if column.name in _MOMENTS]
    return max((moment for moment in found if moment is not None), default="")
