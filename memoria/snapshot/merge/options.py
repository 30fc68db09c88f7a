"""Says what a merge was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from memoria.snapshot.merge.mapping import Namespaces
from memoria.snapshot.run import LoadOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeOptions(LoadOptions):
    namespaces: Namespaces = field(default_factory=lambda: Namespaces({}))
    new_ids: bool = False
    on_conflict: str = "skip"
    """What becomes of a row whose key is there with other content: skip, overwrite, newest or fail."""
    allow_duplicates: bool = False
    """Nothing is looked for but keys, and one that is there is an error."""
    drop_embeddings: bool = False
