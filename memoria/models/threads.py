"""Threads: memories in the order of a conversation, and memories that lead to one another."""

from django.db import models

from memoria.fields import CharKeyField, Index, JSONTextField, UTCDateTimeField, utc_now


class LinkMemoryThread(models.Model):
    """A step from one memory to another."""

    id = models.AutoField(primary_key=True)
    source_memory_id = models.CharField(
        max_length=255, help_text="The database does not check that this memory exists."
    )
    target_memory_id = models.CharField(
        max_length=255, help_text="The database does not check that this memory exists."
    )
    relation = models.CharField(max_length=50, default="related")
    created_at = UTCDateTimeField(default=utc_now)

    class Meta:
        db_table = "link_memory_threads"
        verbose_name = "link between memories"
        verbose_name_plural = "links between memories"
        indexes = [
            Index(fields=["source_memory_id"], name="idx_threads_source"),
            Index(fields=["target_memory_id"], name="idx_threads_target"),
        ]

    def __str__(self) -> str:
        return f"{self.source_memory_id} {self.relation} {self.target_memory_id}"


class ThreadEvent(models.Model):
    """A thread: its place in space and the ritual that it follows."""

    thread_id = CharKeyField(max_length=255, primary_key=True)
    namespace = models.CharField(max_length=255, default="default")
    symbolic_anchors = JSONTextField(null=True, blank=True, help_text="Words this thread is found by.")
    ritual_name = models.CharField(max_length=255, null=True, blank=True)
    ritual_phase = models.CharField(max_length=255, null=True, blank=True)
    ritual_metadata = JSONTextField(null=True, blank=True)
    centroid_x = models.FloatField(null=True, blank=True)
    centroid_y = models.FloatField(null=True, blank=True, help_text="Without limits, unlike y of a memory.")
    centroid_z = models.FloatField(null=True, blank=True, help_text="Without limits, unlike z of a memory.")
    created_at = UTCDateTimeField(default=utc_now)
    updated_at = UTCDateTimeField(default=utc_now)

    class Meta:
        db_table = "thread_events"
        verbose_name = "thread"
        verbose_name_plural = "threads"
        indexes = [Index(fields=["namespace"], name="idx_thread_events_namespace")]

    def __str__(self) -> str:
        return self.thread_id


class ThreadMessageLink(models.Model):
    """A memory's place in a thread."""

    id = models.AutoField(primary_key=True)
    thread_id = models.CharField(max_length=255, help_text="The database does not check that this thread exists.")
    memory_id = models.CharField(max_length=255, help_text="The database does not check that this memory exists.")
    namespace = models.CharField(max_length=255, default="default")
    sequence_index = models.IntegerField(help_text="Its position, in ascending order.")
    role = models.CharField(max_length=50, null=True, blank=True)
    anchor = models.CharField(max_length=255, null=True, blank=True)
    timestamp = UTCDateTimeField(null=True, blank=True)

    class Meta:
        db_table = "thread_message_links"
        verbose_name = "memory of a thread"
        verbose_name_plural = "memories of threads"
        indexes = [
            Index(fields=["memory_id"], name="idx_thread_message_memory"),
            Index(fields=["thread_id"], name="idx_thread_message_thread"),
        ]

    def __str__(self) -> str:
        return f"{self.memory_id} in thread {self.thread_id}"
