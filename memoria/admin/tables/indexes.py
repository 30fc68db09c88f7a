"""Reads what the indexes of a table make quick: an order, a value to look for, the values that there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connections, models
from django.db.models import F

VALUES_SHOWN = 50
NEWEST_ROWS = 1_000


def indexed_fields(model: Any) -> frozenset[str]:
    """The fields that stand first in an index: rows are found by them, and come in their order, without a scan."""
    options = model._meta
    constraints = [c for c in options.constraints if isinstance(c, models.UniqueConstraint)]
    first = [index.fields[0] for index in options.indexes if index.fields]
    first += [constraint.fields[0] for constraint in constraints if constraint.fields]
    first += [str(getattr(e, "name", "")) for c in constraints for e in c.expressions[:1] if isinstance(e, F)]
    return frozenset({options.pk.name, *(options.get_field(name).name for name in first)})


def column_of(model: type[models.Model], field: str) -> str:
    return next(str(found.column) for found in model._meta.concrete_fields if found.name == field)


def values(
    model: type[models.Model], fields: Iterable[str], *, newest: Iterable[str] = (), by: str = "created_at", using: str
) -> dict[str, list[str]]:
    """Field -> its distinct values in order, one more than VALUES_SHOWN at most, in one query.

    `fields` are indexed: each value is found by stepping over the index from the one before. The `newest` have no
    index: their values are those of the NEWEST_ROWS last rows, in the order of the field `by`.
    """
    quote = connections[using].ops.quote_name
    table = quote(model._meta.db_table)
    steps, selects = [], []
    for number, name in enumerate(fields):
        column = quote(column_of(model, name))
        steps.append(
            f"v{number}(value, position) AS (SELECT min({column}), 1 FROM {table} UNION ALL"
            f" SELECT (SELECT min({column}) FROM {table} WHERE {column} > v{number}.value), position + 1"
            f" FROM v{number} WHERE value IS NOT NULL AND position <= {VALUES_SHOWN})"
        )
        selects.append(f"SELECT '{name}', value FROM v{number} WHERE value IS NOT NULL")
    for name in newest:
        column, order = (quote(column_of(model, field)) for field in (name, by))
        selects.append(
            f"SELECT DISTINCT '{name}', value FROM (SELECT {column} AS value FROM {table}"
            f" ORDER BY {order} DESC LIMIT {NEWEST_ROWS}) AS newest WHERE value IS NOT NULL"
        )
    found: dict[str, list[str]] = {name: [] for name in (*fields, *newest)}
    if selects:
        with connections[using].cursor() as cursor:
            cursor.execute((f"WITH RECURSIVE {', '.join(steps)} " if steps else "") + " UNION ALL ".join(selects))
            for name, value in cursor.fetchall():
                found[name].append(str(value))
    return {name: sorted(texts) for name, texts in found.items()}


def about(model: type[models.Model], using: str) -> int | None:
    """How many rows PostgreSQL believes a table to have; None where nobody keeps an account."""
    if connections[using].vendor != "postgresql":
        return None
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)", [model._meta.db_table])
        row = cursor.fetchone()
    # -1: it was never analysed.
    return row[0] if row and row[0] > 0 else None
