"""Finds the admin site that a page belongs to: a project may have its own, and more than one."""

from __future__ import annotations

from django.contrib.admin import AdminSite, site
from django.contrib.admin.sites import all_sites
from django.http import HttpRequest


def site_of(request: HttpRequest) -> AdminSite:
    """The admin whose page was asked for; outside of any, the project's first."""
    name = request.resolver_match.namespace if request.resolver_match else ""
    return next((found for found in all_sites if found.name == name), site)


def register(other: AdminSite) -> None:
    """Register the pages of this app with an admin of the project's own, as they are with Django's."""
    for model, page in list(site._registry.items()):
        if model._meta.app_label == "memoria":
            other.register(model, type(page))
