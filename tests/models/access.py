from tests.models.expected import INTEGER, JSON, STRING, STRING_50, TIME, Expected

TABLES = {
    "memory_access_events": Expected(
        key="id",
        columns=[
            ("id", INTEGER, False),
            ("memory_id", STRING, False),
            ("namespace", STRING, False),
            ("team_id", STRING, True),
            ("accessed_at", TIME, False),
            ("access_type", STRING_50, False),
            ("source", STRING_50, True),
            ("metadata_json", JSON, True),
            ("workspace_id", STRING, True),
        ],
        indexes={
            "idx_access_events_memory": ["memory_id"],
            "idx_access_events_namespace": ["namespace", "accessed_at"],
            "idx_access_events_team_namespace": ["team_id", "namespace", "accessed_at"],
            "idx_access_events_workspace_namespace": ["workspace_id", "namespace", "accessed_at"],
        },
        foreign_keys=[("workspace_id", "workspaces", "workspace_id", "SET NULL")],
    ),
}
