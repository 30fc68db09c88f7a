"""Holds what an upload is to do, as its form asks it and as the engine is told."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

MERGE, REPLACE = "merge", "replace"
PERMISSIONS = {MERGE: "import_snapshot", REPLACE: "replace_with_snapshot"}
"""Mode -> the permission that it needs."""


@dataclass(frozen=True, slots=True)
class Choices:
    mode: str = MERGE
    namespaces: dict[str, str] = field(default_factory=dict)
    """Source -> target, of those that change."""
    on_conflict: str = "skip"
    new_ids: bool = False
    drop_embeddings: bool = False
    null_missing_references: bool = False
    skip_invalid: bool = False
    ignore_unknown: bool = False
    allow_edited: bool = False

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """What was stored with an upload, perhaps by another version of this program."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def loading(self) -> dict[str, Any]:
        """What every way into a database may be asked for."""
        return {
            "skip_invalid": self.skip_invalid,
            "ignore_unknown": self.ignore_unknown,
            "allow_edited": self.allow_edited,
        }

    @property
    def permission(self) -> str:
        return f"memoria.{PERMISSIONS[self.mode]}"
