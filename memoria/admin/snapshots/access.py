"""Decides who may do what with uploads."""

from __future__ import annotations

from typing import Any

from memoria.admin.snapshots.choices import Choices
from memoria.models import Upload
from memoria.snapshot.schema.registry import MODELS

IMPORT, REPLACE, EXPORT = "memoria.import_snapshot", "memoria.replace_with_snapshot", "memoria.export_snapshot"
UNDO, VIEW, CHANGE = "memoria.undo_import", "memoria.view_upload", "memoria.change_upload"


def is_staff(user: Any) -> bool:
    return bool(user.is_active and user.is_staff)


def may_import(user: Any) -> bool:
    """Whether somebody may upload at all."""
    return is_staff(user) and (user.has_perm(IMPORT) or user.has_perm(REPLACE))


def may_look(user: Any) -> bool:
    """Whether somebody may see the list: of their own uploads, or with the permission to view them everybody's."""
    return is_staff(user) and (may_import(user) or user.has_perm(VIEW) or user.has_perm(EXPORT))


def may_apply(user: Any, choices: Choices) -> bool:
    return is_staff(user) and bool(user.has_perm(choices.permission))


def may_export(user: Any) -> bool:
    return is_staff(user) and bool(user.has_perm(EXPORT))


def may_undo(user: Any) -> bool:
    return is_staff(user) and bool(user.has_perm(UNDO))


def may_see_imports(user: Any) -> bool:
    """Whether somebody may see the history of this database, whoever made it."""
    return is_staff(user) and (user.has_perm(UNDO) or user.has_perm("memoria.view_import"))


def visible_uploads(user: Any) -> Any:
    """The uploads that somebody may see."""
    uploads = Upload.objects.all()
    return uploads if user.has_perm(VIEW) else uploads.filter(owner=user)


def may_act_on(user: Any, upload: Upload) -> bool:
    return may_import(user) and (upload.owner_id == user.pk or bool(user.has_perm(CHANGE)))


def viewable_tables(user: Any) -> set[str]:
    """The tables whose rows somebody may see."""
    return {model._meta.db_table for model in MODELS if user.has_perm(f"memoria.view_{model._meta.model_name}")}


def told_tables(user: Any) -> set[str] | None:
    """The tables of which somebody may know how many rows stay behind; None for all that the database has."""
    return None if user.is_superuser else viewable_tables(user)
