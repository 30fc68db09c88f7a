"""Relationships between memories, and what memories speak of."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path

from memoria.admin.graph_page import graph_page
from memoria.admin.panels import Cell, Panel, known, page_of, shortened
from memoria.admin.tables import TableAdmin
from memoria.models import LongTermMemory, MemoryEntity, MemoryRelationship, ShortTermMemory


class BetweenMemories(TableAdmin):
    """Rows that name memories by their ids, in columns without a foreign key."""

    memory_columns: tuple[tuple[str, str], ...]
    """(title, field)."""

    def panels(self, request: HttpRequest, row: Any) -> list[Panel]:
        keys = [getattr(row, field) for _, field in self.memory_columns]
        cells = {key: Cell("There is no such memory, or none that you may see.") for key in keys if key}
        for model in (ShortTermMemory, LongTermMemory):
            if self.admin_site.get_model_admin(model).has_view_permission(request):
                for key, (summary,) in known(model, cells, "summary").items():
                    cells[key] = Cell(shortened(summary) or key, page_of(model, key))
        rows = tuple(
            (Cell(title), cells[key]) for (title, _), key in zip(self.memory_columns, keys, strict=True) if key
        )
        return [Panel("Memories", ("", "Summary"), rows)]


@admin.register(MemoryRelationship)
class MemoryRelationshipAdmin(BetweenMemories):
    columns = (
        "relationship_id",
        "source_memory_id",
        "relationship_type",
        "target_memory_id",
        "strength",
        "namespace",
        "created_at",
    )
    newest = "strength"
    search_values = ("relationship_id", "source_memory_id", "target_memory_id", "relationship_type")
    search_help_text = "The beginning of an id, of the relationship or a memory, or of a type."
    filters = ("relationship_type",)
    filters_of_newest = ("namespace",)
    editable = ("relationship_type", "strength", "reasoning")
    memory_columns = (("From", "source_memory_id"), ("To", "target_memory_id"))
    list_link = ("Graph", "admin:memoria_memoryrelationship_graph")

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
