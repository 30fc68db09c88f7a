from tests.models.expected import INTEGER, JSON, STRING, STRING_20, TEXT, TIME, Expected

TABLES = {
    "memoria_imports": Expected(
        key="id",
        columns=[
            ("id", INTEGER, False),
            ("kind", STRING_20, False),
            ("state", STRING_20, False),
            ("started_at", TIME, False),
            ("finished_at", TIME, False),
            ("undone_at", TIME, True),
            ("user_name", STRING, False),
            ("file_name", TEXT, False),
            ("sha256", ("varchar(64)", "character varying(64)"), False),
            ("options", JSON, False),
            ("counts", JSON, False),
        ],
    ),
    "memoria_import_changes": Expected(
        key="id",
        columns=[
            ("id", ("integer", "bigint"), False),
            ("table_name", ("varchar(63)", "character varying(63)"), False),
            ("key", TEXT, False),
            ("action", ("varchar(7)", "character varying(7)"), False),
            ("row", TEXT, True),
            ("digest", ("varchar(64)", "character varying(64)"), True),
            ("import_id", INTEGER, False),
        ],
        indexes={"idx_import_changes_import": ["import_id", "table_name", "action"]},
    ),
}
