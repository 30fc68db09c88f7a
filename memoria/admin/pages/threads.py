"""Threads, the memories in them, and links from memory to memory."""

from django.contrib import admin

from memoria.admin.pages.relationships import BetweenMemories
from memoria.admin.tables.table import TableAdmin
from memoria.models import LinkMemoryThread, ThreadEvent, ThreadMessageLink


@admin.register(ThreadEvent)
class ThreadEventAdmin(TableAdmin):
    columns = ("thread_id", "namespace", "ritual_name", "ritual_phase", "created_at", "updated_at")
    newest = "thread_id"
    search_values = ("thread_id",)
    search_help_text = "The beginning of a thread's id."
    filters = ("namespace",)
    editable = ("ritual_name", "ritual_phase")
    sections = (
        ("Thread", ("thread_id", "namespace", "symbolic_anchors"), ""),
        ("Ritual", (("ritual_name", "ritual_phase"), "ritual_metadata"), ""),
        ("Its middle", (("centroid_x", "centroid_y", "centroid_z"),), ""),
        ("When", (("created_at", "updated_at"),), "All times are UTC."),
    )


@admin.register(ThreadMessageLink)
class ThreadMessageLinkAdmin(BetweenMemories):
    columns = ("id", "thread_id", "sequence_index", "memory_id", "role", "namespace", "timestamp")
    newest = "id"
    search_values = ("thread_id", "memory_id")
    search_help_text = "The beginning of the id of a thread or a memory."
    filters_of_newest = ("namespace",)
    editable = ("role", "anchor")
    memory_columns = (("Memory", "memory_id"),)
    sections = (
        ("Place in the thread", ("id", ("thread_id", "sequence_index"), "memory_id", ("role", "anchor")), ""),
        ("Where and when", (("namespace", "timestamp"),), "All times are UTC."),
    )


@admin.register(LinkMemoryThread)
class LinkMemoryThreadAdmin(BetweenMemories):
    columns = ("id", "source_memory_id", "relation", "target_memory_id", "created_at")
    newest = "id"
    search_values = ("source_memory_id", "target_memory_id")
    search_help_text = "The beginning of a memory's id."
    editable = ("relation",)
    memory_columns = (("From", "source_memory_id"), ("To", "target_memory_id"))
    sections = (("Link", ("id", "source_memory_id", "relation", "target_memory_id", "created_at"), ""),)
