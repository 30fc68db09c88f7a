"""Registers the pages of places, and of the moments when memories were looked at."""

from django.contrib import admin

from memoria.admin.pages.relationships import BetweenMemories
from memoria.models import MemoryAccessEvent, SpatialMetadata


@admin.register(SpatialMetadata)
class SpatialMetadataAdmin(BetweenMemories):
    columns = ("memory_id", "namespace", "x", "y", "z", "timestamp", "team_id", "workspace_id")
    newest = "memory_id"
    search_values = ("memory_id",)
    search_help_text = "The beginning of a memory's id."
    filters = ("namespace",)
    editable = ("x", "y", "z")
    memory_columns = (("Memory", "memory_id"),)
    sections = (
        ("Place", ("memory_id", ("x", "y", "z"), "symbolic_anchors"), "Where a memory lies in space."),
        ("Where it belongs", ("namespace", ("team", "workspace"), "timestamp"), "All times are UTC."),
    )


@admin.register(MemoryAccessEvent)
class MemoryAccessEventAdmin(BetweenMemories):
    columns = ("id", "memory_id", "access_type", "source", "namespace", "accessed_at")
    newest = "id"
    search_values = ("memory_id",)
    search_help_text = "The beginning of a memory's id."
    filters = ("namespace",)
    memory_columns = (("Memory", "memory_id"),)
    sections = (
        ("Access", ("id", "memory_id", ("access_type", "source"), "accessed_at", "metadata_json"), ""),
        ("Where it belongs", ("namespace", ("team_id", "workspace")), "All times are UTC."),
    )
