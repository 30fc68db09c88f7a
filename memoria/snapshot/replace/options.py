"""Says what a replacing import was asked for."""

from __future__ import annotations

from dataclasses import dataclass

from memoria.snapshot.run import LoadOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceOptions(LoadOptions):
    truncate: bool = True
    """Rows of the carried tables are replaced; else the file's rows are added to them."""
    null_missing_references: bool = False
    """References that may be NULL become so where their target is neither in the file nor in the database."""
