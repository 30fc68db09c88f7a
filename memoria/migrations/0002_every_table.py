"""The tables beyond the core five, and the references to them as foreign keys with the rules of existing databases.

A database of 0001 may hold ids of teams, workspaces and chats that it has no rows for: imported from a database that
had them. Such an id is worth keeping, so each gets a row that says what it stands in for. An import of the real rows
replaces it.
"""

from typing import Any

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import memoria.fields

REFERENCES = [
    ("longtermmemory", "team", "memoria.team", "long_term_memories"),
    ("longtermmemory", "workspace", "memoria.workspace", "long_term_memories"),
    ("shorttermmemory", "chat", "memoria.chathistory", "short_term_memories"),
    ("shorttermmemory", "team", "memoria.team", "short_term_memories"),
    ("shorttermmemory", "workspace", "memoria.workspace", "short_term_memories"),
]
STANDS_IN = "Stands in for a row that is not in this database; rows that refer to it were here before its table."


def references() -> list[Any]:
    """Each column of an id becomes a foreign key in its place; only the field loses the `_id` in its name."""
    operations: list[Any] = []
    for model, name, to, related in REFERENCES:
        help_text = "The chat this memory was taken from." if name == "chat" else ""
        foreign_key = memoria.fields.ForeignKey(
            blank=True,
            db_column=f"{name}_id",
            help_text=help_text,
            null=True,
            on_delete=django.db.models.deletion.SET_NULL,
            related_name=related,
            to=to,
        )
        operations += [
            migrations.AlterField(model, f"{name}_id", foreign_key),
            migrations.RenameField(model, f"{name}_id", name),
        ]
    return operations


def stand_in(apps: Any, schema_editor: Any) -> None:
    """Rows for the ids that lead nowhere."""
    database = schema_editor.connection.alias
    memories = [apps.get_model("memoria", name) for name in ("LongTermMemory", "ShortTermMemory")]
    for parent, column in (("Team", "team_id"), ("Workspace", "workspace_id")):
        ids = {key for model in memories for key in _held(model, column, database)}
        apps.get_model("memoria", parent).objects.using(database).bulk_create(
            [
                apps.get_model("memoria", parent)(**{column: key}, name=key, slug=key, description=STANDS_IN)
                for key in sorted(ids)
            ]
        )
    chat = apps.get_model("memoria", "ChatHistory")
    memory = apps.get_model("memoria", "ShortTermMemory")
    rows = memory.objects.using(database).filter(chat_id__isnull=False).order_by("-memory_id")
    namespaces = dict(rows.values_list("chat_id", "namespace"))
    chat.objects.using(database).bulk_create(
        [
            chat(
                chat_id=key,
                user_input="",
                ai_output="",
                model="",
                session_id="",
                namespace=namespace,
                metadata={"note": STANDS_IN},
            )
            for key, namespace in sorted(namespaces.items())
        ]
    )
    if schema_editor.connection.vendor == "postgresql":
        # No index can be built on a table while a check of its foreign keys waits for the commit.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _held(model: Any, column: str, database: str) -> Any:
    rows = model.objects.using(database).filter(**{f"{column}__isnull": False})
    return rows.order_by().values_list(column, flat=True).distinct()


def constrain(apps: Any, schema_editor: Any) -> None:
    remake(apps, schema_editor)
    for table, field, name in _constraints(apps, schema_editor):
        references = field.references(schema_editor.connection)
        schema_editor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({field.column}) {references}")


def unconstrain(apps: Any, schema_editor: Any) -> None:
    for table, _, name in _constraints(apps, schema_editor):
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def remake(apps: Any, schema_editor: Any) -> None:
    """SQLite cannot add a constraint: each table is copied, once, and with its columns in their order."""
    connection = schema_editor.connection
    if connection.vendor != "sqlite":
        return
    for model in [apps.get_model("memoria", name) for name in ("longtermmemory", "shorttermmemory")]:
        with connection.cursor() as cursor:
            columns = [c.name for c in connection.introspection.get_table_description(cursor, model._meta.db_table)]
        for field in model._meta.local_fields:
            field.creation_counter = columns.index(field.column)  # a renamed field stands last in Django's own order
        schema_editor._remake_table(model)


def _constraints(apps: Any, schema_editor: Any) -> list[tuple[str, Any, str]]:
    if schema_editor.connection.vendor != "postgresql":
        return []
    fields = [
        apps.get_model("memoria", model)._meta.get_field(name)
        for model, name in [reference[:2] for reference in REFERENCES] + [("clustermember", "cluster")]
    ]
    tables = [field.model._meta.db_table for field in fields]
    return [(t, field, f"{t}_{field.column}_fkey") for t, field in zip(tables, fields, strict=True)]


class Migration(migrations.Migration):
    dependencies = [
        ("memoria", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Team",
            fields=[
                ("team_id", memoria.fields.CharKeyField(max_length=255, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=255)),
                (
                    "slug",
                    models.CharField(
                        help_text="The name as it stands in addresses; no two teams share one.", max_length=255
                    ),
                ),
                ("description", models.TextField(blank=True, null=True)),
                ("created_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
                ("updated_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
            ],
            options={
                "verbose_name": "team",
                "verbose_name_plural": "teams",
                "db_table": "teams",
                "indexes": [memoria.fields.Index(fields=["created_at"], name="idx_team_created")],
                "constraints": [models.UniqueConstraint(models.F("slug"), name="idx_team_slug")],
            },
        ),
        migrations.CreateModel(
            name="Workspace",
            fields=[
                ("workspace_id", memoria.fields.CharKeyField(max_length=255, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=255)),
                (
                    "slug",
                    models.CharField(
                        help_text="The name as it stands in addresses; no two workspaces share one.", max_length=255
                    ),
                ),
                ("description", models.TextField(blank=True, null=True)),
                ("owner_id", models.CharField(blank=True, max_length=255, null=True)),
                (
                    "team",
                    memoria.fields.ForeignKey(
                        blank=True,
                        db_column="team_id",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="workspaces",
                        to="memoria.team",
                    ),
                ),
                ("created_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
                ("updated_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
            ],
            options={
                "verbose_name": "workspace",
                "verbose_name_plural": "workspaces",
                "db_table": "workspaces",
                "indexes": [
                    memoria.fields.Index(fields=["created_at"], name="idx_workspace_created"),
                    memoria.fields.Index(fields=["owner_id"], name="idx_workspace_owner"),
                    memoria.fields.Index(fields=["team_id"], name="idx_workspace_team"),
                ],
                "constraints": [models.UniqueConstraint(models.F("slug"), name="idx_workspace_slug")],
            },
        ),
        migrations.CreateModel(
            name="WorkspaceMember",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "workspace",
                    memoria.fields.ForeignKey(
                        db_column="workspace_id",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="memoria.workspace",
                    ),
                ),
                ("user_id", models.CharField(max_length=255)),
                ("role", models.CharField(default="member", max_length=50)),
                ("is_admin", models.BooleanField(default=False)),
                ("is_agent", models.BooleanField(default=False)),
                ("joined_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
                ("updated_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
            ],
            options={
                "verbose_name": "workspace member",
                "verbose_name_plural": "workspace members",
                "db_table": "workspace_members",
                "indexes": [
                    memoria.fields.Index(fields=["user_id"], name="idx_workspace_member_user"),
                    memoria.fields.Index(fields=["workspace_id"], name="idx_workspace_member_workspace"),
                ],
                "constraints": [models.UniqueConstraint(fields=("workspace", "user_id"), name="uq_workspace_member")],
            },
        ),
        migrations.CreateModel(
            name="Agent",
            fields=[
                ("agent_id", memoria.fields.CharKeyField(max_length=255, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=255)),
                ("role", models.CharField(blank=True, max_length=255, null=True)),
                ("preferred_model", models.CharField(blank=True, max_length=255, null=True)),
                ("is_agent", models.BooleanField(default=True, help_text="No: a person.")),
                ("metadata", memoria.fields.JSONTextField(blank=True, default=dict, null=True)),
                ("created_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
                ("updated_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
            ],
            options={
                "verbose_name": "agent",
                "verbose_name_plural": "agents",
                "db_table": "agents",
                "indexes": [
                    memoria.fields.Index(fields=["preferred_model"], name="idx_agent_preferred_model"),
                    memoria.fields.Index(fields=["role"], name="idx_agent_role"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChatHistory",
            fields=[
                ("chat_id", memoria.fields.CharKeyField(max_length=255, primary_key=True, serialize=False)),
                ("user_input", models.TextField()),
                ("ai_output", models.TextField()),
                ("model", models.CharField(help_text="The language model that answered.", max_length=255)),
                ("timestamp", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
                ("session_id", models.CharField(max_length=255)),
                (
                    "namespace",
                    models.CharField(
                        default="default", help_text="The tenant, project or environment it belongs to.", max_length=255
                    ),
                ),
                ("tokens_used", models.IntegerField(blank=True, default=0, null=True)),
                ("metadata", memoria.fields.JSONTextField(blank=True, null=True)),
                (
                    "team",
                    memoria.fields.ForeignKey(
                        blank=True,
                        db_column="team_id",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="chats",
                        to="memoria.team",
                    ),
                ),
                (
                    "workspace",
                    memoria.fields.ForeignKey(
                        blank=True,
                        db_column="workspace_id",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="chats",
                        to="memoria.workspace",
                    ),
                ),
                (
                    "last_edited_by_model",
                    models.CharField(
                        blank=True, help_text="The language model that wrote it last.", max_length=255, null=True
                    ),
                ),
            ],
            options={
                "verbose_name": "chat",
                "verbose_name_plural": "chat history",
                "db_table": "chat_history",
                "indexes": [
                    memoria.fields.Index(fields=["last_edited_by_model"], name="idx_chat_last_editor"),
                    memoria.fields.Index(fields=["model"], name="idx_chat_model"),
                    memoria.fields.Index(fields=["namespace", "session_id"], name="idx_chat_namespace_session"),
                    memoria.fields.Index(fields=["team_id"], name="idx_chat_team"),
                    memoria.fields.Index(fields=["team_id", "namespace"], name="idx_chat_team_namespace"),
                    memoria.fields.Index(fields=["timestamp"], name="idx_chat_timestamp"),
                    memoria.fields.Index(fields=["workspace_id"], name="idx_chat_workspace"),
                    memoria.fields.Index(fields=["workspace_id", "namespace"], name="idx_chat_workspace_namespace"),
                ],
            },
        ),
        migrations.CreateModel(
            name="MemoryEntity",
            fields=[
                ("entity_id", memoria.fields.TextKeyField(primary_key=True, serialize=False)),
                ("memory_id", models.TextField(help_text="The database does not check that this memory exists.")),
                ("memory_type", models.TextField(help_text="Whether it is a long-term or a short-term memory.")),
                ("entity_type", models.TextField()),
                ("entity_value", models.TextField()),
                ("relevance_score", models.FloatField(db_default=0.5)),
                ("entity_context", models.TextField(blank=True, null=True)),
                ("namespace", models.TextField(db_default="default")),
                ("created_at", memoria.fields.UTCDateTimeField()),
            ],
            options={
                "verbose_name": "memory entity",
                "verbose_name_plural": "memory entities",
                "db_table": "memory_entities",
                "indexes": [
                    memoria.fields.Index(fields=["memory_id", "memory_type"], name="idx_entities_memory"),
                    memoria.fields.Index(fields=["namespace"], name="idx_entities_namespace"),
                    memoria.fields.Index(fields=["relevance_score"], name="idx_entities_relevance"),
                    memoria.fields.Index(fields=["entity_type"], name="idx_entities_type"),
                    memoria.fields.Index(fields=["entity_value"], name="idx_entities_value"),
                    memoria.fields.Index(fields=["entity_value", "entity_type"], name="idx_entities_value_type"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SpatialMetadata",
            fields=[
                (
                    "memory_id",
                    memoria.fields.CharKeyField(
                        help_text="The database does not check that this memory exists.",
                        max_length=255,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("namespace", models.CharField(default="default", max_length=255)),
                (
                    "team",
                    memoria.fields.ForeignKey(
                        blank=True,
                        db_column="team_id",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="spatial_metadata",
                        to="memoria.team",
                    ),
                ),
                ("timestamp", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
                ("x", models.FloatField(blank=True, help_text="Without limits, unlike y and z.", null=True)),
                (
                    "y",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-15.0),
                            django.core.validators.MaxValueValidator(15.0),
                        ],
                    ),
                ),
                (
                    "z",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-15.0),
                            django.core.validators.MaxValueValidator(15.0),
                        ],
                    ),
                ),
                (
                    "symbolic_anchors",
                    memoria.fields.JSONTextField(blank=True, help_text="Words this memory is found by.", null=True),
                ),
                (
                    "workspace",
                    memoria.fields.ForeignKey(
                        blank=True,
                        db_column="workspace_id",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="spatial_metadata",
                        to="memoria.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name": "spatial metadata",
                "verbose_name_plural": "spatial metadata",
                "db_table": "spatial_metadata",
                "indexes": [
                    memoria.fields.Index(fields=["namespace"], name="idx_spatial_namespace"),
                    memoria.fields.Index(fields=["team_id", "namespace"], name="idx_spatial_team_namespace"),
                    memoria.fields.Index(fields=["workspace_id", "namespace"], name="idx_spatial_workspace_namespace"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("namespace", ""), _negated=True),
                        name="ck_spatial_metadata_namespace_nonempty",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("y__isnull", True), models.Q(("y__gte", -15.0), ("y__lte", 15.0)), _connector="OR"
                        ),
                        name="ck_spatial_metadata_y_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("z__isnull", True), models.Q(("z__gte", -15.0), ("z__lte", 15.0)), _connector="OR"
                        ),
                        name="ck_spatial_metadata_z_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MemoryAccessEvent",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "memory_id",
                    models.CharField(help_text="The database does not check that this memory exists.", max_length=255),
                ),
                ("namespace", models.CharField(default="default", max_length=255)),
                (
                    "team_id",
                    models.CharField(
                        blank=True,
                        help_text="The database does not check that this team exists.",
                        max_length=255,
                        null=True,
                    ),
                ),
                ("accessed_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
                ("access_type", models.CharField(default="retrieval", max_length=50)),
                ("source", models.CharField(blank=True, max_length=50, null=True)),
                ("metadata_json", memoria.fields.JSONTextField(blank=True, null=True)),
                (
                    "workspace",
                    memoria.fields.ForeignKey(
                        blank=True,
                        db_column="workspace_id",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="memory_access_events",
                        to="memoria.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name": "memory access event",
                "verbose_name_plural": "memory access events",
                "db_table": "memory_access_events",
                "indexes": [
                    memoria.fields.Index(fields=["memory_id"], name="idx_access_events_memory"),
                    memoria.fields.Index(fields=["namespace", "accessed_at"], name="idx_access_events_namespace"),
                    memoria.fields.Index(
                        fields=["team_id", "namespace", "accessed_at"], name="idx_access_events_team_namespace"
                    ),
                    memoria.fields.Index(
                        fields=["workspace_id", "namespace", "accessed_at"],
                        name="idx_access_events_workspace_namespace",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ThreadEvent",
            fields=[
                ("thread_id", memoria.fields.CharKeyField(max_length=255, primary_key=True, serialize=False)),
                ("namespace", models.CharField(default="default", max_length=255)),
                (
                    "symbolic_anchors",
                    memoria.fields.JSONTextField(blank=True, help_text="Words this thread is found by.", null=True),
                ),
                ("ritual_name", models.CharField(blank=True, max_length=255, null=True)),
                ("ritual_phase", models.CharField(blank=True, max_length=255, null=True)),
                ("ritual_metadata", memoria.fields.JSONTextField(blank=True, null=True)),
                ("centroid_x", models.FloatField(blank=True, null=True)),
                (
                    "centroid_y",
                    models.FloatField(blank=True, help_text="Without limits, unlike y of a memory.", null=True),
                ),
                (
                    "centroid_z",
                    models.FloatField(blank=True, help_text="Without limits, unlike z of a memory.", null=True),
                ),
                ("created_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
                ("updated_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
            ],
            options={
                "verbose_name": "thread",
                "verbose_name_plural": "threads",
                "db_table": "thread_events",
                "indexes": [memoria.fields.Index(fields=["namespace"], name="idx_thread_events_namespace")],
            },
        ),
        migrations.CreateModel(
            name="ThreadMessageLink",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "thread_id",
                    models.CharField(help_text="The database does not check that this thread exists.", max_length=255),
                ),
                (
                    "memory_id",
                    models.CharField(help_text="The database does not check that this memory exists.", max_length=255),
                ),
                ("namespace", models.CharField(default="default", max_length=255)),
                ("sequence_index", models.IntegerField(help_text="Its position, in ascending order.")),
                ("role", models.CharField(blank=True, max_length=50, null=True)),
                ("anchor", models.CharField(blank=True, max_length=255, null=True)),
                ("timestamp", memoria.fields.UTCDateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "memory of a thread",
                "verbose_name_plural": "memories of threads",
                "db_table": "thread_message_links",
                "indexes": [
                    memoria.fields.Index(fields=["memory_id"], name="idx_thread_message_memory"),
                    memoria.fields.Index(fields=["thread_id"], name="idx_thread_message_thread"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LinkMemoryThread",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "source_memory_id",
                    models.CharField(help_text="The database does not check that this memory exists.", max_length=255),
                ),
                (
                    "target_memory_id",
                    models.CharField(help_text="The database does not check that this memory exists.", max_length=255),
                ),
                ("relation", models.CharField(default="related", max_length=50)),
                ("created_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
            ],
            options={
                "verbose_name": "link between memories",
                "verbose_name_plural": "links between memories",
                "db_table": "link_memory_threads",
                "indexes": [
                    memoria.fields.Index(fields=["source_memory_id"], name="idx_threads_source"),
                    memoria.fields.Index(fields=["target_memory_id"], name="idx_threads_target"),
                ],
            },
        ),
        migrations.CreateModel(
            name="MemoryRule",
            fields=[
                ("rule_id", memoria.fields.TextKeyField(primary_key=True, serialize=False)),
                ("rule_text", models.TextField()),
                ("rule_type", models.TextField()),
                ("priority", models.IntegerField(blank=True, db_default=5, null=True)),
                ("active", models.BooleanField(db_default=True, null=True)),
                ("context_conditions", models.TextField(blank=True, help_text="When the rule holds.", null=True)),
                ("namespace", models.TextField(db_default="default")),
                ("created_at", memoria.fields.UTCDateTimeField()),
                ("updated_at", memoria.fields.UTCDateTimeField()),
                ("processed_data", models.TextField(blank=True, help_text="Text, not a JSON column.", null=True)),
                (
                    "metadata",
                    models.TextField(blank=True, db_default="{}", help_text="Text, not a JSON column.", null=True),
                ),
            ],
            options={
                "verbose_name": "rule",
                "verbose_name_plural": "rules",
                "db_table": "rules_memory",
                "indexes": [
                    memoria.fields.Index(fields=["active"], name="idx_rules_active"),
                    memoria.fields.Index(fields=["namespace"], name="idx_rules_namespace"),
                    memoria.fields.Index(fields=["priority"], name="idx_rules_priority"),
                    memoria.fields.Index(fields=["rule_type"], name="idx_rules_type"),
                    memoria.fields.Index(fields=["updated_at"], name="idx_rules_updated"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyArtifact",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=255)),
                ("artifact_type", models.CharField(max_length=50)),
                ("namespace", models.CharField(default="*", help_text="An asterisk: all of them.", max_length=255)),
                ("payload", memoria.fields.JSONTextField(help_text="The policy itself.")),
                ("schema_version", models.CharField(default="1.0", max_length=50)),
                ("created_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
                ("updated_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
                ("created_by", models.CharField(blank=True, max_length=255, null=True)),
                (
                    "workspace",
                    memoria.fields.ForeignKey(
                        blank=True,
                        db_column="workspace_id",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="policies",
                        to="memoria.workspace",
                    ),
                ),
                (
                    "team",
                    memoria.fields.ForeignKey(
                        blank=True,
                        db_column="team_id",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="policies",
                        to="memoria.team",
                    ),
                ),
            ],
            options={
                "verbose_name": "policy",
                "verbose_name_plural": "policies",
                "db_table": "policy_artifacts",
                "indexes": [
                    memoria.fields.Index(fields=["namespace"], name="idx_policy_artifacts_namespace"),
                    memoria.fields.Index(fields=["artifact_type"], name="idx_policy_artifacts_type"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "namespace", "workspace"), name="uq_policy_artifacts_identity"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RetentionPolicyAudit",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "memory_id",
                    models.CharField(
                        blank=True,
                        help_text="The database does not check that this memory exists.",
                        max_length=255,
                        null=True,
                    ),
                ),
                ("namespace", models.CharField(default="default", max_length=255)),
                ("policy_name", models.CharField(max_length=255)),
                ("action", models.CharField(default="block", max_length=50)),
                ("escalate_to", models.CharField(blank=True, max_length=255, null=True)),
                ("details", memoria.fields.JSONTextField(blank=True, null=True)),
                ("created_at", memoria.fields.UTCDateTimeField(default=memoria.fields.utc_now)),
                (
                    "team",
                    memoria.fields.ForeignKey(
                        blank=True,
                        db_column="team_id",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="retention_audits",
                        to="memoria.team",
                    ),
                ),
                (
                    "workspace",
                    memoria.fields.ForeignKey(
                        blank=True,
                        db_column="workspace_id",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="retention_audits",
                        to="memoria.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name": "retention audit",
                "verbose_name_plural": "retention audits",
                "db_table": "retention_policy_audits",
                "indexes": [
                    memoria.fields.Index(fields=["namespace", "created_at"], name="idx_retention_audits_namespace"),
                    memoria.fields.Index(fields=["policy_name", "created_at"], name="idx_retention_audits_policy"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceMetadata",
            fields=[
                ("key", memoria.fields.CharKeyField(max_length=255, primary_key=True, serialize=False)),
                ("value", models.TextField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "service metadata",
                "verbose_name_plural": "service metadata",
                "db_table": "service_metadata",
            },
        ),
        migrations.RunPython(stand_in, remake),
        migrations.SeparateDatabaseAndState(state_operations=references()),
        migrations.AlterField(
            "clustermember",
            "cluster",
            memoria.fields.ForeignKey(
                db_column="cluster_id",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="members",
                to="memoria.cluster",
            ),
        ),
        migrations.AlterField(
            "longtermmemory",
            "original_chat_id",
            models.CharField(
                blank=True,
                help_text="The chat this memory was taken from. The database does not check that it exists.",
                max_length=255,
                null=True,
            ),
        ),
        migrations.RunPython(constrain, unconstrain),
    ]
