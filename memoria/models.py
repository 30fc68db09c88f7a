"""The tables of a Memoria database, as the SDK that fills them declares them.

Names, types, nullability, keys, indexes and checks are those of existing databases, so that the app runs on
one of these without migrating it. `default` is what the SDK fills in; the columns themselves have a default
only where it says `db_default`. Ids of teams, workspaces and chats are plain text, because the tables they
point at are not mirrored.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from memoria.fields import CharKeyField, Index, JSONTextField, TextKeyField, UTCDateTimeField

COORDINATE_LIMIT = 15.0
COORDINATE_RANGE = [MinValueValidator(-COORDINATE_LIMIT), MaxValueValidator(COORDINATE_LIMIT)]


def in_range(column: str, *, name: str) -> models.CheckConstraint:
    """The database's side of COORDINATE_RANGE."""
    within = {f"{column}__gte": -COORDINATE_LIMIT, f"{column}__lte": COORDINATE_LIMIT}
    return models.CheckConstraint(condition=Q(**{f"{column}__isnull": True}) | Q(**within), name=name)


class LongTermMemory(models.Model):
    """What an agent keeps for good: a text, what was understood of it, and how much it matters."""

    memory_id = CharKeyField(max_length=255, primary_key=True)
    original_chat_id = models.CharField(
        max_length=255, null=True, blank=True, help_text="The chat this memory was taken from."
    )
    processed_data = JSONTextField(help_text="The memory as it was extracted, whole.")
    importance_score = models.FloatField(default=0.5)
    category_primary = models.CharField(max_length=255)
    retention_type = models.CharField(max_length=50, default="long_term")
    namespace = models.CharField(
        max_length=255, default="default", help_text="The tenant, project or environment it belongs to."
    )
    timestamp = UTCDateTimeField(default=timezone.now, help_text="When the remembered thing was said.")
    created_at = UTCDateTimeField(default=timezone.now)
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
    team_id = models.CharField(max_length=255, null=True, blank=True)
    workspace_id = models.CharField(max_length=255, null=True, blank=True)
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
    extraction_timestamp = UTCDateTimeField(default=timezone.now)
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
    chat_id = models.CharField(max_length=255, null=True, blank=True, help_text="The chat this memory was taken from.")
    processed_data = JSONTextField(help_text="The memory as it was extracted, whole.")
    importance_score = models.FloatField(default=0.5)
    category_primary = models.CharField(max_length=255)
    retention_type = models.CharField(max_length=50, default="short_term")
    namespace = models.CharField(
        max_length=255, default="default", help_text="The tenant, project or environment it belongs to."
    )
    created_at = UTCDateTimeField(default=timezone.now)
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
    team_id = models.CharField(max_length=255, null=True, blank=True)
    workspace_id = models.CharField(max_length=255, null=True, blank=True)
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


class Cluster(models.Model):
    """A group of memories about one thing, in the namespaces of its members' memories: it has none itself."""

    id = models.AutoField(primary_key=True)
    summary = models.TextField()
    centroid = JSONTextField(null=True, blank=True, help_text="The middle of its members' embeddings.")
    y_centroid = models.FloatField(null=True, blank=True, validators=COORDINATE_RANGE)
    z_centroid = models.FloatField(null=True, blank=True, validators=COORDINATE_RANGE)
    polarity = models.FloatField(null=True, blank=True)
    subjectivity = models.FloatField(null=True, blank=True)
    size = models.IntegerField(null=True, blank=True, help_text="How many members the SDK counted.")
    avg_importance = models.FloatField(null=True, blank=True)
    update_count = models.IntegerField(null=True, blank=True, default=0)
    last_updated = UTCDateTimeField(null=True, blank=True)
    weight = models.FloatField(null=True, blank=True, default=0.0)
    total_tokens = models.IntegerField(null=True, blank=True, default=0)
    total_chars = models.IntegerField(null=True, blank=True, default=0)

    class Meta:
        db_table = "clusters"
        verbose_name = "cluster"
        verbose_name_plural = "clusters"
        indexes = [
            Index(fields=["last_updated"], name="idx_clusters_last_updated"),
            Index(fields=["weight"], name="idx_clusters_weight"),
        ]
        constraints = [
            in_range("y_centroid", name="ck_clusters_y_centroid_range"),
            in_range("z_centroid", name="ck_clusters_z_centroid_range"),
        ]

    def __str__(self) -> str:
        return f"cluster {self.pk}"


class ClusterMember(models.Model):
    """A memory's place in a cluster."""

    id = models.AutoField(primary_key=True)
    memory_id = models.CharField(max_length=255, help_text="The database does not check that this memory exists.")
    anchor = models.CharField(max_length=255, null=True, blank=True)
    summary = models.TextField()
    tokens = models.IntegerField(null=True, blank=True, default=0)
    chars = models.IntegerField(null=True, blank=True, default=0)
    # No index of its own: the one named in Meta is the one that existing databases have.
    cluster = models.ForeignKey(
        Cluster, on_delete=models.CASCADE, db_column="cluster_id", db_index=False, related_name="members"
    )

    class Meta:
        db_table = "cluster_members"
        verbose_name = "cluster member"
        verbose_name_plural = "cluster members"
        indexes = [Index(fields=["cluster"], name="idx_cluster_members_cluster")]

    def __str__(self) -> str:
        return f"{self.memory_id} in cluster {self.cluster_id}"


class MemoryRelationship(models.Model):
    """A directed edge between two memories. Its ends may lie in another namespace, or nowhere."""

    relationship_id = TextKeyField(primary_key=True)
    source_memory_id = models.TextField(help_text="The database does not check that this memory exists.")
    target_memory_id = models.TextField(help_text="The database does not check that this memory exists.")
    relationship_type = models.TextField()
    strength = models.FloatField(db_default=0.5)
    reasoning = models.TextField(null=True, blank=True, help_text="Why the two belong together.")
    namespace = models.TextField(db_default="default")
    created_at = UTCDateTimeField()

    class Meta:
        db_table = "memory_relationships"
        verbose_name = "memory relationship"
        verbose_name_plural = "memory relationships"
        indexes = [
            Index(fields=["source_memory_id"], name="idx_relationships_source"),
            Index(fields=["strength"], name="idx_relationships_strength"),
            Index(fields=["target_memory_id"], name="idx_relationships_target"),
            Index(fields=["relationship_type"], name="idx_relationships_type"),
        ]

    def __str__(self) -> str:
        return f"{self.source_memory_id} {self.relationship_type} {self.target_memory_id}"
