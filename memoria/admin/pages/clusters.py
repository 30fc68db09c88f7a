"""Clusters and their members."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from memoria.admin.tables.panels import LISTED, Cell, Panel, known, list_of, page_of, shortened
from memoria.admin.tables.table import TableAdmin
from memoria.models import Cluster, ClusterMember, LongTermMemory

MEMBERS_SHOWN = 2 * LISTED


@admin.register(Cluster)
class ClusterAdmin(TableAdmin):
    columns = ("id", "summary", "size", "avg_importance", "weight", "last_updated")
    newest = "last_updated"
    date_hierarchy = "last_updated"
    search_texts = ("summary",)
    search_help_text = "Words of the summary."
    editable = ("summary",)
    vectors = ("centroid",)
    sections = (
        (
            "What it is about",
            ("id", "summary"),
            "A cluster belongs to the namespaces of its members' memories: it has none itself.",
        ),
        (
            "Its members together",
            (("size", "avg_importance", "weight"), ("total_tokens", "total_chars"), ("polarity", "subjectivity")),
            "As they were when the cluster was last updated.",
        ),
        ("Its middle", ("centroid", ("y_centroid", "z_centroid")), ""),
        ("Updates", (("last_updated", "update_count"),), "All times are UTC."),
    )

    def panels(self, request: HttpRequest, row: Any) -> list[Panel]:
        if not self.admin_site.get_model_admin(ClusterMember).has_view_permission(request):
            return []
        members = list(ClusterMember.objects.filter(cluster_id=row.pk).order_by("pk")[: MEMBERS_SHOWN + 1])
        more = None
        if len(members) > MEMBERS_SHOWN:
            members, more = members[:MEMBERS_SHOWN], Cell("All of them", list_of(ClusterMember, cluster=row.pk))
        memories: dict[Any, Any] = {}
        if self.admin_site.get_model_admin(LongTermMemory).has_view_permission(request):
            memories = known(LongTermMemory, [member.memory_id for member in members], "namespace")
        rows = tuple(
            (
                Cell(shortened(member.summary) or str(member), page_of(ClusterMember, member.pk)),
                Cell(member.memory_id, page_of(LongTermMemory, member.memory_id))
                if member.memory_id in memories
                else Cell(member.memory_id),
                Cell(*memories.get(member.memory_id, ("",))),
                Cell(member.anchor or ""),
            )
            for member in members
        )
        headings = ("Member", "Memory", "Namespace", "Anchor")
        return [Panel("Members", headings, rows, empty="It has no members.", more=more)]


@admin.register(ClusterMember)
class ClusterMemberAdmin(TableAdmin):
    columns = ("id", "summary", "cluster_id", "memory_id", "anchor", "tokens")
    newest = "id"
    search_texts = ("summary",)
    search_help_text = "Words of the summary."
    editable = ("summary", "anchor")
    sections = (
        ("Member", ("id", "cluster", "memory_id", "anchor", "summary"), "A memory's place in a cluster."),
        ("Size", (("tokens", "chars"),), "Of the memory's text."),
    )
