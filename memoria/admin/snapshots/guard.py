"""The frame of every page of ours: who it is for is settled before a form is read."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from memoria.admin.middleware import body_limit

FORM = 64 * 1024
"""Bytes that a form without files may have."""

View = Callable[..., HttpResponseBase]


def door(*methods: str, needs: Callable[[Any], bool], takes: Callable[[], int] | None = None) -> Callable[[View], View]:
    """Lets in who meets `needs`, with one of `methods` (HEAD comes with GET) and a body of the size of a form.

    Then, and only then, Django reads the form and looks for its token. A view that `takes()` more bytes proves by
    itself that what it reads is meant for it.
    """

    def decorate(view: View) -> View:
        guarded = view if takes else csrf_protect(view)

        @functools.wraps(view)
        def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            allowed = [*methods, *(["HEAD"] if "GET" in methods else [])]
            if request.method not in allowed:
                return HttpResponseNotAllowed(allowed)
            try:
                if not request.user.is_authenticated and request.method in ("GET", "HEAD"):
                    return redirect_to_login(request.get_full_path(), reverse("admin:login"))
                if not needs(request.user):
                    raise PermissionDenied
                return guarded(request, *args, **kwargs)
            except OperationalError as error:
                if "locked" not in str(error):
                    raise
                return _busy()

        door_view: View = body_limit(takes or (lambda: FORM))(csrf_exempt(never_cache(enter)))
        return door_view

    return decorate


def _busy() -> HttpResponse:
    # Made of nothing that needs the database.
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="3">'
        "<title>Busy</title><p>The database is busy with an import. This page comes back by itself.</p></html>"
    )
    return HttpResponse(text, status=503, headers={"Retry-After": "3"})
