"""Counts rows as far as that is quick: a page of the admin never counts a whole table."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

COUNTED = 10_000
"""As many rows are counted, and can be paged through: what lies behind is found with filters, dates and the search."""


def bounded_count(queryset: QuerySet[Any], limit: int = COUNTED) -> int:
    """How many rows there are, and limit + 1 if there are more."""
    return queryset.order_by().values("pk")[: limit + 1].count()
