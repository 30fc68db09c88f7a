"""Shows rows that only the program itself writes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from memoria.admin.tables.lists import PlainList


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Lists rows, and leads to pages of its own instead of forms."""

    list_display_links = None
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[PlainList]:
        return PlainList

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
