"""The search box of a list page: ids by their beginning, and words of texts, by an index where there is one."""

from __future__ import annotations

import re
from typing import Any

from django.db import OperationalError, connections
from django.db.models import BooleanField, Model, Q, QuerySet
from django.db.models.expressions import RawSQL

from memoria.snapshot.schema.relations import MEMORIES

SCANNED = 20_000
"""Without a full-text index the texts of that many of the newest rows are looked through."""
FOUND = 10_000
"""As many rows a full-text index is asked for at most."""
LAST = "\U0010ffff"


def found(
    queryset: QuerySet[Any], term: str, *, fields: tuple[str, ...], texts: tuple[str, ...], newest: str
) -> tuple[QuerySet[Any], str]:
    """The rows for a term, and what to tell of how they were found ("" for nothing).

    `fields` are indexed: a row is found by the beginning of their value, or by the whole of it where the database
    does not order text by its characters. `texts` are looked through for each word; `newest` is the indexed field
    by which the newest rows are known.
    """
    term = term.strip().replace("\x00", "")
    if not term:
        return queryset, ""
    beginnings = orders_by_character(queryset.db)
    matches = Q()
    for field in fields:
        if beginnings:
            matches |= Q(**{f"{field}__gte": term, f"{field}__lt": term + LAST})
        else:
            matches |= Q(**{field: term})
    if not texts:
        return queryset.filter(matches), "" if beginnings else "Only whole values are found."
    index = full_text(queryset.model, queryset.db)
    if index == "search_vector":
        return queryset.filter(matches | _by_vector(queryset.model, term, queryset.db)), ""
    if index:
        return queryset.filter(matches | _by_fts(queryset.model, term, index)), ""
    return _scan(queryset, term, matches, texts, newest)


def orders_by_character(using: str) -> bool:
    """Whether an index finds the beginning of a text: not under the rules of a language."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT datcollate IN ('C', 'POSIX') FROM pg_database WHERE datname = current_database()")
        row = cursor.fetchone()
    return bool(row and row[0])


def full_text(model: type[Model], using: str) -> str:
    """What a database keeps to find words of a model's texts: a column, a table, or "" for nothing."""
    connection = connections[using]
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Some databases have the column and nothing that fills it.
            cursor.execute(
                "SELECT 1 FROM pg_attribute JOIN pg_trigger ON tgrelid = attrelid JOIN pg_proc ON pg_proc.oid = tgfoid"
                " WHERE attrelid = to_regclass(%s) AND attname = 'search_vector' AND NOT attisdropped"
                " AND prosrc LIKE '%%search_vector%%' LIMIT 1",
                [table],
            )
            return "search_vector" if cursor.fetchone() else ""
        if table not in MEMORIES:
            return ""
        try:
            cursor.execute("SELECT memory_id FROM memory_search_fts LIMIT 0")
        except OperationalError:
            # There is none, or this SQLite is too old to open it.
            return ""
    return "memory_search_fts"


def _by_vector(model: type[Model], term: str, using: str) -> Q:
    quote = connections[using].ops.quote_name
    column = f"{quote(model._meta.db_table)}.search_vector"
    matches = RawSQL(f"{column} @@ websearch_to_tsquery('english', %s)", [term], output_field=BooleanField())
    return Q(matches)


def _by_fts(model: type[Model], term: str, table: str) -> Q:
    words = re.findall(r"\w+", term)
    if not words:
        return Q(pk__in=())
    query = " ".join(f'"{word}"' for word in words)
    keys = RawSQL(f"SELECT memory_id FROM {table} WHERE {table} MATCH %s LIMIT {FOUND}", [query])
    return Q(pk__in=keys)


def _scan(
    queryset: QuerySet[Any], term: str, matches: Q, texts: tuple[str, ...], newest: str
) -> tuple[QuerySet[Any], str]:
    words = Q()
    for word in term.split()[:10]:
        anywhere = Q()
        for text in texts:
            anywhere |= Q(**{f"{text}__icontains": word})
        words &= anywhere
    rows = (
        queryset.model._default_manager.using(queryset.db).filter(**{f"{newest}__isnull": False}).order_by(f"-{newest}")
    )
    oldest = rows.values_list(newest, flat=True)[SCANNED - 1 : SCANNED].first()
    if oldest is None:
        return queryset.filter(matches | words), ""
    return queryset.filter(matches | Q(**{f"{newest}__gte": oldest}) & words), (
        f"This database has no index of words: the texts of the newest {SCANNED:,} rows were looked through."
    )
