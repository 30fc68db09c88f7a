"""Groups the tables in the list of an admin as people think of them, instead of by the alphabet.

It stands outside `memoria.admin`, whose pages register with a site while they are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest

GROUPS = {
    "Memories": ("LongTermMemory", "ShortTermMemory"),
    "Graph and clusters": ("MemoryRelationship", "MemoryEntity", "Cluster", "ClusterMember", "SpatialMetadata"),
    "Conversations": ("ChatHistory", "ThreadEvent", "ThreadMessageLink", "LinkMemoryThread"),
    "Teams and access": ("Team", "Workspace", "WorkspaceMember", "Agent", "MemoryAccessEvent"),
    "Governance": ("MemoryRule", "PolicyArtifact", "RetentionPolicyAudit"),
    "Operations": ("Upload", "Import", "ServiceMetadata"),
}
"""Heading -> models, in their order."""


class GroupedTables(AdminSite):
    """An admin whose index and side bar have a heading for each group of Memoria's tables."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for app in super().get_app_list(request, app_label):
            found += _groups(app) if app["app_label"] == "memoria" else [app]
        return found


def _groups(app: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same app several times, each time with some of its models: of those that the user may see."""
    models = {model["object_name"]: model for model in app["models"]}
    for heading, names in GROUPS.items():
        if listed := [models[name] for name in names if name in models]:
            yield app | {"name": heading, "models": listed}
