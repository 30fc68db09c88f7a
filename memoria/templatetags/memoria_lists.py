"""Parts of list pages."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Any

from django import template
from django.contrib.admin.views.main import ChangeList
from django.db.models import Max, Min

register = template.Library()

YEARS = 40


@register.inclusion_tag("admin/date_hierarchy.html")
def dates(cl: ChangeList) -> dict[str, Any]:
    """The way down from years to months to days, from the first time in the table to the last.

    Django's own lists only those in which there are rows, for which it reads all rows.
    """
    field = str(cl.date_hierarchy)
    year, month, day = (_number(cl.params.get(f"{field}__{part}")) for part in ("year", "month", "day"))

    def link(**parts: int) -> str:
        return cl.get_query_string({f"{field}__{part}": number for part, number in parts.items()}, [f"{field}__"])

    back = None
    if year is None:
        ends = cl.model._default_manager.aggregate(first=Min(field), last=Max(field))
        if not ends["first"] or not ends["last"]:
            return {"show": False}
        first, last = ends["first"].year, ends["last"].year
        years = range(max(first, last - YEARS), last + 1)
        choices = [{"link": link(year=number), "title": str(number)} for number in years]
    elif month is None:
        back = {"link": link(), "title": "All dates"}
        choices = [
            {"link": link(year=year, month=number), "title": f"{calendar.month_name[number]} {year}"}
            for number in range(1, 13)
        ]
    elif day is None:
        back = {"link": link(year=year), "title": str(year)}
        days = range(1, calendar.monthrange(year, month)[1] + 1)
        choices = [{"link": link(year=year, month=month, day=number), "title": str(number)} for number in days]
    else:
        back = {"link": link(year=year, month=month), "title": f"{calendar.month_name[month]} {year}"}
        choices = [{"title": f"{date(year, month, day):%d %B %Y}"}]
    return {"show": True, "back": back, "choices": choices}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
