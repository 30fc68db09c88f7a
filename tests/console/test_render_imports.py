"""memoria.console.render_imports: literal texts."""

from __future__ import annotations

import pytest

from memoria.console.render_imports import undo_question
from memoria.snapshot.report import TableUndo, UndoReport


@pytest.mark.parametrize(
    ("tables", "what"),
    [
        (
            {
                "long_term_memory": TableUndo(delete=1, restore=1200),
                "clusters": TableUndo(delete=3),
                "chats": TableUndo(),
            },
            "deletes 1 row of long_term_memory, 3 rows of clusters and restores 1,200 rows of long_term_memory",
        ),
        ({"clusters": TableUndo(restore=2)}, "restores 2 rows of clusters"),
        ({}, "changes no row"),
    ],
)
def test_what_an_undo_asks(tables: dict[str, TableUndo], what: str) -> None:
    report = UndoReport(4, "sqlite:///m.sqlite3", file_name="a.json", tables=tables)
    assert undo_question(report) == f"This takes import 4 of a.json into sqlite:///m.sqlite3 back: it {what}."
