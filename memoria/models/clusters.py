"""Groups of memories."""

from django.db import models

from memoria.fields import ForeignKey, Index, JSONTextField, UTCDateTimeField
from memoria.models.spatial import COORDINATE_RANGE, in_range


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
    cluster = ForeignKey(Cluster, on_delete=models.CASCADE, db_column="cluster_id", related_name="members")

    class Meta:
        db_table = "cluster_members"
        verbose_name = "cluster member"
        verbose_name_plural = "cluster members"
        indexes = [Index(fields=["cluster"], name="idx_cluster_members_cluster")]

    def __str__(self) -> str:
        return f"{self.memory_id} in cluster {self.cluster_id}"
