from tests.models.expected import FLOAT, INTEGER, JSON, STRING, TEXT, TIME, Expected, within_limits

TABLES = {
    "clusters": Expected(
        key="id",
        columns=[
            ("id", INTEGER, False),
            ("summary", TEXT, False),
            ("centroid", JSON, True),
            ("y_centroid", FLOAT, True),
            ("z_centroid", FLOAT, True),
            ("polarity", FLOAT, True),
            ("subjectivity", FLOAT, True),
            ("size", INTEGER, True),
            ("avg_importance", FLOAT, True),
            ("update_count", INTEGER, True),
            ("last_updated", TIME, True),
            ("weight", FLOAT, True),
            ("total_tokens", INTEGER, True),
            ("total_chars", INTEGER, True),
        ],
        indexes={
            "idx_clusters_last_updated": ["last_updated"],
            "idx_clusters_weight": ["weight"],
        },
        checks=[
            within_limits("ck_clusters_y_centroid_range", "y_centroid"),
            within_limits("ck_clusters_z_centroid_range", "z_centroid"),
        ],
    ),
    "cluster_members": Expected(
        key="id",
        columns=[
            ("id", INTEGER, False),
            ("memory_id", STRING, False),
            ("anchor", STRING, True),
            ("summary", TEXT, False),
            ("tokens", INTEGER, True),
            ("chars", INTEGER, True),
            ("cluster_id", INTEGER, False),
        ],
        indexes={
            "idx_cluster_members_cluster": ["cluster_id"],
        },
        foreign_keys=[("cluster_id", "clusters", "id", "CASCADE")],
    ),
}
