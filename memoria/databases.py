"""The database that a command works on: an alias of the settings, or any database by URL."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.snapshot.errors import DatabaseFailure
from memoria.snapshot.registry import MODELS

_ENGINES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def is_url(text: str) -> bool:
    return _URL.match(text) is not None


def connection_for(*, alias: str | None = None, url: str | None = None) -> BaseDatabaseWrapper:
    """The connection of an alias, or of a URL, which gets an alias of its own."""
    if url is not None:
        alias = f"memoria {url}"
        if alias not in connections.databases:
            connections.databases[alias] = connections.configure_settings({"default": {}, alias: _parsed(url)})[alias]
    alias = alias or DEFAULT_DB_ALIAS
    if alias not in connections.databases:
        raise DatabaseFailure(f"there is no database alias {alias!r}: choose from {', '.join(connections.databases)}")
    return connections[alias]


def describe(connection: BaseDatabaseWrapper) -> str:
    """The database as a URL without its password."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    port = f":{settings['PORT']}" if settings.get("PORT") else ""
    host = settings.get("HOST") or "localhost"
    return f"{connection.vendor}://{'' if host.startswith('/') else host}{port}/{settings.get('NAME') or ''}"


def create_tables(connection: BaseDatabaseWrapper) -> None:
    """Migrate an empty database; in one that exists, create only the mirrored tables that are missing."""
    existing = connection.introspection.table_names()
    if not any(model._meta.db_table in existing for model in MODELS):
        call_command("migrate", database=connection.alias, interactive=False, verbosity=0)
        return
    with connection.schema_editor() as editor:
        for model in MODELS:
            if model._meta.db_table not in existing:
                editor.create_model(model)


def _parsed(url: str) -> dict[str, Any]:
    try:
        settings = dict(dj_database_url.parse(url))
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError, KeyError):
        raise DatabaseFailure(
            f"not a database URL: {_without_password(url)}: use sqlite:///path or postgresql://user:password@host/name"
        ) from None
    if settings["ENGINE"] not in _ENGINES:
        raise DatabaseFailure(f"{urlsplit(url).scheme} is not supported: use sqlite:///… or postgresql://…")
    return settings


def _without_password(url: str) -> str:
    return re.sub(r"//[^@/]*@", "//***@", url) if "@" in url else url
