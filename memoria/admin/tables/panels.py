"""Panels on the page of a row: what other tables know of it, in lists of links that never grow long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import reverse

LISTED = 50


@dataclass(frozen=True)
class Cell:
    text: str
    url: str = ""


@dataclass(frozen=True)
class Panel:
    """A table below the fields of a row. `empty` stands instead of a table without rows; `more` leads to the rest."""

    title: str
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    empty: str = "None."
    note: str = ""
    more: Cell | None = None


def page_of(model: type[Model], key: Any, site: str = "admin") -> str:
    """The address of a row's page."""
    return reverse(f"{site}:{model._meta.app_label}_{model._meta.model_name}_change", args=(quote(key),))


def list_of(model: type[Model], site: str = "admin", **filters: Any) -> str:
    """The address of a list page."""
    address = reverse(f"{site}:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address


def shortened(text: str | None, length: int = 120) -> str:
    text = " ".join((text or "").split())
    return f"{text[: length - 1]}…" if len(text) > length else text


def known(model: type[Model], keys: Iterable[Any], *columns: str) -> dict[Any, tuple[Any, ...]]:
    """Key -> its columns, of the rows that there are. `keys` are as few as a panel lists."""
    rows = model._default_manager.filter(pk__in=set(keys)).values_list("pk", *columns)
    return {row[0]: tuple(row[1:]) for row in rows}
