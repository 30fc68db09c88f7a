"""The rows of a list page: which ones, on how many pages, and how many there are as far as that is quick to know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db import DataError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from memoria.admin.bounded_count import COUNTED, bounded_count
from memoria.admin.tables.indexes import about


class Pages(Paginator):
    """Pages of rows whose number is known."""

    def __init__(self, rows: QuerySet[Any], per_page: int, count: int) -> None:
        super().__init__(rows, per_page)
        self._count = count

    @cached_property
    def count(self) -> int:
        return self._count


@contextmanager
def of_the_address() -> Iterator[None]:
    """Takes what a database cannot look for as a wrong address: a date beyond the end of the calendar, a number beyond
    64 bits, text with a NUL."""
    try:
        yield
    except (ValueError, OverflowError, DataError) as error:
        raise IncorrectLookupParameters(error) from error


class PlainList(ChangeList):
    """Django's list page, which answers a wrong address as one."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        with of_the_address():
            return super().get_queryset(request, exclude_parameters)

    def get_results(self, request: HttpRequest) -> None:
        with of_the_address():
            super().get_results(request)


class RowList(ChangeList):
    """A list page that asks for its rows first, and counts only if they are not all, and never far."""

    more = False
    """Whether there are more rows than were counted."""
    total: int | None = None
    """How many the database believes there are, if there are more and nothing is filtered."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        with of_the_address():
            queryset = super().get_queryset(request, exclude_parameters)
        return self.model_admin.for_list(queryset)  # type: ignore[attr-defined]

    def get_results(self, request: HttpRequest) -> None:
        everything = self.show_all
        size = self.list_max_show_all if everything else self.list_per_page
        start = 0 if everything else (self.page_num - 1) * size
        if not 0 <= start < COUNTED:
            raise IncorrectLookupParameters
        with of_the_address():
            rows = list(self.queryset[start : start + size + 1])
        if start and not rows:
            raise IncorrectLookupParameters
        count = start + len(rows) if len(rows) <= size else bounded_count(self.queryset)
        if count > COUNTED:
            count, self.more = COUNTED, True
            if not self.queryset.query.where:
                self.total = about(self.model, self.queryset.db)
        self.result_count = count
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = count > 0
        self.result_list = rows[:size]
        self.model_admin.for_page(request, self.result_list)  # type: ignore[attr-defined]
        self.can_show_all = count <= self.list_max_show_all
        self.multi_page = count > self.list_per_page
        self.paginator = Pages(self.queryset, self.list_per_page, count)
