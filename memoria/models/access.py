"""Mirrors the tables of when memories were looked at."""

from django.db import models

from memoria.fields import ForeignKey, Index, JSONTextField, UTCDateTimeField, utc_now
from memoria.models.teams import Workspace


class MemoryAccessEvent(models.Model):
    """One look at a memory."""

    id = models.AutoField(primary_key=True)
    memory_id = models.CharField(max_length=255, help_text="The database does not check that this memory exists.")
    namespace = models.CharField(max_length=255, default="default")
    team_id = models.CharField(
        max_length=255, null=True, blank=True, help_text="The database does not check that this team exists."
    )
    accessed_at = UTCDateTimeField(default=utc_now)
    access_type = models.CharField(max_length=50, default="retrieval")
    source = models.CharField(max_length=50, null=True, blank=True)
    metadata_json = JSONTextField(null=True, blank=True)
    workspace = ForeignKey(
        Workspace,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_column="workspace_id",
        related_name="memory_access_events",
    )

    class Meta:
        db_table = "memory_access_events"
        verbose_name = "memory access event"
        verbose_name_plural = "memory access events"
        indexes = [
            Index(fields=["memory_id"], name="idx_access_events_memory"),
            Index(fields=["namespace", "accessed_at"], name="idx_access_events_namespace"),
            Index(fields=["team_id", "namespace", "accessed_at"], name="idx_access_events_team_namespace"),
            Index(fields=["workspace_id", "namespace", "accessed_at"], name="idx_access_events_workspace_namespace"),
        ]

    def __str__(self) -> str:
        return f"{self.access_type} of {self.memory_id}"
