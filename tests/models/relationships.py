from tests.models.expected import FLOAT, TEXT, TIME, Expected

TABLES = {
    "memory_relationships": Expected(
        key="relationship_id",
        columns=[
            ("relationship_id", TEXT, False),
            ("source_memory_id", TEXT, False),
            ("target_memory_id", TEXT, False),
            ("relationship_type", TEXT, False),
            ("strength", FLOAT, False),
            ("reasoning", TEXT, True),
            ("namespace", TEXT, False),
            ("created_at", TIME, False),
        ],
        defaults={"strength": ("0.5", "0.5"), "namespace": ("'default'", "'default'::text")},
        indexes={
            "idx_relationships_source": ["source_memory_id"],
            "idx_relationships_strength": ["strength"],
            "idx_relationships_target": ["target_memory_id"],
            "idx_relationships_type": ["relationship_type"],
        },
    ),
    "memory_entities": Expected(
        key="entity_id",
        columns=[
            ("entity_id", TEXT, False),
            ("memory_id", TEXT, False),
            ("memory_type", TEXT, False),
            ("entity_type", TEXT, False),
            ("entity_value", TEXT, False),
            ("relevance_score", FLOAT, False),
            ("entity_context", TEXT, True),
            ("namespace", TEXT, False),
            ("created_at", TIME, False),
        ],
        defaults={"relevance_score": ("0.5", "0.5"), "namespace": ("'default'", "'default'::text")},
        indexes={
            "idx_entities_memory": ["memory_id", "memory_type"],
            "idx_entities_namespace": ["namespace"],
            "idx_entities_relevance": ["relevance_score"],
            "idx_entities_type": ["entity_type"],
            "idx_entities_value": ["entity_value"],
            "idx_entities_value_type": ["entity_value", "entity_type"],
        },
    ),
}
