"""Long-term and short-term memories."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from memoria.admin.snapshots.export_page import export_selected
from memoria.admin.tables.filters import Expiry, HasEmbedding
from memoria.admin.tables.panels import LISTED, Cell, Panel, known, list_of, page_of, shortened
from memoria.admin.tables.table import Section, TableAdmin
from memoria.models import Cluster, ClusterMember, LongTermMemory, MemoryRelationship, ShortTermMemory

PLACE: Section = (
    "Place",
    (("x_coord", "y_coord", "z_coord"), "symbolic_anchors"),
    "Where the memory lies in space, and the words it is found by.",
)


class MemoryAdmin(TableAdmin):
    search_values = ("memory_id",)
    search_texts = ("summary", "searchable_content")
    search_help_text = "Words of the text, or the beginning of an id."
    vectors = ("embedding",)
    date_hierarchy = "created_at"
    actions = [export_selected]

    def panels(self, request: HttpRequest, row: Any) -> list[Panel]:
        found = []
        if self.may_view(request, ClusterMember):
            found.append(self.clusters(request, row))
        if self.may_view(request, MemoryRelationship):
            found += [self.edges(request, row, "source", "target"), self.edges(request, row, "target", "source")]
        return found

    def may_view(self, request: HttpRequest, model: type[Model]) -> bool:
        return self.admin_site.get_model_admin(model).has_view_permission(request)

    def row_links(self, request: HttpRequest, row: Any) -> list[Cell]:
        if not self.may_view(request, MemoryRelationship):
            return []
        address = reverse("admin:memoria_memoryrelationship_graph")
        return [Cell("Graph", f"{address}?{urlencode({'memory': row.pk})}")]

    def clusters(self, request: HttpRequest, row: Any) -> Panel:
        members = list(ClusterMember.objects.filter(memory_id=row.pk).order_by("cluster_id")[:LISTED])
        allowed = self.may_view(request, Cluster)
        names = known(Cluster, [member.cluster_id for member in members], "summary") if allowed else {}
        rows = tuple(
            (
                Cell(f"cluster {member.cluster_id}", page_of(Cluster, member.cluster_id) if allowed else ""),
                Cell(shortened(*names.get(member.cluster_id, ("",)))),
                Cell(member.anchor or ""),
            )
            for member in members
        )
        return Panel("Clusters", ("Cluster", "About", "Anchor"), rows, empty="It is in no cluster.")

    def edges(self, request: HttpRequest, row: Any, here: str, there: str) -> Panel:
        """The relationships whose `here` end (source or target) is the row, strongest first."""
        of_row = {f"{here}_memory_id": row.pk}
        edges = list(MemoryRelationship.objects.filter(**of_row).order_by("-strength", "pk")[: LISTED + 1])
        others = [getattr(edge, f"{there}_memory_id") for edge in edges[:LISTED]]
        ends = self.ends(request, others)
        rows = tuple(
            (
                Cell(edge.relationship_type, page_of(MemoryRelationship, edge.pk)),
                ends[other],
                Cell(f"{edge.strength:.2f}" if isinstance(edge.strength, float) else str(edge.strength)),
                Cell(shortened(edge.reasoning)),
            )
            for edge, other in zip(edges, others, strict=False)
        )
        title = "Relationships from here" if here == "source" else "Relationships to here"
        more = Cell("All of them", list_of(MemoryRelationship, **of_row)) if len(edges) > LISTED else None
        return Panel(title, ("Type", "Memory", "Strength", "Reasoning"), rows, more=more)

    def ends(self, request: HttpRequest, keys: list[str]) -> dict[str, Cell]:
        """Memory id -> a link to that memory, of either kind; plain text where there is none, or none to be seen."""
        cells = {key: Cell(f"{key} (no such memory)") for key in keys}
        for model in (ShortTermMemory, LongTermMemory):
            if self.may_view(request, model):
                for key, (summary,) in known(model, keys, "summary").items():
                    cells[key] = Cell(shortened(summary) or key, page_of(model, key))
            else:
                cells |= {key: Cell(key) for key in keys if not cells[key].url}
        return cells


@admin.register(LongTermMemory)
class LongTermMemoryAdmin(MemoryAdmin):
    columns = (
        "summary",
        "namespace",
        "category_primary",
        "importance_score",
        "created_at",
    )
    filters = ("namespace", "category_primary", "classification", "memory_importance", HasEmbedding)
    filters_of_newest = ("retention_type",)
    editable = (
        "summary",
        "searchable_content",
        "importance_score",
        "memory_importance",
        "category_primary",
        "classification",
        "topic",
        "retention_type",
        "is_user_context",
        "is_preference",
        "is_skill_knowledge",
        "is_current_project",
        "promotion_eligible",
        "duplicate_of",
    )
    sections = (
        ("What it says", ("memory_id", "summary", "searchable_content", "topic"), ""),
        (
            "Where it belongs",
            ("namespace", ("team", "workspace"), ("category_primary", "classification"), "classification_reason"),
            "The namespace is the tenant, project or environment. Rows move to another one by an export and an import.",
        ),
        (
            "How much it matters",
            (
                ("importance_score", "memory_importance"),
                ("novelty_score", "relevance_score", "actionability_score"),
                "confidence_score",
                ("access_count", "last_accessed"),
                "retention_type",
            ),
            "Scores lie between 0 and 1.",
        ),
        (
            "What it is for",
            (
                ("is_user_context", "is_preference"),
                ("is_skill_knowledge", "is_current_project"),
                ("promotion_eligible", "conscious_processed"),
            ),
            "",
        ),
        (
            "Other memories",
            (("duplicate_of", "processed_for_duplicates"), "supersedes_json", "related_memories_json"),
            "Ids of other memories. The database does not check that they exist.",
        ),
        (
            "When and from what",
            (
                ("timestamp", "created_at", "extraction_timestamp"),
                "original_chat_id",
                "last_edited_by_model",
            ),
            "All times are UTC.",
        ),
        (
            "As it was extracted",
            ("embedding", "entities_json", "keywords_json", "documents_json", "processed_data"),
            "Shown as stored, every number to the letter; not changed here.",
        ),
        PLACE,
    )

    def panels(self, request: HttpRequest, row: Any) -> list[Panel]:
        return [*super().panels(request, row), self.duplicates(row)]

    def duplicates(self, row: Any) -> Panel:
        same = LongTermMemory.objects.filter(duplicate_of=row.pk).values_list("pk", "summary", "created_at")
        found = list(same[: LISTED + 1])
        rows: list[tuple[Cell, ...]] = []
        if row.duplicate_of:
            first = known(LongTermMemory, [row.duplicate_of], "summary", "created_at").get(row.duplicate_of)
            if first:
                found.insert(0, (row.duplicate_of, *first))
            else:
                rows.append((Cell("It repeats"), Cell(f"{row.duplicate_of} (no such memory)"), Cell("")))
        rows += [
            (
                Cell("It repeats" if key == row.duplicate_of else "It is repeated by"),
                Cell(shortened(summary) or key, page_of(LongTermMemory, key)),
                Cell(f"{created:%Y-%m-%d %H:%M}" if created else ""),
            )
            for key, summary, created in found[:LISTED]
        ]
        note = f"The first {LISTED}; there are more." if len(found) > LISTED else ""
        return Panel("Duplicates", ("", "Memory", "Created"), tuple(rows), empty="No memory says the same.", note=note)


@admin.register(ShortTermMemory)
class ShortTermMemoryAdmin(MemoryAdmin):
    columns = (
        "summary",
        "namespace",
        "category_primary",
        "importance_score",
        "created_at",
        "expires_at",
    )
    filters = ("namespace", "category_primary", Expiry, HasEmbedding)
    filters_of_newest = ("retention_type",)
    editable = (
        "summary",
        "searchable_content",
        "importance_score",
        "category_primary",
        "retention_type",
        "expires_at",
        "is_permanent_context",
    )
    sections = (
        ("What it says", ("memory_id", "summary", "searchable_content"), ""),
        (
            "Where it belongs",
            ("namespace", ("team", "workspace"), "category_primary"),
            "The namespace is the tenant, project or environment. Rows move to another one by an export and an import.",
        ),
        (
            "How long it stays",
            (("expires_at", "is_permanent_context"), "retention_type"),
            "Permanent context does not expire. All times are UTC.",
        ),
        ("How much it matters", ("importance_score", ("access_count", "last_accessed")), "Scores lie between 0 and 1."),
        ("When and from what", ("created_at", "chat", "last_edited_by_model"), ""),
        (
            "As it was extracted",
            ("embedding", "processed_data"),
            "Shown as stored, every number to the letter; not changed here.",
        ),
        PLACE,
    )
