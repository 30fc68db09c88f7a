"""Relationships between memories, and what memories speak of."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.html import format_html

from memoria.admin.graph.page import graph_page
from memoria.admin.tables.panels import Cell, Panel, known, page_of, shortened
from memoria.admin.tables.table import TableAdmin
from memoria.models import LongTermMemory, MemoryEntity, MemoryRelationship, ShortTermMemory


class BetweenMemories(TableAdmin):
    """Rows that name memories by their ids, in columns without a foreign key."""

    memory_columns: tuple[tuple[str, str], ...]
    """(title, field)."""

    def panels(self, request: HttpRequest, row: Any) -> list[Panel]:
        keys = [getattr(row, field) for _, field in self.memory_columns]
        unknown = Cell("There is no such memory, or none that you may see.")
        cells = {key: unknown for key in keys if key} | self.memories(request, keys)
        rows = tuple(
            (Cell(title), cells[key]) for (title, _), key in zip(self.memory_columns, keys, strict=True) if key
        )
        return [Panel("Memories", ("", "Summary"), rows)]

    def memories(self, request: HttpRequest, keys: Iterable[str]) -> dict[str, Cell]:
        """Memory id -> its summary and page, of the memories that there are and that the user may view."""
        cells, keys = {}, set(filter(None, keys))
        for model in (ShortTermMemory, LongTermMemory):
            if self.admin_site.get_model_admin(model).has_view_permission(request):
                for key, (summary,) in known(model, keys, "summary").items():
                    cells[key] = Cell(shortened(summary) or key, page_of(model, key))
        return cells


class End:
    """An end of a relationship in a list: the memory's summary, or its id where there is none to be seen."""

    def __init__(self, field: str, title: str) -> None:
        self.__name__ = field
        self.short_description = title

    def __call__(self, row: Any) -> str:
        key = getattr(row, self.__name__)
        cell = row.memories.get(key)
        return format_html('<a href="{}">{}</a>', cell.url, cell.text) if cell else str(key)


@admin.register(MemoryRelationship)
class MemoryRelationshipAdmin(BetweenMemories):
    columns = (
        "relationship_type",
        "source_memory_id",
        "target_memory_id",
        "strength",
    )
    newest = "strength"
    search_values = ("relationship_id", "source_memory_id", "target_memory_id", "relationship_type")
    search_help_text = "The beginning of an id, of the relationship or a memory, or of a type."
    filters = ("relationship_type",)
    filters_of_newest = ("namespace",)
    editable = ("relationship_type", "strength", "reasoning")
    memory_columns = (("From", "source_memory_id"), ("To", "target_memory_id"))
    list_link = ("Graph", "admin:memoria_memoryrelationship_graph")

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self.drawn |= {field: End(field, title.lower()) for title, field in self.memory_columns}

    def for_page(self, request: HttpRequest, rows: list[Any]) -> None:
        found = self.memories(request, [key for row in rows for key in (row.source_memory_id, row.target_memory_id)])
        for row in rows:
            row.memories = found

    def get_urls(self) -> list[URLPattern]:
        graph = self.admin_site.admin_view(partial(graph_page, self))
        return [path("graph/", graph, name="memoria_memoryrelationship_graph"), *super().get_urls()]

    sections = (
        (
            "Relationship",
            ("relationship_id", "source_memory_id", "relationship_type", "target_memory_id", "strength", "reasoning"),
            "A directed edge between two memories.",
        ),
        ("Where and when", (("namespace", "created_at"),), "All times are UTC."),
    )


@admin.register(MemoryEntity)
class MemoryEntityAdmin(BetweenMemories):
    columns = ("entity_id", "entity_type", "entity_value", "memory_id", "memory_type", "relevance_score", "namespace")
    newest = "relevance_score"
    search_values = ("entity_id", "entity_value", "entity_type", "memory_id")
    search_help_text = "The beginning of a name, a type, or an id."
    filters = ("namespace", "entity_type")
    editable = ("entity_type", "entity_value", "relevance_score", "entity_context")
    memory_columns = (("Memory", "memory_id"),)
    sections = (
        ("Entity", ("entity_id", ("entity_type", "entity_value"), "entity_context"), "What a memory mentions."),
        ("Memory", (("memory_id", "memory_type"), "relevance_score"), ""),
        ("Where and when", (("namespace", "created_at"),), "All times are UTC."),
    )
