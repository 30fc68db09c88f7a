from tests.models.expected import BOOLEAN, INTEGER, JSON, STRING, STRING_50, TEXT, TIME, Expected

TABLES = {
    "rules_memory": Expected(
        key="rule_id",
        columns=[
            ("rule_id", TEXT, False),
            ("rule_text", TEXT, False),
            ("rule_type", TEXT, False),
            ("priority", INTEGER, True),
            ("active", BOOLEAN, True),
            ("context_conditions", TEXT, True),
            ("namespace", TEXT, False),
            ("created_at", TIME, False),
            ("updated_at", TIME, False),
            ("processed_data", TEXT, True),
            ("metadata", TEXT, True),
        ],
        defaults={
            "priority": ("5", "5"),
            "active": ("1", "true"),
            "namespace": ("'default'", "'default'::text"),
            "metadata": ("'{}'", "'{}'::text"),
        },
        indexes={
            "idx_rules_active": ["active"],
            "idx_rules_namespace": ["namespace"],
            "idx_rules_priority": ["priority"],
            "idx_rules_type": ["rule_type"],
            "idx_rules_updated": ["updated_at"],
        },
    ),
    "policy_artifacts": Expected(
        key="id",
        columns=[
            ("id", INTEGER, False),
            ("name", STRING, False),
            ("artifact_type", STRING_50, False),
            ("namespace", STRING, False),
            ("payload", JSON, False),
            ("schema_version", STRING_50, False),
            ("created_at", TIME, False),
            ("updated_at", TIME, False),
            ("created_by", STRING, True),
            ("workspace_id", STRING, True),
            ("team_id", STRING, True),
        ],
        indexes={
            "idx_policy_artifacts_namespace": ["namespace"],
            "idx_policy_artifacts_type": ["artifact_type"],
        },
        unique={
            "uq_policy_artifacts_identity": ["name", "namespace", "workspace_id"],
        },
        foreign_keys=[
            ("team_id", "teams", "team_id", "SET NULL"),
            ("workspace_id", "workspaces", "workspace_id", "SET NULL"),
        ],
    ),
    "retention_policy_audits": Expected(
        key="id",
        columns=[
            ("id", INTEGER, False),
            ("memory_id", STRING, True),
            ("namespace", STRING, False),
            ("policy_name", STRING, False),
            ("action", STRING_50, False),
            ("escalate_to", STRING, True),
            ("details", JSON, True),
            ("created_at", TIME, False),
            ("team_id", STRING, True),
            ("workspace_id", STRING, True),
        ],
        indexes={
            "idx_retention_audits_namespace": ["namespace", "created_at"],
            "idx_retention_audits_policy": ["policy_name", "created_at"],
        },
        foreign_keys=[
            ("team_id", "teams", "team_id", "SET NULL"),
            ("workspace_id", "workspaces", "workspace_id", "SET NULL"),
        ],
    ),
}
