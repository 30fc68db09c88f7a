"""Limits every page: what a browser may load and run, and how much of a request is read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from memoria.snapshot.database import sink
from memoria.snapshot.errors import DatabaseFailure
from memoria.snapshot.schema.fitting import require_fitting
from memoria.snapshot.schema.registry import TABLES
from memoria.text import sizes

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class PageHeaders:
    """Says with every response that only files of this site are loaded, that nothing inline runs, and that no copy
    of it is kept, unless the view says otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """A page of the admin that fails because a column has a type of which nothing belongs there says which."""
        found = request.resolver_match
        sentence = _misfit() if found is not None and "admin" in found.app_names else ""
        if not sentence:
            return None
        logger.error("%s: %s", request.path, sentence, exc_info=error)
        return _refusal(f"This page cannot be shown: {sentence}.", 500)


def body_limit(limit: Callable[[], int], *, hint: str = "") -> Callable[[View], View]:
    """Marks a view that takes more bytes than a form has; the limit is asked for at each request. The hint says
    what to do with more."""

    def mark(view: View) -> View:
        view.body_limit = limit  # type: ignore[attr-defined]
        view.body_limit_hint = hint  # type: ignore[attr-defined]
        return view

    return mark


class BodyLimit:
    """Refuses a body that is too large before it is read.

    It stands before CsrfViewMiddleware, which reads a form, files included, in search of its token, also of clients
    that will be refused: theirs is never read at all if they are not signed in and it is larger than a sign-in.
    """

    ANONYMOUS = 64 * 1024

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal():
            return _refusal("The request does not say how long it is.", 400)
        if int(length) <= self.ANONYMOUS:
            return None
        if not request.user.is_authenticated:
            return _refusal("Sign in first: a request of this size is not read from somebody unknown.", 403)
        given = getattr(view, "body_limit", None)
        limit = given() if given else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if limit is not None and int(length) > limit:
            sentence = "The request has {}, and {} are read at most.".format(*sizes(int(length), limit))
            return _refusal(f"{sentence} {getattr(view, 'body_limit_hint', '')}".strip(), 413)
        return None


def _misfit() -> str:
    """The first column of the site's database that does not fit, as every command names it."""
    try:
        with sink(connections[DEFAULT_DB_ALIAS], "the database", read_only=True) as target:
            require_fitting(TABLES, target.facts())
    except DatabaseFailure as error:
        return str(error)
    return ""


def _refusal(sentence: str, status: int) -> HttpResponse:
    # The body was not read: what is left of it must not be taken for the next request of the connection.
    headers = {"Connection": "close", "Cache-Control": "no-store"}
    return HttpResponse(sentence + "\n", content_type="text/plain; charset=utf-8", status=status, headers=headers)
