"""Counts for the overview, in a few queries, each of them bounded however many rows there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import connections
from django.db.models import Model

from memoria.admin.bounded_count import COUNTED, bounded_count
from memoria.admin.tables.indexes import about
from memoria.fields import utc_now
from memoria.models import ShortTermMemory

COUNTED_WHOLE = 200_000
"""A table of more rows, by PostgreSQL's own account, is judged by a sample."""
SAMPLED = 20_000
SHOWN = 12
"""Namespaces and categories that get a bar of their own."""
MONTHS = 24


@dataclass(frozen=True)
class Spread:
    """How the rows of a table are spread: value -> rows, most first; months ("2026-11") -> rows, in order."""

    total: int
    estimated: bool
    namespaces: Mapping[str, int]
    categories: Mapping[str, int]
    months: Mapping[str, int]


def spread(model: type[Model], using: str) -> Spread:
    """Of a table of memories, in one query; rounded from a sample where the table is large."""
    total = about(model, using) or 0
    source, scale = connections[using].ops.quote_name(model._meta.db_table), 1.0
    with_sample = ""
    if total > COUNTED_WHOLE:
        share = min(100 * SAMPLED / total, 100)
        with_sample = (
            "WITH sample AS MATERIALIZED (SELECT namespace, category_primary, created_at"
            f" FROM {source} TABLESAMPLE SYSTEM ({share:.6f}) REPEATABLE (1)) "
        )
        source = "sample"
    selects = [f"SELECT 'total' AS kind, '' AS value, count(*) AS n FROM {source}"]
    for kind, column in (("namespaces", "namespace"), ("categories", "category_primary")):
        grouped = f"SELECT {column} AS value, count(*) AS n FROM {source} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {SHOWN}"
        selects.append(f"SELECT '{kind}', value, n FROM ({grouped}) AS {kind}")
    selects.append(f"SELECT 'months', value, n FROM ({_by_month(source, using)}) AS by_month")
    found: dict[str, dict[str, int]] = {"total": {}, "namespaces": {}, "categories": {}, "months": {}}
    with connections[using].cursor() as cursor:
        cursor.execute(with_sample + " UNION ALL ".join(selects))
        for kind, value, number in cursor.fetchall():
            found[kind][str(value)] = number
    counts = found["total"][""]
    if with_sample:
        scale = total / counts if counts else 0.0
        counts = total
    return Spread(
        counts,
        bool(with_sample),
        _scaled(found["namespaces"], scale),
        _scaled(found["categories"], scale),
        dict(sorted(_scaled(found["months"], scale).items())),
    )


def _by_month(source: str, using: str) -> str:
    """The query for the newest months and their rows."""
    postgresql = connections[using].vendor == "postgresql"
    # There the name of a month is made once a month, and not once a row.
    month = "date_trunc('month', created_at)" if postgresql else "substr(created_at, 1, 7)"
    counts = f"SELECT {month} AS value, count(*) AS n FROM {source} GROUP BY 1 ORDER BY 1 DESC LIMIT {MONTHS}"
    return f"SELECT to_char(value, 'YYYY-MM') AS value, n FROM ({counts}) AS months" if postgresql else counts


def _scaled(counts: Mapping[str, int], scale: float) -> dict[str, int]:
    return dict(counts) if scale == 1.0 else {value: round(number * scale) for value, number in counts.items()}


@dataclass(frozen=True)
class Count:
    """A number of rows; not `exact` means "more than" where it is COUNTED, else "about"."""

    number: int
    exact: bool

    def __str__(self) -> str:
        if self.exact:
            return f"{self.number:,}"
        return f"more than {COUNTED:,}" if self.number == COUNTED else f"about {self.number:,}"


def size(model: type[Model], using: str) -> Count:
    """Exactly up to COUNTED rows, else as PostgreSQL believes."""
    number = bounded_count(model._default_manager.using(using))
    if number <= COUNTED:
        return Count(number, exact=True)
    return Count(about(model, using) or COUNTED, exact=False)


@dataclass(frozen=True)
class Expiring:
    expired: Count
    within_day: Count
    within_week: Count


def expiring(using: str) -> Expiring:
    """Short-term memories whose time has passed, or soon will."""
    now = utc_now()
    rows = ShortTermMemory.objects.using(using)

    def between(**limits: object) -> Count:
        number = bounded_count(rows.filter(**limits))
        return Count(min(number, COUNTED), exact=number <= COUNTED)

    return Expiring(
        between(expires_at__lte=now),
        between(expires_at__gt=now, expires_at__lte=now + timedelta(days=1)),
        between(expires_at__gt=now, expires_at__lte=now + timedelta(days=7)),
    )
