from tests.models.expected import INTEGER, JSON, STRING, STRING_20, TEXT, TIME, Expected

BIGINT = ("bigint", "bigint")

TABLES = {
    "memoria_uploads": Expected(
        key="id",
        columns=[
            ("id", ("varchar(32)", "character varying(32)"), False),
            ("owner_name", ("varchar(150)", "character varying(150)"), False),
            ("created_at", TIME, False),
            ("name", STRING, False),
            ("size", BIGINT, False),
            ("sha256", ("varchar(64)", "character varying(64)"), False),
            ("stored", ("varchar(32)", "character varying(32)"), False),
            ("expires_at", TIME, False),
            ("state", ("varchar(12)", "character varying(12)"), False),
            ("attempt", INTEGER, False),
            ("waiting_since", TIME, False),
            ("started_at", TIME, True),
            ("finished_at", TIME, True),
            ("choices", JSON, False),
            ("namespaces", JSON, False),
            ("preview", JSON, True),
            ("fingerprint", JSON, False),
            ("result", JSON, True),
            ("import_id", INTEGER, True),
            ("message", TEXT, False),
            ("owner_id", INTEGER, True),
            ("asked_by_id", INTEGER, True),
        ],
        indexes={"idx_uploads_owner": ["owner_id", "created_at"], "idx_uploads_expires_at": ["expires_at"]},
    ),
    "memoria_upload_findings": Expected(
        key="id",
        columns=[
            ("id", ("integer", "bigint"), False),
            ("table", ("varchar(64)", "character varying(64)"), False),
            ("action", STRING_20, False),
            ("line", BIGINT, True),
            ("key", TEXT, True),
            ("reason", TEXT, False),
            ("old", JSON, True),
            ("new", JSON, True),
            ("upload_id", ("varchar(32)", "character varying(32)"), False),
        ],
        indexes={"idx_upload_findings_place": ["upload_id", "table", "action", "id"]},
        foreign_keys=[("upload_id", "memoria_uploads", "id", "CASCADE")],
    ),
}
