"""A database's URL into Django's settings: for the settings of the site as for `--database-url`."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

FORMS = "use sqlite:///path or postgresql://user:password@host/name"
_ENGINES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def is_url(text: str) -> bool:
    return _URL.match(text) is not None


def parsed(url: str) -> dict[str, Any]:
    """Django's settings for a URL. Raises ValueError with what is wrong.

    No message repeats the URL: where it is malformed, anything may be the password.
    """
    scheme = url.partition("://")[0] if is_url(url) else ""
    try:
        settings = dict(dj_database_url.parse(url))
    except dj_database_url.UnknownSchemeError:
        raise ValueError(f"{scheme} databases are not supported: {FORMS}" if scheme else _malformed()) from None
    except (dj_database_url.ParseError, ValueError, KeyError):
        raise ValueError(_malformed()) from None
    if settings["ENGINE"] not in _ENGINES:
        raise ValueError(f"{scheme} databases are not supported: {FORMS}")
    if settings["ENGINE"].endswith("postgresql"):
        parts = urlsplit(url)
        if "@" in parts.path + parts.query + parts.fragment:
            raise ValueError(f"{_malformed()}, with %2F for /, %3F for ? and %23 for # in the password")
        if not settings["NAME"]:
            raise ValueError(f"the database URL names no database: {FORMS}")
    return settings


def _malformed() -> str:
    return f"not a database URL: {FORMS}"
