"""What a merge was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from memoria.snapshot.merge.mapping import Namespaces


@dataclass(frozen=True, slots=True)
class MergeOptions:
    namespaces: Namespaces = field(default_factory=lambda: Namespaces({}))
    new_ids: bool = False
    on_conflict: str = "skip"
    """What becomes of a row whose key is there with other content: skip, overwrite, newest or fail."""
    allow_duplicates: bool = False
    """Nothing is looked for but keys, and one that is there is an error."""
    drop_embeddings: bool = False
    ignore_unknown: bool = False
    skip_invalid: bool = False
    validate: bool = True
