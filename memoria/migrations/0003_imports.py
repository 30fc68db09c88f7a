"""The history of imports. An import into a database that was not migrated may have made its tables already."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import memoria.fields


class CreateModelUnlessThere(migrations.CreateModel):
    """The same model, and its table unless there is one."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        table = to_state.apps.get_model(app_label, self.name)._meta.db_table
        if table not in schema_editor.connection.introspection.table_names():
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [
        ("memoria", "0002_every_table"),
    ]

    operations = [
        CreateModelUnlessThere(
            name="Import",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("import-data", "import-data"),
                            ("import-memories", "import-memories"),
                            ("upload", "upload"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("done", "done"),
                            ("undone", "undone"),
                            ("final", "done, and can no longer be undone"),
                        ],
                        default="done",
                        max_length=20,
                    ),
                ),
                ("started_at", memoria.fields.UTCDateTimeField()),
                ("finished_at", memoria.fields.UTCDateTimeField()),
                ("undone_at", memoria.fields.UTCDateTimeField(blank=True, null=True)),
                (
                    "user_name",
                    models.CharField(
                        blank=True, help_text="Who ran it: of the system, or of the admin.", max_length=255
                    ),
                ),
                ("file_name", models.TextField()),
                ("sha256", models.CharField(blank=True, help_text="Of the file as stored.", max_length=64)),
                ("options", memoria.fields.JSONTextField(blank=True, default=dict, help_text="What was asked for.")),
                (
                    "counts",
                    memoria.fields.JSONTextField(blank=True, default=dict, help_text="Table, then action, then rows."),
                ),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "db_table": "memoria_imports",
            },
        ),
        CreateModelUnlessThere(
            name="ImportChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("table_name", models.CharField(max_length=63)),
                ("key", models.TextField(help_text="The row's key as text.")),
                ("action", models.CharField(choices=[("removed", "removed"), ("written", "written")], max_length=7)),
                (
                    "row",
                    models.TextField(blank=True, help_text="A removed row: its columns as a JSON object.", null=True),
                ),
                (
                    "digest",
                    models.CharField(blank=True, help_text="A written row, as it was then.", max_length=64, null=True),
                ),
                (
                    "of_import",
                    models.ForeignKey(
                        db_column="import_id",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="memoria.import",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of an import",
                "verbose_name_plural": "changes of imports",
                "db_table": "memoria_import_changes",
                "indexes": [
                    memoria.fields.Index(fields=["of_import", "table_name", "action"], name="idx_import_changes_import")
                ],
            },
        ),
    ]
