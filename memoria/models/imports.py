"""The history of imports, and what it takes to undo them. The app's own: no snapshot carries these tables."""

from django.db import models

from memoria.fields import Index, JSONTextField, UTCDateTimeField


class Import(models.Model):
    """One import that wrote into this database."""

    class Kind(models.TextChoices):
        DATA = "import-data", "import-data"
        MEMORIES = "import-memories", "import-memories"
        UPLOAD = "upload", "upload"

    class State(models.TextChoices):
        DONE = "done", "done"
        UNDONE = "undone", "undone"
        FINAL = "final", "done, and can no longer be undone"

    id = models.AutoField(primary_key=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    state = models.CharField(max_length=20, choices=State.choices, default=State.DONE)
    started_at = UTCDateTimeField()
    finished_at = UTCDateTimeField()
    undone_at = UTCDateTimeField(null=True, blank=True)
    user_name = models.CharField(max_length=255, blank=True, help_text="Who ran it: of the system, or of the admin.")
    file_name = models.TextField()
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the file as stored.")
    options = JSONTextField(default=dict, blank=True, help_text="What was asked for.")
    counts = JSONTextField(default=dict, blank=True, help_text="Table, then action, then rows.")

    class Meta:
        db_table = "memoria_imports"
        verbose_name = "import"
        verbose_name_plural = "imports"

    def __str__(self) -> str:
        return f"import {self.pk} of {self.file_name}"


class ImportChange(models.Model):
    """A row that an import removed or wrote; one that it replaced was first removed, then written."""

    class Action(models.TextChoices):
        REMOVED = "removed", "removed"
        WRITTEN = "written", "written"

    id = models.BigAutoField(primary_key=True)
    # Without a constraint: it would be checked for every row of an import.
    of_import = models.ForeignKey(
        Import,
        on_delete=models.CASCADE,
        db_column="import_id",
        related_name="changes",
        db_constraint=False,
        db_index=False,
    )
    table_name = models.CharField(max_length=63)
    key = models.TextField(help_text="The row's key as text.")
    action = models.CharField(max_length=7, choices=Action.choices)
    row = models.TextField(null=True, blank=True, help_text="A removed row: its columns as a JSON object.")
    digest = models.CharField(max_length=64, null=True, blank=True, help_text="A written row, as it was then.")

    class Meta:
        db_table = "memoria_import_changes"
        verbose_name = "change of an import"
        verbose_name_plural = "changes of imports"
        indexes = [Index(fields=["of_import", "table_name", "action"], name="idx_import_changes_import")]

    def __str__(self) -> str:
        return f"{self.table_name} {self.key} {self.action}"
