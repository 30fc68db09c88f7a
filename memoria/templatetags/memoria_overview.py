"""The overview on the first page."""

from __future__ import annotations

from typing import Any

from django import template

from memoria.admin.overview.overview import overview as overview_of
from memoria.admin.sites import site_of

register = template.Library()


@register.inclusion_tag("memoria/overview.html", takes_context=True)
def overview(context: Any) -> dict[str, Any]:
    request = context["request"]
    return {"overview": overview_of(request, site_of(request))}
