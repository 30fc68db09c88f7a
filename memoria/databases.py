"""The database that a command works on: an alias of the settings, or any database by URL."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db import Error as DjangoDatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from memoria.snapshot.database.locks import lock_timeout
from memoria.snapshot.errors import DatabaseBusy, DatabaseFailure
from memoria.snapshot.registry import MODELS

_ENGINES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")
_WAIT = {"postgresql": "SET lock_timeout = {:.0f}", "sqlite": "PRAGMA busy_timeout = {:.0f}"}
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_FORMS = "use sqlite:///path or postgresql://user:password@host/name"


class UnknownDatabase(DatabaseFailure):
    """What was asked for names no database: a wrong argument."""

    exit_code = 2


def is_url(text: str) -> bool:
    return _URL.match(text) is not None


def connection_for(*, alias: str | None = None, url: str | None = None) -> BaseDatabaseWrapper:
    """The connection of an alias, or of a URL, which gets an alias of its own."""
    if url is not None:
        # A digest, because Django and we name aliases in messages, and the URL may hold a password.
        alias = f"url-{hashlib.sha256(url.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
        if alias not in connections.databases:
            connections.databases[alias] = connections.configure_settings({"default": {}, alias: _parsed(url)})[alias]
    alias = alias or DEFAULT_DB_ALIAS
    if alias not in connections.databases:
        raise UnknownDatabase(f"there is no database alias {alias!r}: choose from {', '.join(connections.databases)}")
    try:
        return connections[alias]
    except ImproperlyConfigured as error:
        raise DatabaseFailure(f"the database alias {alias!r} cannot be used: {_first_line(error)}") from None


def describe(connection: BaseDatabaseWrapper) -> str:
    """The database as a URL without its password."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    # A URL may also name them behind its question mark.
    options = settings.get("OPTIONS") or {}
    port = settings.get("PORT") or options.get("port")
    host = settings.get("HOST") or options.get("host") or "localhost"
    place = ("" if host.startswith("/") else host) + (f":{port}" if port else "")
    return f"{connection.vendor}://{place}/{settings.get('NAME') or ''}"


def create_tables(connection: BaseDatabaseWrapper) -> list[str]:
    """Migrate an empty database, or one that our migrations made; in any other, create only the tables that it lacks.

    Returns the names of the mirrored tables that are new. They stay, whatever becomes of the rows.
    """
    with _failures(connection):
        with connection.cursor() as cursor:
            cursor.execute(_WAIT[connection.vendor].format(lock_timeout() * 1000))
        existing = connection.introspection.table_names()
        missing = [model for model in MODELS if model._meta.db_table not in existing]
        if len(missing) == len(MODELS) or (missing and _is_migrated(connection)):
            call_command("migrate", database=connection.alias, interactive=False, verbosity=0)
        elif missing:
            _create(connection, missing)
        return [model._meta.db_table for model in missing]


def _create(connection: BaseDatabaseWrapper, models: list[type[Model]]) -> None:
    # As statements, because the editor itself would check every row of an SQLite database, and refuse to create a table
    # where an old row somewhere refers to nothing.
    editor = connection.schema_editor(collect_sql=True)
    editor.deferred_sql = []
    for model in models:
        editor.create_model(model)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for sql in [*editor.collected_sql, *map(str, editor.deferred_sql)]:
            cursor.execute(sql)


def _is_migrated(connection: BaseDatabaseWrapper) -> bool:
    return any(app == "memoria" for app, _ in MigrationRecorder(connection).applied_migrations())


@contextmanager
def _failures(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Django's errors as the engine's; its connection is not needed afterwards."""
    try:
        yield
    except DjangoDatabaseError as error:
        name, reason = describe(connection), _first_line(error)
        if "locked" in reason or "lock timeout" in reason:
            raise DatabaseBusy(f"{name} is locked by another connection; try again when it is done") from error
        raise DatabaseFailure(f"cannot create the tables in {name}: {reason}") from error
    finally:
        connection.close()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _parsed(url: str) -> dict[str, Any]:
    """Django's settings for a URL. No message repeats the URL: where it is malformed, anything may be the password."""
    scheme = url.partition("://")[0] if is_url(url) else ""
    try:
        settings = dict(dj_database_url.parse(url))
    except dj_database_url.UnknownSchemeError:
        raise UnknownDatabase(f"{scheme} databases are not supported: {_FORMS}" if scheme else _malformed()) from None
    except (dj_database_url.ParseError, ValueError, KeyError):
        raise UnknownDatabase(_malformed()) from None
    if settings["ENGINE"] not in _ENGINES:
        raise UnknownDatabase(f"{scheme} databases are not supported: {_FORMS}")
    if settings["ENGINE"].endswith("postgresql"):
        parts = urlsplit(url)
        if "@" in parts.path + parts.query + parts.fragment:
            raise UnknownDatabase(f"{_malformed()}, with %2F for /, %3F for ? and %23 for # in the password")
        if not settings["NAME"]:
            raise UnknownDatabase(f"the database URL names no database: {_FORMS}")
    return settings


def _malformed() -> str:
    return f"not a database URL: {_FORMS}"
