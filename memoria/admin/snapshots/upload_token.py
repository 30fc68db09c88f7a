"""Proof that an upload was begun on our own page, in the address itself.

Django looks for a form's token in the form, and so reads a body of any size before it can refuse it. A ticket stands
in the URL of the form instead, is signed, and fits one session of one user.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

_SALT = "memoria.admin.snapshots.ticket"
_HOURS = 12


def ticket(request: HttpRequest) -> str:
    return signing.dumps(_session(request), salt=_SALT)


def is_valid(request: HttpRequest, given: str) -> bool:
    """Whether the ticket is this session's, and not too old, and the request comes from this site."""
    try:
        found = signing.loads(given, salt=_SALT, max_age=_HOURS * 3600)
    except signing.BadSignature:
        return False
    return constant_time_compare(str(found), _session(request)) and _is_from_here(request)


def _session(request: HttpRequest) -> str:
    return salted_hmac(_SALT, f"{request.user.pk} {request.session.session_key}", algorithm="sha256").hexdigest()


def _is_from_here(request: HttpRequest) -> bool:
    """Browsers say where a form was sent from; what says nothing is none."""
    source = request.headers.get("Origin") or request.headers.get("Referer")
    if not source:
        return True
    if source in settings.CSRF_TRUSTED_ORIGINS:
        return True
    parts = urlsplit(source)
    return (parts.scheme, parts.netloc) == (request.scheme, request.get_host())
