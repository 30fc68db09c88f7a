from tests.models.expected import INTEGER, JSON, STRING, TEXT, TIME, Expected

TABLES = {
    "chat_history": Expected(
        key="chat_id",
        columns=[
            ("chat_id", STRING, False),
            ("user_input", TEXT, False),
            ("ai_output", TEXT, False),
            ("model", STRING, False),
            ("timestamp", TIME, False),
            ("session_id", STRING, False),
            ("namespace", STRING, False),
            ("tokens_used", INTEGER, True),
            ("metadata", JSON, True),
            ("team_id", STRING, True),
            ("workspace_id", STRING, True),
            ("last_edited_by_model", STRING, True),
        ],
        indexes={
            "idx_chat_last_editor": ["last_edited_by_model"],
            "idx_chat_model": ["model"],
            "idx_chat_namespace_session": ["namespace", "session_id"],
            "idx_chat_team": ["team_id"],
            "idx_chat_team_namespace": ["team_id", "namespace"],
            "idx_chat_timestamp": ["timestamp"],
            "idx_chat_workspace": ["workspace_id"],
            "idx_chat_workspace_namespace": ["workspace_id", "namespace"],
        },
        foreign_keys=[
            ("team_id", "teams", "team_id", "SET NULL"),
            ("workspace_id", "workspaces", "workspace_id", "SET NULL"),
        ],
    ),
}
