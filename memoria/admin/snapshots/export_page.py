"""The page that asks what to export, and the action that exports chosen memories."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse

from memoria.admin.overview.figures import size
from memoria.admin.sites import site_of
from memoria.admin.snapshots import access
from memoria.admin.snapshots.export import Wanted, download
from memoria.admin.snapshots.forms import boxed
from memoria.admin.snapshots.guard import door
from memoria.admin.tables.indexes import VALUES_SHOWN, values
from memoria.models import LongTermMemory, Upload
from memoria.snapshot import Selection
from memoria.snapshot.errors import SnapshotError
from memoria.snapshot.schema.registry import MODELS, TABLES
from memoria.text import visible

MEMORIES_AT_ONCE = 5000
"""Memories that can be chosen one by one."""


class ExportForm(forms.Form):
    tables = forms.MultipleChoiceField(label="Tables", widget=forms.CheckboxSelectMultiple)
    namespaces = forms.CharField(
        required=False,
        label="Namespaces",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One per line, also patterns such as team:*. Without any, the tables are exported whole.",
    )
    format = forms.ChoiceField(
        label="Format",
        choices=[("json", "JSON"), ("ndjson", "NDJSON, one object per line")],
        widget=forms.RadioSelect,
        initial="json",
    )
    compression = forms.ChoiceField(
        label="Compression",
        choices=[("", "none"), ("gzip", "gzip"), ("zstd", "Zstandard")],
        required=False,
        widget=forms.RadioSelect,
        initial="",
    )

    def __init__(self, user: Any, data: Any = None) -> None:
        super().__init__(data)
        viewable = access.viewable_tables(user)
        models = {model._meta.db_table: model for model in MODELS}
        names = [table.name for table in TABLES if table.name in viewable]
        labels = [(name, f"{name} ({size(models[name], DEFAULT_DB_ALIAS)})") for name in names]
        self.fields["tables"].choices = labels  # type: ignore[attr-defined]
        self.fields["tables"].initial = names
        known = values(LongTermMemory, ["namespace"], using=DEFAULT_DB_ALIAS)["namespace"][:VALUES_SHOWN]
        if known and LongTermMemory._meta.db_table in viewable:
            self.fields["namespaces"].help_text += f" Among those of long-term memories are: {', '.join(known)}."

    def selection(self) -> Selection | None:
        lines = [line.strip() for line in self.cleaned_data["namespaces"].splitlines()]
        chosen = tuple(filter(None, lines))
        return Selection(chosen) if chosen else None


@door("GET", "POST", needs=access.may_export)
def export(request: HttpRequest) -> HttpResponseBase:
    form = ExportForm(request.user, request.POST if request.method == "POST" else None)
    problem = ""
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data
        try:
            told = access.told_tables(request.user)
            wanted = Wanted(set(chosen["tables"]), told, form.selection(), chosen["format"], chosen["compression"])
            response = download(wanted)
            _record(request, f"Snapshot exported: {', '.join(chosen['tables'])}. {chosen['namespaces']}")
            return response
        except SnapshotError as error:
            problem = f"{error}."
    context = {
        **site_of(request).each_context(request),
        "title": "Export a snapshot",
        "opts": Upload._meta,
        "form": form,
        "problem": problem,
    }
    status = 400 if form.is_bound else 200
    return TemplateResponse(request, "admin/memoria/upload/export.html", context, status=status)


@admin.action(description="Export selected memories as a snapshot", permissions=["export"])
def export_selected(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
    """The chosen memories with what belongs to them, of the tables that the user may view."""
    ids = tuple(queryset.order_by().values_list("pk", flat=True)[: MEMORIES_AT_ONCE + 1])
    if len(ids) > MEMORIES_AT_ONCE:
        messages.error(
            request, f"Choose at most {MEMORIES_AT_ONCE:,} memories, or export their namespace with Export a snapshot."
        )
        return None
    try:
        viewable, told = access.viewable_tables(request.user), access.told_tables(request.user)
        response = download(Wanted(viewable, told, Selection(memories=ids)))
        _record(request, f"Snapshot of {len(ids):,} chosen memories exported.")
        return response
    except SnapshotError as error:
        messages.error(request, f"{boxed(str(error))}.")
        return None


def _record(request: HttpRequest, what: str) -> None:
    LogEntry.objects.create(
        user_id=request.user.pk or 0,
        content_type=ContentType.objects.get_for_model(Upload),
        object_repr="export",
        action_flag=CHANGE,
        change_message=visible(what)[:2000],
    )
