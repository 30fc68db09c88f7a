"""Mirrors the tables of what governs memories: rules, policies, and what retention did because of them."""

from django.db import models

from memoria.fields import ForeignKey, Index, JSONTextField, TextKeyField, UTCDateTimeField, utc_now
from memoria.models.teams import Team, Workspace


class MemoryRule(models.Model):
    """Something that an agent is told to do, or not to do."""

    rule_id = TextKeyField(primary_key=True)
    rule_text = models.TextField()
    rule_type = models.TextField()
    priority = models.IntegerField(null=True, blank=True, db_default=5)
    active = models.BooleanField(null=True, db_default=True)
    context_conditions = models.TextField(null=True, blank=True, help_text="When the rule holds.")
    namespace = models.TextField(db_default="default")
    created_at = UTCDateTimeField()
    updated_at = UTCDateTimeField()
    processed_data = models.TextField(null=True, blank=True, help_text="Text, not a JSON column.")
    metadata = models.TextField(null=True, blank=True, db_default="{}", help_text="Text, not a JSON column.")

    class Meta:
        db_table = "rules_memory"
        verbose_name = "rule"
        verbose_name_plural = "rules"
        indexes = [
            Index(fields=["active"], name="idx_rules_active"),
            Index(fields=["namespace"], name="idx_rules_namespace"),
            Index(fields=["priority"], name="idx_rules_priority"),
            Index(fields=["rule_type"], name="idx_rules_type"),
            Index(fields=["updated_at"], name="idx_rules_updated"),
        ]

    def __str__(self) -> str:
        return self.rule_id


class PolicyArtifact(models.Model):
    """A policy, as a document."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255)
    artifact_type = models.CharField(max_length=50)
    namespace = models.CharField(max_length=255, default="*", help_text="An asterisk: all of them.")
    payload = JSONTextField(help_text="The policy itself.")
    schema_version = models.CharField(max_length=50, default="1.0")
    created_at = UTCDateTimeField(default=utc_now)
    updated_at = UTCDateTimeField(default=utc_now)
    created_by = models.CharField(max_length=255, null=True, blank=True)
    workspace = ForeignKey(
        Workspace, on_delete=models.SET_NULL, null=True, blank=True, db_column="workspace_id", related_name="policies"
    )
    team = ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, db_column="team_id", related_name="policies"
    )

    class Meta:
        db_table = "policy_artifacts"
        verbose_name = "policy"
        verbose_name_plural = "policies"
        indexes = [
            Index(fields=["namespace"], name="idx_policy_artifacts_namespace"),
            Index(fields=["artifact_type"], name="idx_policy_artifacts_type"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["name", "namespace", "workspace"], name="uq_policy_artifacts_identity")
        ]

    def __str__(self) -> str:
        return f"{self.name} for {self.namespace}"


class RetentionPolicyAudit(models.Model):
    """What retention did with a memory, and by which policy."""

    id = models.AutoField(primary_key=True)
    memory_id = models.CharField(
        max_length=255, null=True, blank=True, help_text="The database does not check that this memory exists."
    )
    namespace = models.CharField(max_length=255, default="default")
    policy_name = models.CharField(max_length=255)
    action = models.CharField(max_length=50, default="block")
    escalate_to = models.CharField(max_length=255, null=True, blank=True)
    details = JSONTextField(null=True, blank=True)
    created_at = UTCDateTimeField(default=utc_now)
    team = ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, db_column="team_id", related_name="retention_audits"
    )
    workspace = ForeignKey(
        Workspace,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_column="workspace_id",
        related_name="retention_audits",
    )

    class Meta:
        db_table = "retention_policy_audits"
        verbose_name = "retention audit"
        verbose_name_plural = "retention audits"
        indexes = [
            Index(fields=["namespace", "created_at"], name="idx_retention_audits_namespace"),
            Index(fields=["policy_name", "created_at"], name="idx_retention_audits_policy"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.policy_name}"
