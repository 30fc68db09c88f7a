"""The overview: how many memories there are, where, since when, and whether they are safe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.admin import AdminSite
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.timesince import timesince

from memoria import conf
from memoria.admin.overview import charts
from memoria.admin.overview.charts import Chart
from memoria.admin.overview.figures import SHOWN, Spread, expiring, size, spread
from memoria.admin.tables.panels import Cell, list_of
from memoria.backup.engines import engine_of
from memoria.backup.store.catalogue import ANY_NAME, SAFETY, entries
from memoria.databases import describe
from memoria.fields import utc_now
from memoria.models import (
    Cluster,
    ClusterMember,
    LongTermMemory,
    MemoryEntity,
    MemoryRelationship,
    ShortTermMemory,
)
from memoria.models.imports import Import
from memoria.models.uploads import Upload
from memoria.snapshot.errors import FileFailure
from memoria.text import size as amount


@dataclass(frozen=True)
class Fact:
    """A figure in words, and where there is more about it."""

    title: str
    text: str
    url: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Overview:
    facts: tuple[Fact, ...]
    charts: tuple[Chart, ...]
    doors: tuple[Cell, ...] = ()
    """Pages that are not those of a table of memories."""


def overview(request: HttpRequest, site: AdminSite, using: str = DEFAULT_DB_ALIAS) -> Overview:
    """What this user may see of it: of tables they may not view there is no figure."""

    def may_view(model: type[Model]) -> bool:
        return site.is_registered(model) and site.get_model_admin(model).has_view_permission(request)

    memories = [(model, spread(model, using)) for model in (LongTermMemory, ShortTermMemory) if may_view(model)]
    facts = [
        Fact(str(model._meta.verbose_name_plural), _about(found.total, found.estimated), list_of(model))
        for model, found in memories
    ]
    facts += [
        Fact(str(model._meta.verbose_name_plural), str(size(model, using)), list_of(model))
        for model in (MemoryRelationship, Cluster, ClusterMember, MemoryEntity)
        if may_view(model)
    ]
    if may_view(ShortTermMemory):
        facts.append(_expiring(using))
    if len(memories) == 2:
        facts.append(_last_backup(using))
    if (site.is_registered(Import) and may_view(Import)) or request.user.has_perm("memoria.view_import"):
        facts.append(_last_import(using))
    drawn = [chart for model, found in memories for chart in _charts(model, found)]
    doors = [Cell(str(m._meta.verbose_name_plural).capitalize(), list_of(m)) for m in (Upload, Import) if may_view(m)]
    if may_view(Upload) and site.get_model_admin(Upload).has_add_permission(request):
        doors.insert(0, Cell("Upload a snapshot", reverse("admin:memoria_upload_add", current_app=site.name)))
    return Overview(tuple(facts), tuple(drawn), tuple(doors))


def _about(number: int, estimated: bool) -> str:
    return f"about {number:,}" if estimated else f"{number:,}"


def _charts(model: type[Model], found: Spread) -> list[Chart]:
    plural = str(model._meta.verbose_name_plural)
    note = "Estimated from a sample of the rows." if found.estimated else ""

    def listed(counts: Any, field: str) -> list[tuple[str, int, str]]:
        shown = [(value or "(empty)", number, list_of(model, **{field: value})) for value, number in counts.items()]
        rest = found.total - sum(number for _, number, _ in shown)
        return [*shown, ("all others", rest, "")] if len(shown) == SHOWN and rest > 0 else shown

    def of_month(month: str) -> str:
        return list_of(model, created_at__year=month[:4], created_at__month=str(int(month[5:])))

    of, unit = plural.capitalize(), {"unit": plural.capitalize(), "note": note}
    estimated = found.estimated
    namespaces, categories = listed(found.namespaces, "namespace"), listed(found.categories, "category_primary")
    months = [(month, number, of_month(month)) for month, number in _every_month(found.months)]
    return [
        charts.rows(f"{of} by namespace", "Namespace", namespaces, about=estimated, **unit),
        charts.columns(f"New {plural} by month", "Month", months, about=estimated, **unit),
        charts.rows(f"{of} by category", "Category", categories, about=estimated, **unit),
    ]


def _every_month(counts: Any) -> list[tuple[str, int]]:
    """The months with rows and those between them, 24 at most; what is no month of a calendar is left out."""
    known = {month: number for month, number in counts.items() if _is_month(month)}
    if not known:
        return []
    year, month = (int(part) for part in max(known).split("-"))
    months: list[tuple[str, int]] = []
    while len(months) < 24:
        name = f"{year:04}-{month:02}"
        months.insert(0, (name, known.get(name, 0)))
        if name <= min(known):
            break
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return months


def _is_month(text: str) -> bool:
    try:
        date.fromisoformat(f"{text}-01")
    except ValueError:
        return False
    return True


def _expiring(using: str) -> Fact:
    found = expiring(using)
    return Fact(
        "expire within a week",
        str(found.within_week),
        list_of(ShortTermMemory, expiry="week"),
        f"{found.within_day} within a day; {found.expired} have expired already.",
    )


def _last_backup(using: str) -> Fact:
    """Of this database, as far as its size and its sidecar tell; what a restore kept of the past is none."""
    title = "last backup"
    connection = connections[using]
    source = engine_of(connection.vendor).source(connection, describe(connection))
    folder = conf.backup_dir()
    try:
        found = [entry for entry in entries(folder, ANY_NAME) if entry.sidecar and entry.sidecar.database == source]
        found = [entry for entry in found if not entry.path.name.startswith(SAFETY)]
    except FileFailure:
        return Fact(title, "none known", detail=f"There is no folder “{folder.name}”.")
    if not found:
        return Fact(title, "none", detail=f"Of this database, in the folder “{folder.name}”.")
    newest = max(found, key=lambda entry: entry.sidecar.moment if entry.sidecar else utc_now())
    assert newest.sidecar is not None
    return Fact(
        title,
        f"{timesince(newest.sidecar.moment)} ago",
        detail=f"{newest.path.name}: {newest.state}, {amount(newest.sidecar.size)}.",
    )


def _last_import(using: str) -> Fact:
    last = Import.objects.using(using).order_by("-pk").first()
    if last is None:
        return Fact("last import", "none noted")
    who = f" by {last.user_name}" if last.user_name else ""
    return Fact("last import", f"{timesince(last.finished_at)} ago", detail=f"{last.file_name}{who}: {last.state}.")
