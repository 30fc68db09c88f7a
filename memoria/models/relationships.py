"""The graph between memories, and what they speak of."""

from django.db import models

from memoria.fields import Index, TextKeyField, UTCDateTimeField


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


class MemoryEntity(models.Model):
    """A person, place or thing that a memory mentions."""

    entity_id = TextKeyField(primary_key=True)
    memory_id = models.TextField(help_text="The database does not check that this memory exists.")
    memory_type = models.TextField(help_text="Whether it is a long-term or a short-term memory.")
    entity_type = models.TextField()
    entity_value = models.TextField()
    relevance_score = models.FloatField(db_default=0.5)
    entity_context = models.TextField(null=True, blank=True)
    namespace = models.TextField(db_default="default")
    created_at = UTCDateTimeField()

    class Meta:
        db_table = "memory_entities"
        verbose_name = "memory entity"
        verbose_name_plural = "memory entities"
        indexes = [
            Index(fields=["memory_id", "memory_type"], name="idx_entities_memory"),
            Index(fields=["namespace"], name="idx_entities_namespace"),
            Index(fields=["relevance_score"], name="idx_entities_relevance"),
            Index(fields=["entity_type"], name="idx_entities_type"),
            Index(fields=["entity_value"], name="idx_entities_value"),
            Index(fields=["entity_value", "entity_type"], name="idx_entities_value_type"),
        ]

    def __str__(self) -> str:
        return f"{self.entity_type} {self.entity_value} in {self.memory_id}"
