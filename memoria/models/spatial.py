"""Mirrors the tables of where memories lie in space, and the limits of its axes."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from memoria.fields import CharKeyField, ForeignKey, Index, JSONTextField, UTCDateTimeField, utc_now
from memoria.models.teams import Team, Workspace

COORDINATE_LIMIT = 15.0
COORDINATE_RANGE = [MinValueValidator(-COORDINATE_LIMIT), MaxValueValidator(COORDINATE_LIMIT)]


def in_range(column: str, *, name: str) -> models.CheckConstraint:
    """The database's side of COORDINATE_RANGE."""
    within = {f"{column}__gte": -COORDINATE_LIMIT, f"{column}__lte": COORDINATE_LIMIT}
    return models.CheckConstraint(condition=Q(**{f"{column}__isnull": True}) | Q(**within), name=name)


class SpatialMetadata(models.Model):
    """A memory's place in space."""

    memory_id = CharKeyField(
        max_length=255, primary_key=True, help_text="The database does not check that this memory exists."
    )
    namespace = models.CharField(max_length=255, default="default")
    team = ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, db_column="team_id", related_name="spatial_metadata"
    )
    timestamp = UTCDateTimeField(default=utc_now)
    x = models.FloatField(null=True, blank=True, help_text="Without limits, unlike y and z.")
    y = models.FloatField(null=True, blank=True, validators=COORDINATE_RANGE)
    z = models.FloatField(null=True, blank=True, validators=COORDINATE_RANGE)
    symbolic_anchors = JSONTextField(null=True, blank=True, help_text="Words this memory is found by.")
    workspace = ForeignKey(
        Workspace,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_column="workspace_id",
        related_name="spatial_metadata",
    )

    class Meta:
        db_table = "spatial_metadata"
        verbose_name = "spatial metadata"
        verbose_name_plural = "spatial metadata"
        indexes = [
            Index(fields=["namespace"], name="idx_spatial_namespace"),
            Index(fields=["team_id", "namespace"], name="idx_spatial_team_namespace"),
            Index(fields=["workspace_id", "namespace"], name="idx_spatial_workspace_namespace"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(namespace=""), name="ck_spatial_metadata_namespace_nonempty"),
            in_range("y", name="ck_spatial_metadata_y_range"),
            in_range("z", name="ck_spatial_metadata_z_range"),
        ]

    def __str__(self) -> str:
        return self.memory_id
