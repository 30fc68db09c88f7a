"""The pages' places in the admin: History is the list of uploads, and "add" is to upload."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, register_converter, reverse
from django.urls.converters import StringConverter
from django.utils.html import format_html

from memoria.admin.snapshots import access, views
from memoria.admin.snapshots.export_page import export
from memoria.admin.snapshots.read_only import ReadOnlyAdmin
from memoria.admin.snapshots.undo_page import ImportAdmin
from memoria.models import Upload
from memoria.text import visible

__all__ = ["ImportAdmin", "UploadAdmin"]


class UploadId(StringConverter):
    """An id that an upload may have: nothing else is asked of the database."""

    regex = "[0-9a-f]{32}"


register_converter(UploadId, "upload")


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    change_list_template = "admin/memoria/upload/list.html"
    list_display = ("file", "state", "owner_name", "created_at", "bytes")
    list_filter = ("state", "created_at")
    search_fields = ("name", "sha256")
    search_help_text = "Part of the file's name, or its SHA-256."

    def get_urls(self) -> list[URLPattern]:
        changelist = [url for url in super().get_urls() if url.name == "memoria_upload_changelist"]
        return [
            *changelist,
            path("export/", export, name="memoria_upload_export"),
            path("add/", views.upload, name="memoria_upload_add"),
            path("receive/<str:given>/", views.receive, name="memoria_upload_receive"),
            path("<upload:pk>/", views.job, name="memoria_upload_job"),
            path("<upload:pk>/change/", views.job, name="memoria_upload_change"),
            path("<upload:pk>/preview/", views.preview, name="memoria_upload_preview"),
            path("<upload:pk>/apply/", views.apply, name="memoria_upload_apply"),
            path("<upload:pk>/remove/", views.remove, name="memoria_upload_remove"),
            path("<upload:pk>/status/", views.status, name="memoria_upload_status"),
            path("<upload:pk>/report/", views.report, name="memoria_upload_report"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        uploads: QuerySet[Upload] = access.visible_uploads(request.user).defer(
            "preview", "result", "fingerprint", "namespaces", "message"
        )
        return uploads

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        may = {"may_import": access.may_import(request.user), "may_export": access.may_export(request.user)}
        return super().changelist_view(request, {**may, "title": "Uploads", **(extra_context or {})})

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.may_look(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.may_look(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.may_import(request.user)

    @admin.display(description="file", ordering="name")
    def file(self, upload: Upload) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:memoria_upload_job", args=[upload.pk]), visible(upload.name)
        )

    @admin.display(description="bytes", ordering="size")
    def bytes(self, upload: Upload) -> str:
        return f"{upload.size:,}"
