"""Mirrors the tables of what an agent remembers: for good, and for now."""

from django.db import models

from memoria.fields import CharKeyField, ForeignKey, Index, JSONTextField, UTCDateTimeField, utc_now
from memoria.models.chats import ChatHistory
from memoria.models.spatial import COORDINATE_RANGE, in_range
from memoria.models.teams import Team, Workspace


class LongTermMemory(models.Model):
    """What an agent keeps for good: a text, what was understood of it, and how much it matters."""

    memory_id = CharKeyField(max_length=255, primary_key=True)
    original_chat_id = models.CharField(
        max_length=255,
        null=True,
        blank=True,
        help_text="The chat this memory was taken from. The database does not check that it exists.",
    )
    processed_data = JSONTextField(help_text="The memory as it was extracted, whole.")
    importance_score = models.FloatField(default=0.5)
    category_primary = models.CharField(max_length=255)
    retention_type = models.CharField(max_length=50, default="long_term")
    namespace = models.CharField(
        max_length=255, default="default", help_text="The tenant, project or environment it belongs to."
    )
    timestamp = UTCDateTimeField(default=utc_now, help_text="When the remembered thing was said.")
    created_at = UTCDateTimeField(default=utc_now)
    access_count = models.IntegerField(null=True, blank=True, default=0)
    last_accessed = UTCDateTimeField(null=True, blank=True)
    searchable_content = models.TextField(help_text="The text that a search looks through.")
    summary = models.TextField()
    novelty_score = models.FloatField(null=True, blank=True, default=0.5)
    relevance_score = models.FloatField(null=True, blank=True, default=0.5)
    actionability_score = models.FloatField(null=True, blank=True, default=0.5)
    x_coord = models.FloatField(null=True, blank=True, help_text="Without limits, unlike y and z.")
    y_coord = models.FloatField(null=True, blank=True, validators=COORDINATE_RANGE)
    z_coord = models.FloatField(null=True, blank=True, validators=COORDINATE_RANGE)
    symbolic_anchors = JSONTextField(null=True, blank=True, help_text="Words this memory is found by.")
    embedding = JSONTextField(null=True, blank=True, help_text="The vector of the content, a list of floats.")
    documents_json = JSONTextField(null=True, blank=True, help_text="Documents attached to this memory.")
    team = ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, db_column="team_id", related_name="long_term_memories"
    )
    workspace = ForeignKey(
        Workspace,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_column="workspace_id",
        related_name="long_term_memories",
    )
    last_edited_by_model = models.CharField(
        max_length=255, null=True, blank=True, help_text="The language model that wrote it last."
    )
    classification = models.CharField(max_length=50, default="conversational")
    memory_importance = models.CharField(max_length=20, default="medium")
    topic = models.CharField(max_length=255, null=True, blank=True)
    entities_json = JSONTextField(null=True, blank=True)
    keywords_json = JSONTextField(null=True, blank=True)
    is_user_context = models.BooleanField(null=True, default=False)
    is_preference = models.BooleanField(null=True, default=False)
    is_skill_knowledge = models.BooleanField(null=True, default=False)
    is_current_project = models.BooleanField(null=True, default=False)
    promotion_eligible = models.BooleanField(
        null=True, default=False, help_text="May be copied into short-term memory as permanent context."
    )
    duplicate_of = models.CharField(
        max_length=255, null=True, blank=True, help_text="The id of the memory that says the same."
    )
    supersedes_json = JSONTextField(null=True, blank=True, help_text="Ids of memories this one replaces.")
    related_memories_json = JSONTextField(null=True, blank=True, help_text="Ids of related memories.")
    confidence_score = models.FloatField(null=True, blank=True, default=0.8)
    extraction_timestamp = UTCDateTimeField(default=utc_now)
    classification_reason = models.TextField(null=True, blank=True)
    processed_for_duplicates = models.BooleanField(null=True, default=False)
    conscious_processed = models.BooleanField(
        null=True, default=False, help_text="Was considered for promotion into short-term memory."
    )

    class Meta:
        db_table = "long_term_memory"
        verbose_name = "long-term memory"
        verbose_name_plural = "long-term memories"
        indexes = [
            Index(fields=["access_count", "last_accessed"], name="idx_long_term_access"),
            Index(fields=["category_primary"], name="idx_long_term_category"),
            Index(fields=["classification"], name="idx_long_term_classification"),
            Index(fields=["confidence_score"], name="idx_long_term_confidence"),
            Index(
                fields=["is_user_context", "is_preference", "is_skill_knowledge", "promotion_eligible"],
                name="idx_long_term_conscious_flags",
            ),
            Index(fields=["conscious_processed"], name="idx_long_term_conscious_processed"),
            Index(fields=["x_coord", "y_coord", "z_coord"], name="idx_long_term_coords"),
            Index(fields=["created_at"], name="idx_long_term_created"),
            Index(fields=["processed_for_duplicates"], name="idx_long_term_duplicates"),
            Index(fields=["importance_score"], name="idx_long_term_importance"),
            Index(fields=["last_edited_by_model"], name="idx_long_term_last_editor"),
            Index(fields=["memory_importance"], name="idx_long_term_memory_importance"),
            Index(fields=["namespace"], name="idx_long_term_namespace"),
            Index(
                fields=["namespace", "category_primary", "importance_score"],
                name="idx_long_term_namespace_category",
            ),
            Index(fields=["namespace", "team_id"], name="idx_long_term_namespace_team"),
            Index(fields=["namespace", "workspace_id"], name="idx_long_term_namespace_workspace"),
            Index(
                fields=["novelty_score", "relevance_score", "actionability_score"],
                name="idx_long_term_scores",
            ),
            Index(fields=["team_id"], name="idx_long_term_team"),
            Index(fields=["team_id", "namespace"], name="idx_long_term_team_namespace"),
            Index(fields=["timestamp"], name="idx_long_term_timestamp"),
            Index(fields=["topic"], name="idx_long_term_topic"),
            Index(fields=["workspace_id"], name="idx_long_term_workspace"),
        ]
        constraints = [
            in_range("y_coord", name="ck_long_term_y_coord_range"),
            in_range("z_coord", name="ck_long_term_z_coord_range"),
        ]

    def __str__(self) -> str:
        return self.memory_id


class ShortTermMemory(models.Model):
    """What an agent has at hand now, until it expires; permanent context does not."""

    memory_id = CharKeyField(max_length=255, primary_key=True)
    chat = ForeignKey(
        ChatHistory,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_column="chat_id",
        related_name="short_term_memories",
        help_text="The chat this memory was taken from.",
    )
    processed_data = JSONTextField(help_text="The memory as it was extracted, whole.")
    importance_score = models.FloatField(default=0.5)
    category_primary = models.CharField(max_length=255)
    retention_type = models.CharField(max_length=50, default="short_term")
    namespace = models.CharField(
        max_length=255, default="default", help_text="The tenant, project or environment it belongs to."
    )
    created_at = UTCDateTimeField(default=utc_now)
    expires_at = UTCDateTimeField(null=True, blank=True, help_text="Empty: never.")
    access_count = models.IntegerField(null=True, blank=True, default=0)
    last_accessed = UTCDateTimeField(null=True, blank=True)
    searchable_content = models.TextField(help_text="The text that a search looks through.")
    summary = models.TextField()
    is_permanent_context = models.BooleanField(null=True, default=False)
    x_coord = models.FloatField(null=True, blank=True, help_text="Without limits, unlike y and z.")
    y_coord = models.FloatField(null=True, blank=True, validators=COORDINATE_RANGE)
    z_coord = models.FloatField(null=True, blank=True, validators=COORDINATE_RANGE)
    symbolic_anchors = JSONTextField(null=True, blank=True, help_text="Words this memory is found by.")
    embedding = JSONTextField(null=True, blank=True, help_text="The vector of the content, a list of floats.")
    team = ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, db_column="team_id", related_name="short_term_memories"
    )
    workspace = ForeignKey(
        Workspace,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_column="workspace_id",
        related_name="short_term_memories",
    )
    last_edited_by_model = models.CharField(
        max_length=255, null=True, blank=True, help_text="The language model that wrote it last."
    )

    class Meta:
        db_table = "short_term_memory"
        verbose_name = "short-term memory"
        verbose_name_plural = "short-term memories"
        indexes = [
            Index(fields=["access_count", "last_accessed"], name="idx_short_term_access"),
            Index(fields=["category_primary"], name="idx_short_term_category"),
            Index(fields=["x_coord", "y_coord", "z_coord"], name="idx_short_term_coords"),
            Index(fields=["created_at"], name="idx_short_term_created"),
            Index(fields=["expires_at"], name="idx_short_term_expires"),
            Index(fields=["importance_score"], name="idx_short_term_importance"),
            Index(fields=["last_edited_by_model"], name="idx_short_term_last_editor"),
            Index(fields=["namespace"], name="idx_short_term_namespace"),
            Index(
                fields=["namespace", "category_primary", "importance_score"],
                name="idx_short_term_namespace_category",
            ),
            Index(fields=["namespace", "team_id"], name="idx_short_term_namespace_team"),
            Index(fields=["namespace", "workspace_id"], name="idx_short_term_namespace_workspace"),
            Index(fields=["is_permanent_context"], name="idx_short_term_permanent"),
            Index(fields=["team_id"], name="idx_short_term_team"),
            Index(fields=["team_id", "namespace"], name="idx_short_term_team_namespace"),
            Index(fields=["workspace_id"], name="idx_short_term_workspace"),
        ]
        constraints = [
            in_range("y_coord", name="ck_short_term_y_coord_range"),
            in_range("z_coord", name="ck_short_term_z_coord_range"),
        ]

    def __str__(self) -> str:
        return self.memory_id
