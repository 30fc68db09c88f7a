"""The history of imports, by commands and uploads alike, and the page on which one is taken back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django_tasks import task

from memoria.admin.sites import site_of
from memoria.admin.snapshots import access
from memoria.admin.snapshots.findings import held
from memoria.admin.snapshots.forms import BOXES, boxed
from memoria.admin.snapshots.guard import door
from memoria.admin.snapshots.preview_apply import CHANGED, Stale, database_name
from memoria.admin.snapshots.read_only import ReadOnlyAdmin
from memoria.background import enqueue
from memoria.databases import connection_for
from memoria.models import Import
from memoria.snapshot import Undo
from memoria.snapshot.errors import SnapshotError
from memoria.snapshot.remedy import Remedy
from memoria.snapshot.report import UndoReport
from memoria.text import visible

SHOWN = 100


@door("GET", "POST", needs=access.may_see_imports)
def of_import(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What an import did, and what taking it back would do; POST takes it back."""
    found = get_object_or_404(Import, pk=pk)
    if request.method == "POST":
        if not access.may_undo(request.user):
            raise PermissionDenied
        since = _last_entry(pk)
        enqueue(undo, pk, request.user.pk, request.POST.get("force") == "on", request.POST.get("shown", ""))
        return HttpResponseRedirect(f"{reverse('admin:memoria_import_page', args=[pk])}?since={since}")
    return _page(request, found)


@task()
def undo(number: int, user_id: Any, force: bool, shown: str = "") -> None:
    """What a worker does. With `force` changed rows are taken back as well, if they are those of the page whose
    digest is `shown`. Its outcome is told by the admin's log, and by the import's state."""
    user = get_user_model().objects.filter(pk=user_id).first()
    if user is None or not access.may_undo(user):
        return
    connection = connection_for(alias=DEFAULT_DB_ALIAS)

    def as_shown(report: UndoReport) -> bool:
        if force and digest(report) != shown:
            raise Stale(f"{CHANGED}; look at it again")
        return True

    try:
        report = Undo(number, connection, database_name(), force=force, confirm=as_shown).run()
        told = f"Taken back: {_figures(report) or 'nothing to do'}."
    except SnapshotError as error:
        told = f"Not taken back: {boxed(error.without_rows)}."
    LogEntry.objects.create(
        user_id=user_id,
        content_type=ContentType.objects.get_for_model(Import),
        object_id=str(number),
        object_repr=f"import {number}",
        action_flag=CHANGE,
        change_message=held(visible(told)),
    )


def digest(report: UndoReport) -> str:
    """Of the figures and the changed rows that a page shows."""
    shown = [asdict(report)[name] for name in ("import_id", "tables", "changed")]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def _figures(report: UndoReport) -> str:
    parts = [f"{name}: {c.delete:,} deleted, {c.restore:,} restored" for name, c in report.tables.items()]
    return "; ".join(parts)


def _entries(pk: int) -> Any:
    content = ContentType.objects.get_for_model(Import)
    return LogEntry.objects.filter(content_type=content, object_id=str(pk)).order_by("-pk")


def _last_entry(pk: int) -> int:
    return int(_entries(pk).values_list("pk", flat=True).first() or 0)


def _page(request: HttpRequest, found: Import) -> HttpResponseBase:
    since = request.GET.get("since", "")
    waiting = since.isdecimal() and _last_entry(found.pk) <= int(since) and found.state == Import.State.DONE
    report, problem = None, ""
    if found.state == Import.State.DONE and access.may_undo(request.user) and not waiting:
        connection = connection_for(alias=DEFAULT_DB_ALIAS)
        try:
            report = Undo(found.pk, connection, database_name(), dry_run=True).run()
        except SnapshotError as error:
            problem = f"{error.without_rows}."
    tables = access.viewable_tables(request.user)
    context = {
        **site_of(request).each_context(request),
        "title": f"Import {found.pk}",
        "opts": Import._meta,
        "found": found,
        "report": report,
        "shown": digest(report) if report else "",
        "changed": sum(counts.changed for counts in report.tables.values()) if report else 0,
        "restores": any(counts.restore for counts in report.tables.values()) if report else False,
        "force": BOXES[Remedy.FORCE_UNDO],
        "rows": [row for row in report.changed if row.table in tables][:SHOWN] if report else [],
        "problem": problem,
        "waiting": waiting,
        "entries": _entries(found.pk).select_related("user")[:10],
    }
    return TemplateResponse(request, "admin/memoria/upload/import.html", context)


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = ("number", "kind", "state", "user_name", "finished_at", "file", "rows")
    list_filter = ("state", "kind", "finished_at")
    search_fields = ("sha256",)
    search_help_text = "The SHA-256 of a file."
    ordering = ("-pk",)

    def get_urls(self) -> list[URLPattern]:
        changelist = [url for url in super().get_urls() if url.name == "memoria_import_changelist"]
        page = path("<int:pk>/", of_import, name="memoria_import_page")
        return [*changelist, page, path("<int:pk>/change/", of_import, name="memoria_import_change")]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"title": "Imports", **(extra_context or {})})

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.may_see_imports(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.may_see_imports(request.user)

    @admin.display(description="import", ordering="id")
    def number(self, found: Import) -> str:
        return format_html('<a href="{}">{}</a>', reverse("admin:memoria_import_page", args=[found.pk]), found.pk)

    @admin.display(description="file")
    def file(self, found: Import) -> str:
        return visible(found.file_name)

    @admin.display(description="rows")
    def rows(self, found: Import) -> str:
        return f"{sum(c.get('inserted', 0) + c.get('overwritten', 0) for c in found.counts.values()):,}"
