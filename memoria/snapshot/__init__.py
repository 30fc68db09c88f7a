"""The snapshot engine: rows out of a database into one file, and back. No arguments, no HTTP, no printing.

What runs is named here, and callers take it from here. Beside it they may use `errors`, `report`, `remedy`, `progress`
and `watch`, `files` and `formats`, `schema` and `database`; the other packages are the engine's own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from memoria.snapshot.compare.compare import Comparison, TableComparison, compare_sides
    from memoria.snapshot.compare.streams import Side, database_side, snapshot_side
    from memoria.snapshot.export.export import Export
    from memoria.snapshot.export.selection import Selection
    from memoria.snapshot.history.history import Imported, Origin, imports
    from memoria.snapshot.history.undo import Undo
    from memoria.snapshot.inspection import Inspection, inspect
    from memoria.snapshot.merge.actions import OUTCOMES
    from memoria.snapshot.merge.mapping import Namespaces, namespaces
    from memoria.snapshot.merge.merge import Merge
    from memoria.snapshot.merge.options import MergeOptions
    from memoria.snapshot.replace.options import ReplaceOptions
    from memoria.snapshot.replace.replace import Replace

__all__ = [
    "OUTCOMES",
    "Comparison",
    "Export",
    "Imported",
    "Inspection",
    "Merge",
    "MergeOptions",
    "Namespaces",
    "Origin",
    "Replace",
    "ReplaceOptions",
    "Selection",
    "Side",
    "TableComparison",
    "Undo",
    "compare_sides",
    "database_side",
    "imports",
    "inspect",
    "namespaces",
    "snapshot_side",
]

_HOMES = {
    "compare.compare": ("Comparison", "TableComparison", "compare_sides"),
    "compare.streams": ("Side", "database_side", "snapshot_side"),
    "export.export": ("Export",),
    "export.selection": ("Selection",),
    "history.history": ("Imported", "Origin", "imports"),
    "history.undo": ("Undo",),
    "inspection": ("Inspection", "inspect"),
    "merge.actions": ("OUTCOMES",),
    "merge.mapping": ("Namespaces", "namespaces"),
    "merge.merge": ("Merge",),
    "merge.options": ("MergeOptions",),
    "replace.options": ("ReplaceOptions",),
    "replace.replace": ("Replace",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Loads what is asked for, and no more: models are not there yet when Django imports this package."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
