"""The overview on the first page."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib import admin

from memoria.admin.overview import overview as overview_of

register = template.Library()


@register.inclusion_tag("memoria/overview.html", takes_context=True)
def overview(context: Any) -> dict[str, Any]:
    return {"overview": overview_of(context["request"], admin.site)}
