"""Tells of single rows what a plan says of them, for whoever wants to show them; the report only counts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from memoria.snapshot.report import Issue


class Watch:
    """Is told, and does nothing with it."""

    def issue(self, issue: Issue) -> None:
        """A row, or a table, that cannot be moved."""

    def difference(self, table: str, key: str, columns: Mapping[str, tuple[Any, Any]]) -> None:
        """A row that is there with other content, by its key in the file.

        `columns`: name -> what the database has, what the file has.
        """

    def rows(self, table: str, action: str, rows: Iterator[tuple[int, Any]]) -> None:
        """Line and key of all rows with one action, in their order; they are fetched as far as they are taken."""
