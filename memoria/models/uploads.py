"""Snapshots that were uploaded in the browser: the file, what was chosen, what the check found, what became of it."""

import secrets
from typing import Any

from django.conf import settings
from django.db import models

from memoria.fields import CharKeyField, ForeignKey, Index, JSONTextField, UTCDateTimeField


def new_id() -> str:
    """128 random bits in hexadecimal: nobody guesses another's upload."""
    return secrets.token_hex(16)


class Upload(models.Model):
    """One uploaded snapshot and its way: checked, shown, applied."""

    class State(models.TextChoices):
        CHECKING = "checking", "being checked"
        PREVIEWED = "previewed", "ready to apply"
        REFUSED = "refused", "refused"
        APPLYING = "applying", "being applied"
        APPLIED = "applied", "applied, not yet recorded"
        DONE = "done", "applied"
        STALE = "stale", "out of date"
        FAILED = "failed", "failed"
        INTERRUPTED = "interrupted", "interrupted"
        REMOVED = "removed", "removed"

    BUSY = (State.CHECKING, State.APPLYING, State.APPLIED)
    """A worker has it, or will."""

    id = CharKeyField(max_length=32, primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    owner_name = models.CharField("who", max_length=150)
    created_at = UTCDateTimeField("when", auto_now_add=True)
    name = models.CharField("file", max_length=255, help_text="What the browser called it; never part of a path.")
    size = models.BigIntegerField(help_text="Bytes as they were sent.")
    sha256 = models.CharField(max_length=64)
    stored = models.CharField(max_length=32, blank=True, help_text="Its name in the upload folder; empty once removed.")
    expires_at = UTCDateTimeField(help_text="When the file is removed.")

    state = models.CharField(max_length=12, choices=State.choices, default=State.CHECKING)
    attempt = models.IntegerField(
        default=1, help_text="Which run may change this row: an older one finds itself replaced."
    )
    waiting_since = UTCDateTimeField(auto_now_add=True)
    started_at = UTCDateTimeField(null=True, help_text="When a worker took it.")
    finished_at = UTCDateTimeField(null=True)
    choices = JSONTextField(default=dict, help_text="What the last preview was asked for.")
    namespaces = JSONTextField(default=dict, help_text="Of the file: namespace, rows.")
    preview = JSONTextField(null=True, help_text="The report of the dry run.")
    fingerprint = JSONTextField(default=dict, help_text="What the preview saw of the target: table, digest.")
    result = JSONTextField(null=True, help_text="The report of the import.")
    import_id = models.IntegerField(null=True, help_text="The import in the history, once applied.")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="Whose run it is: the owner's, or that of somebody who may act on uploads of others.",
    )
    message = models.TextField(blank=True, help_text="Why it stopped, in a sentence.")

    class Meta:
        db_table = "memoria_uploads"
        ordering = ["-created_at"]
        indexes = [
            Index(fields=["owner", "created_at"], name="idx_uploads_owner"),
            Index(fields=["expires_at"], name="idx_uploads_expires_at"),
        ]
        permissions = [
            ("export_snapshot", "Can export a snapshot"),
            ("import_snapshot", "Can add and merge rows from a snapshot"),
            ("replace_with_snapshot", "Can replace tables with a snapshot"),
            ("undo_import", "Can undo an import"),
        ]

    def __str__(self) -> str:
        return self.name


class Finding(models.Model):
    """What a preview says of one row of the file; the first ones only, where there are very many."""

    id = models.BigAutoField(primary_key=True)
    upload = ForeignKey(
        Upload, on_delete=models.CASCADE, db_column="upload_id", related_name="findings", db_index=False
    )
    table = models.CharField(max_length=64)
    action = models.CharField(max_length=20)
    line = models.BigIntegerField(null=True)
    key = models.TextField(null=True)
    reason = models.TextField()
    old = JSONTextField(null=True, help_text="Columns that differ: what the database has.")
    new = JSONTextField(null=True, help_text="Columns that differ: what the file has.")

    class Meta:
        db_table = "memoria_upload_findings"
        ordering = ["id"]
        default_permissions = ()
        indexes = [Index(fields=["upload", "table", "action", "id"], name="idx_upload_findings_place")]

    def __str__(self) -> str:
        return f"{self.table} {self.key}"

    def sides(self) -> list[tuple[str, Any, Any]]:
        """(column, old value, new value) of the columns that differ."""
        old, new = self.old or {}, self.new or {}
        return [(column, old.get(column), new.get(column)) for column in dict.fromkeys([*old, *new])]
