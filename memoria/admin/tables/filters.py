"""Filters of list pages. Their choices cost one short query, however many rows there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.admin import ListFilter, SimpleListFilter
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst

from memoria.admin.tables.indexes import VALUES_SHOWN
from memoria.fields import utc_now


class ValueFilter(ListFilter):
    """Rows with one value of a field. A list of the values, and a box to write one if there are too many."""

    template = "memoria/filter.html"
    field: str

    def __init__(
        self, request: HttpRequest, params: dict[str, list[str]], model: type[Model], model_admin: ModelAdmin[Any]
    ) -> None:
        self.title = str(getattr(model._meta.get_field(self.field), "verbose_name", self.field))
        super().__init__(request, params, model, model_admin)
        given = params.pop(self.field, None)
        self.value = given[-1] if given else None
        self.values: Sequence[str] = model_admin.filter_values(request)[self.field]  # type: ignore[attr-defined]

    def has_output(self) -> bool:
        return self.value is not None or len(self.values) > 1

    def expected_parameters(self) -> list[str | None]:
        return [self.field]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value is None else queryset.filter(**{self.field: self.value})

    @property
    def has_more(self) -> bool:
        return len(self.values) > VALUES_SHOWN

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        self.others = {k: v for k, v in changelist.params.items() if k != self.field}
        link = changelist.get_query_string
        yield {"selected": self.value is None, "query_string": link(remove=[self.field]), "display": "All"}
        shown = self.values[:VALUES_SHOWN]
        if self.value is not None and self.value not in shown:
            shown = [self.value, *shown]
        for value in shown:
            yield {
                "selected": value == self.value,
                "query_string": link({self.field: value}),
                "display": value or "(empty)",
            }


def value_filter(field: str) -> type[ValueFilter]:
    return type(f"{capfirst(field)}Filter", (ValueFilter,), {"field": field})


class HasEmbedding(SimpleListFilter):
    title = "embedding"
    parameter_name = "has_embedding"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("yes", "With embedding"), ("no", "Without embedding")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        missing = {"yes": False, "no": True}.get(self.value() or "")
        return queryset if missing is None else queryset.filter(embedding__isnull=missing)


class Expiry(SimpleListFilter):
    title = "expiry"
    parameter_name = "expiry"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [
            ("expired", "Expired"),
            ("day", "Within a day"),
            ("week", "Within a week"),
            ("later", "Later"),
            ("never", "Never"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = utc_now()
        day, week = now + timedelta(days=1), now + timedelta(days=7)
        match self.value():
            case "expired":
                return queryset.filter(expires_at__lte=now)
            case "day":
                return queryset.filter(expires_at__gt=now, expires_at__lte=day)
            case "week":
                return queryset.filter(expires_at__gt=now, expires_at__lte=week)
            case "later":
                return queryset.filter(expires_at__gt=week)
            case "never":
                return queryset.filter(expires_at__isnull=True)
        return queryset
