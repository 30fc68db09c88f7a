"""Frees unique values before rows exchange them: rows change one by one, and none may hold another's new value."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from memoria.snapshot.schema.facts import TableFacts

_LONGEST = 40
"""Characters that a column must take to hold a place."""


def freed(facts: TableFacts, columns: Collection[str], place: str) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Columns that are unique together, the one of them that gives up its value until it gets another, and for what.

    `columns`: those that get their values anew. `place`: an expression, text that no two rows share.
    """
    referring = {reference.column for reference in facts.references}
    for unique in facts.uniques:
        free = [facts.columns[name] for name in unique if name in columns and name not in referring]
        texts = [c.name for c in free if _is_text(c.type) and (c.max_length is None or c.max_length >= _LONGEST)]
        if texts:
            yield unique, texts[0], f"'memoria ' || {place}"
        elif empty := [c.name for c in free if c.null]:
            yield unique, empty[0], "NULL"


def _is_text(type: str) -> bool:
    return any(part in type.upper() for part in ("CHAR", "CLOB", "TEXT"))
