"""The database that a command works on: an alias of the settings, or any database by URL."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db import Error as DjangoDatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from memoria.database_url import parsed
from memoria.snapshot.database import Sink, is_file, path_of, sink
from memoria.snapshot.errors import DatabaseBusy, DatabaseFailure, FileFailure
from memoria.snapshot.schema import registry
from memoria.snapshot.schema.registry import MODELS

_LOCK_NOT_AVAILABLE = "55P03"
_CREATED_MEANWHILE = ("23505", "42P07", "42710")
"""unique_violation (of the catalogue), duplicate_table and duplicate_object: what comes of two who create the same."""

__all__ = ["UnknownDatabase", "connection_for", "create_tables", "describe", "require_in_sight", "sink_with_tables"]


class UnknownDatabase(DatabaseFailure):
    """What was asked for names no database: a wrong argument."""

    exit_code = 2


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
    if is_file(connection):
        return f"sqlite:///{settings['NAME']}"
    return f"{connection.vendor}://{_place(settings)}/{settings.get('NAME') or ''}"


def _place(settings: dict[str, Any]) -> str:
    """The hosts with their ports. What the settings do not name, libpq takes from the environment."""
    options = settings.get("OPTIONS") or {}
    if service := options.get("service"):
        return f"(service {service})"
    named = settings.get("HOST") or options.get("host") or options.get("hostaddr")
    hosts = str(named or os.environ.get("PGHOST") or "localhost").split(",")
    ports = str(settings.get("PORT") or options.get("port") or os.environ.get("PGPORT") or "").split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    return ",".join(_address(host) + (f":{port}" if port else "") for host, port in zip(hosts, ports, strict=False))


def _address(host: str) -> str:
    if host.startswith("/"):  # the folder of a socket
        return ""
    return f"[{host}]" if ":" in host else host


@contextmanager
def sink_with_tables(
    connection: BaseDatabaseWrapper, name: str, *, read_only: bool, created: list[str]
) -> Iterator[Sink]:
    """Opens a database as `sink` does, also one that is not there yet (SQLite), and creates the tables that it lacks.

    They are created in the transaction that writes the rows, and stay where those do. `created`: takes their names.
    """
    with _new_file(connection), sink(connection, name, read_only=read_only) as opened:
        # What lies in another schema is there already, and a second set beside it would be the one that nobody reads.
        registry.require_none_elsewhere(opened.facts(), opened.elsewhere(), name)
        with opened.around() as driver:
            with _lent(connection, driver) as lent:
                created[:] = create_tables(lent)
            if created:
                yield opened
                return
        yield opened


def require_in_sight(connection: BaseDatabaseWrapper, name: str) -> None:
    """Raise DatabaseFailure where the tables are in a schema that is not on the search path."""
    with sink(connection, name, read_only=True) as opened:
        registry.require_in_sight(opened.facts(), opened.elsewhere(), name)


def create_tables(connection: BaseDatabaseWrapper) -> list[str]:
    """Migrate an empty database, or one that our migrations made; in any other, create only the tables that it lacks.

    Returns the names of the mirrored tables that are new.
    """
    with _failures(connection):
        missing = _missing(connection)
        if len(missing) == len(MODELS) or (missing and _is_migrated(connection)):
            call_command("migrate", database=connection.alias, interactive=False, verbosity=0)
        if dropped := _missing(connection) if missing else []:  # those that no migration makes a second time
            _create(connection, dropped)
        return [model._meta.db_table for model in missing]


@contextmanager
def _new_file(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """An empty SQLite database where none is; it goes again unless something was written into it."""
    path = path_of(connection)
    if path is None or path.exists():
        yield
        return
    try:
        path.touch(exist_ok=False)
    except OSError as error:
        raise FileFailure.of("write", describe(connection), error) from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if not path.stat().st_size:
                path.unlink()


@contextmanager
def _lent(connection: BaseDatabaseWrapper, driver: Any) -> Iterator[BaseDatabaseWrapper]:
    """Django at work on the engine's connection to the same database, within the transaction that it has begun."""
    lent = connection.copy()
    lent.connection, lent.autocommit = driver, False
    connections[connection.alias] = lent
    try:
        yield lent
    finally:
        lent.connection = None
        connections[connection.alias] = connection


def _missing(connection: BaseDatabaseWrapper) -> list[type[Model]]:
    existing = _names(connection)
    return [model for model in MODELS if model._meta.db_table not in existing]


def _names(connection: BaseDatabaseWrapper) -> set[str]:
    """Tables as the engine sees them. Raises DatabaseFailure where a view stands in the place of one."""
    ignores_case = connection.features.ignores_table_name_case
    names = dict.fromkeys(connection.introspection.table_names(include_views=True), False)
    for table in connection.introspection.table_names():
        names[table] = True
    found = {name.lower() if ignores_case else name: is_table for name, is_table in names.items()}
    for model in MODELS:
        if not found.get(model._meta.db_table, True):
            raise DatabaseFailure(
                f"cannot create the table {model._meta.db_table} in {describe(connection)}: a view has its name;"
                " nothing was changed"
            )
    return set(found)


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
        if _is_busy(error.__cause__):
            raise DatabaseBusy(f"{name} is locked by another connection; try again when it is done") from error
        if any(getattr(behind, "pgcode", None) in _CREATED_MEANWHILE for behind in _chain(error)):
            raise DatabaseBusy(f"another run creates the tables of {name}; try again when it is done") from error
        raise DatabaseFailure(f"cannot create the tables in {name}: {reason}; nothing was changed") from error


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and those that it was raised for."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_busy(error: BaseException | None) -> bool:
    """Whether a driver's error says that another connection holds a lock; names in its text may say anything."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or getattr(error, "pgcode", None) == _LOCK_NOT_AVAILABLE


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _parsed(url: str) -> dict[str, Any]:
    try:
        return parsed(url)
    except ValueError as error:
        raise UnknownDatabase(str(error)) from None
