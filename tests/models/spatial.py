from tests.models.expected import FLOAT, JSON, STRING, TIME, Expected, not_empty, within_limits

TABLES = {
    "spatial_metadata": Expected(
        key="memory_id",
        columns=[
            ("memory_id", STRING, False),
            ("namespace", STRING, False),
            ("team_id", STRING, True),
            ("timestamp", TIME, False),
            ("x", FLOAT, True),
            ("y", FLOAT, True),
            ("z", FLOAT, True),
            ("symbolic_anchors", JSON, True),
            ("workspace_id", STRING, True),
        ],
        indexes={
            "idx_spatial_namespace": ["namespace"],
            "idx_spatial_team_namespace": ["team_id", "namespace"],
            "idx_spatial_workspace_namespace": ["workspace_id", "namespace"],
        },
        checks=[
            not_empty("ck_spatial_metadata_namespace_nonempty", "namespace"),
            within_limits("ck_spatial_metadata_y_range", "y"),
            within_limits("ck_spatial_metadata_z_range", "z"),
        ],
        foreign_keys=[
            ("team_id", "teams", "team_id", "SET NULL"),
            ("workspace_id", "workspaces", "workspace_id", "SET NULL"),
        ],
    ),
}
