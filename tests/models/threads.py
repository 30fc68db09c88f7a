from tests.models.expected import FLOAT, INTEGER, JSON, STRING, STRING_50, TIME, Expected

TABLES = {
    "link_memory_threads": Expected(
        key="id",
        columns=[
            ("id", INTEGER, False),
            ("source_memory_id", STRING, False),
            ("target_memory_id", STRING, False),
            ("relation", STRING_50, False),
            ("created_at", TIME, False),
        ],
        indexes={
            "idx_threads_source": ["source_memory_id"],
            "idx_threads_target": ["target_memory_id"],
        },
    ),
    "thread_events": Expected(
        key="thread_id",
        columns=[
            ("thread_id", STRING, False),
            ("namespace", STRING, False),
            ("symbolic_anchors", JSON, True),
            ("ritual_name", STRING, True),
            ("ritual_phase", STRING, True),
            ("ritual_metadata", JSON, True),
            ("centroid_x", FLOAT, True),
            ("centroid_y", FLOAT, True),
            ("centroid_z", FLOAT, True),
            ("created_at", TIME, False),
            ("updated_at", TIME, False),
        ],
        indexes={
            "idx_thread_events_namespace": ["namespace"],
        },
    ),
    "thread_message_links": Expected(
        key="id",
        columns=[
            ("id", INTEGER, False),
            ("thread_id", STRING, False),
            ("memory_id", STRING, False),
            ("namespace", STRING, False),
            ("sequence_index", INTEGER, False),
            ("role", STRING_50, True),
            ("anchor", STRING, True),
            ("timestamp", TIME, True),
        ],
        indexes={
            "idx_thread_message_memory": ["memory_id"],
            "idx_thread_message_thread": ["thread_id"],
        },
    ),
}
