"""The page of the graph: which one to draw is asked for in the address."""

from __future__ import annotations

from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from memoria.admin.graph.graph import Graph, around, drawn, of_namespace
from memoria.admin.tables.indexes import VALUES_SHOWN, values
from memoria.models import LongTermMemory


def graph_page(page: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """`?namespace=…` or `?memory=…`; without either it asks for one."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if not page.has_view_permission(request):
        raise PermissionDenied

    def may_view(model: type[Model]) -> bool:
        return page.admin_site.get_model_admin(model).has_view_permission(request)

    namespace, memory = request.GET.get("namespace", ""), request.GET.get("memory", "")
    graph: Graph | None = None
    try:
        if memory:
            graph = drawn(*around(memory), may_view, middle=memory)
        elif namespace:
            graph = drawn(*of_namespace(namespace), may_view)
    except (ValueError, DataError):
        # Such as a NUL in the address, which PostgreSQL has no place for: no memory is called that.
        graph = Graph((), (), (), cut=False)
    using = LongTermMemory.objects.db
    names = values(LongTermMemory, ["namespace"], using=using)["namespace"] if may_view(LongTermMemory) else []
    context = {
        **page.admin_site.each_context(request),
        "title": "Relationship graph",
        "opts": page.opts,
        "graph": graph,
        "namespace": namespace,
        "memory": memory,
        "namespaces": names[:VALUES_SHOWN],
    }
    request.current_app = page.admin_site.name
    return TemplateResponse(request, "memoria/graph.html", context)
