from tests.models.expected import BOOLEAN, INTEGER, JSON, STRING, STRING_50, TEXT, TIME, Expected

TABLES = {
    "agents": Expected(
        key="agent_id",
        columns=[
            ("agent_id", STRING, False),
            ("name", STRING, False),
            ("role", STRING, True),
            ("preferred_model", STRING, True),
            ("is_agent", BOOLEAN, False),
            ("metadata", JSON, True),
            ("created_at", TIME, False),
            ("updated_at", TIME, False),
        ],
        indexes={
            "idx_agent_preferred_model": ["preferred_model"],
            "idx_agent_role": ["role"],
        },
    ),
    "teams": Expected(
        key="team_id",
        columns=[
            ("team_id", STRING, False),
            ("name", STRING, False),
            ("slug", STRING, False),
            ("description", TEXT, True),
            ("created_at", TIME, False),
            ("updated_at", TIME, False),
        ],
        indexes={
            "idx_team_created": ["created_at"],
        },
        unique_indexes={
            "idx_team_slug": ["slug"],
        },
    ),
    "workspaces": Expected(
        key="workspace_id",
        columns=[
            ("workspace_id", STRING, False),
            ("name", STRING, False),
            ("slug", STRING, False),
            ("description", TEXT, True),
            ("owner_id", STRING, True),
            ("team_id", STRING, True),
            ("created_at", TIME, False),
            ("updated_at", TIME, False),
        ],
        indexes={
            "idx_workspace_created": ["created_at"],
            "idx_workspace_owner": ["owner_id"],
            "idx_workspace_team": ["team_id"],
        },
        unique_indexes={
            "idx_workspace_slug": ["slug"],
        },
        foreign_keys=[("team_id", "teams", "team_id", "SET NULL")],
    ),
    "workspace_members": Expected(
        key="id",
        columns=[
            ("id", INTEGER, False),
            ("workspace_id", STRING, False),
            ("user_id", STRING, False),
            ("role", STRING_50, False),
            ("is_admin", BOOLEAN, False),
            ("is_agent", BOOLEAN, False),
            ("joined_at", TIME, False),
            ("updated_at", TIME, False),
        ],
        indexes={
            "idx_workspace_member_user": ["user_id"],
            "idx_workspace_member_workspace": ["workspace_id"],
        },
        unique={
            "uq_workspace_member": ["workspace_id", "user_id"],
        },
        foreign_keys=[("workspace_id", "workspaces", "workspace_id", "CASCADE")],
    ),
}
