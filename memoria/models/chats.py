"""Mirrors the tables of conversations between a user and a language model."""

from django.db import models

from memoria.fields import CharKeyField, ForeignKey, Index, JSONTextField, UTCDateTimeField, utc_now
from memoria.models.teams import Team, Workspace


class ChatHistory(models.Model):
    """A question and its answer, from which memories are taken."""

    chat_id = CharKeyField(max_length=255, primary_key=True)
    user_input = models.TextField()
    ai_output = models.TextField()
    model = models.CharField(max_length=255, help_text="The language model that answered.")
    timestamp = UTCDateTimeField(default=utc_now)
    session_id = models.CharField(max_length=255)
    namespace = models.CharField(
        max_length=255, default="default", help_text="The tenant, project or environment it belongs to."
    )
    tokens_used = models.IntegerField(null=True, blank=True, default=0)
    metadata = JSONTextField(null=True, blank=True)
    team = ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True, db_column="team_id", related_name="chats")
    workspace = ForeignKey(
        Workspace, on_delete=models.SET_NULL, null=True, blank=True, db_column="workspace_id", related_name="chats"
    )
    last_edited_by_model = models.CharField(
        max_length=255, null=True, blank=True, help_text="The language model that wrote it last."
    )

    class Meta:
        db_table = "chat_history"
        verbose_name = "chat"
        verbose_name_plural = "chat history"
        indexes = [
            Index(fields=["last_edited_by_model"], name="idx_chat_last_editor"),
            Index(fields=["model"], name="idx_chat_model"),
            Index(fields=["namespace", "session_id"], name="idx_chat_namespace_session"),
            Index(fields=["team_id"], name="idx_chat_team"),
            Index(fields=["team_id", "namespace"], name="idx_chat_team_namespace"),
            Index(fields=["timestamp"], name="idx_chat_timestamp"),
            Index(fields=["workspace_id"], name="idx_chat_workspace"),
            Index(fields=["workspace_id", "namespace"], name="idx_chat_workspace_namespace"),
        ]

    def __str__(self) -> str:
        return self.chat_id
