"""Mirrors the tables of teams, their workspaces, the members of these, and agents."""

from django.db import models

from memoria.fields import CharKeyField, ForeignKey, Index, JSONTextField, UTCDateTimeField, unique_index, utc_now


class Team(models.Model):
    """People and agents who share memories."""

    team_id = CharKeyField(max_length=255, primary_key=True)
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=255, help_text="The name as it stands in addresses; no two teams share one.")
    description = models.TextField(null=True, blank=True)
    created_at = UTCDateTimeField(default=utc_now)
    updated_at = UTCDateTimeField(default=utc_now)

    class Meta:
        db_table = "teams"
        verbose_name = "team"
        verbose_name_plural = "teams"
        indexes = [Index(fields=["created_at"], name="idx_team_created")]
        constraints = [unique_index("slug", name="idx_team_slug")]

    def __str__(self) -> str:
        return self.name


class Workspace(models.Model):
    """A place of work with memories of its own, inside a team or outside any."""

    workspace_id = CharKeyField(max_length=255, primary_key=True)
    name = models.CharField(max_length=255)
    slug = models.CharField(
        max_length=255, help_text="The name as it stands in addresses; no two workspaces share one."
    )
    description = models.TextField(null=True, blank=True)
    owner_id = models.CharField(max_length=255, null=True, blank=True)
    team = ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, db_column="team_id", related_name="workspaces"
    )
    created_at = UTCDateTimeField(default=utc_now)
    updated_at = UTCDateTimeField(default=utc_now)

    class Meta:
        db_table = "workspaces"
        verbose_name = "workspace"
        verbose_name_plural = "workspaces"
        indexes = [
            Index(fields=["created_at"], name="idx_workspace_created"),
            Index(fields=["owner_id"], name="idx_workspace_owner"),
            Index(fields=["team_id"], name="idx_workspace_team"),
        ]
        constraints = [unique_index("slug", name="idx_workspace_slug")]

    def __str__(self) -> str:
        return self.name


class WorkspaceMember(models.Model):
    """A user's or an agent's part in a workspace."""

    id = models.AutoField(primary_key=True)
    workspace = ForeignKey(Workspace, on_delete=models.CASCADE, db_column="workspace_id", related_name="members")
    user_id = models.CharField(max_length=255)
    role = models.CharField(max_length=50, default="member")
    is_admin = models.BooleanField(default=False)
    is_agent = models.BooleanField(default=False)
    joined_at = UTCDateTimeField(default=utc_now)
    updated_at = UTCDateTimeField(default=utc_now)

    class Meta:
        db_table = "workspace_members"
        verbose_name = "workspace member"
        verbose_name_plural = "workspace members"
        indexes = [
            Index(fields=["user_id"], name="idx_workspace_member_user"),
            Index(fields=["workspace_id"], name="idx_workspace_member_workspace"),
        ]
        constraints = [models.UniqueConstraint(fields=["workspace", "user_id"], name="uq_workspace_member")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.workspace_id}"


class Agent(models.Model):
    """Somebody who writes memories: a program, or a person."""

    agent_id = CharKeyField(max_length=255, primary_key=True)
    name = models.CharField(max_length=255)
    role = models.CharField(max_length=255, null=True, blank=True)
    preferred_model = models.CharField(max_length=255, null=True, blank=True)
    is_agent = models.BooleanField(default=True, help_text="No: a person.")
    metadata = JSONTextField(null=True, blank=True, default=dict)
    created_at = UTCDateTimeField(default=utc_now)
    updated_at = UTCDateTimeField(default=utc_now)

    class Meta:
        db_table = "agents"
        verbose_name = "agent"
        verbose_name_plural = "agents"
        indexes = [
            Index(fields=["preferred_model"], name="idx_agent_preferred_model"),
            Index(fields=["role"], name="idx_agent_role"),
        ]

    def __str__(self) -> str:
        return self.name
