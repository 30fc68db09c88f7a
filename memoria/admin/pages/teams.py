"""Registers the pages of teams, workspaces, members and agents."""

from django.contrib import admin

from memoria.admin.tables.table import TableAdmin
from memoria.models import Agent, Team, Workspace, WorkspaceMember

WHEN = ("When", (("created_at", "updated_at"),), "All times are UTC.")


@admin.register(Team)
class TeamAdmin(TableAdmin):
    date_hierarchy = "created_at"
    columns = ("team_id", "name", "slug", "created_at")
    search_values = ("team_id", "slug")
    search_texts = ("name", "description")
    search_help_text = "Words of the name, or the beginning of an id."
    editable = ("name", "slug", "description")
    sections = (
        ("Team", ("team_id", ("name", "slug"), "description"), "Deleting a team leaves its memories without one."),
        WHEN,
    )


@admin.register(Workspace)
class WorkspaceAdmin(TableAdmin):
    date_hierarchy = "created_at"
    columns = ("workspace_id", "name", "slug", "team_id", "owner_id", "created_at")
    search_values = ("workspace_id", "slug", "owner_id")
    search_texts = ("name", "description")
    search_help_text = "Words of the name, or the beginning of an id."
    editable = ("name", "slug", "description", "owner_id")
    sections = (
        (
            "Workspace",
            ("workspace_id", ("name", "slug"), "description", ("owner_id", "team")),
            "Deleting a workspace deletes its members, and leaves its memories without one.",
        ),
        WHEN,
    )


@admin.register(WorkspaceMember)
class WorkspaceMemberAdmin(TableAdmin):
    columns = ("id", "user_id", "workspace_id", "role", "is_admin", "is_agent", "joined_at")
    newest = "id"
    search_values = ("user_id",)
    search_help_text = "The beginning of a user's id."
    editable = ("role", "is_admin", "is_agent")
    sections = (
        ("Member", ("id", "workspace", "user_id", "role", ("is_admin", "is_agent")), ""),
        ("When", (("joined_at", "updated_at"),), "All times are UTC."),
    )


@admin.register(Agent)
class AgentAdmin(TableAdmin):
    columns = ("agent_id", "name", "role", "preferred_model", "is_agent", "created_at")
    newest = "agent_id"
    search_values = ("agent_id", "role", "preferred_model")
    search_help_text = "The beginning of an id, a role or a model."
    filters = ("role", "preferred_model")
    editable = ("name", "role", "preferred_model", "is_agent")
    sections = (("Agent", ("agent_id", "name", ("role", "preferred_model"), "is_agent", "metadata"), ""), WHEN)
