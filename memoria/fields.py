"""Columns and indexes where existing Memoria databases differ from what Django would declare."""

import datetime as dt
import json
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler


class JSONTextField(models.JSONField):
    """JSON that the database keeps as it was written: `json` on PostgreSQL, plain text on SQLite.

    What Django builds on `jsonb` operators (`contains`, `has_key`, comparing whole values) does not exist for
    `json`; reading, writing, `isnull` and text lookups on keys (`field__key__icontains`) work.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        match connection.vendor:
            case "postgresql":
                return "json"
            case "sqlite":
                # Not "json": SQLite gives a column of that name NUMERIC affinity, and would turn a top-level
                # number such as 1.10 into a float.
                return "text"
        return super().db_type(connection)

    def db_check(self, connection: BaseDatabaseWrapper) -> str | None:
        # On SQLite Django adds JSON_VALID. Existing tables have no such constraint, and json there is what
        # Python reads as JSON, not what the installed SQLite does.
        return None if connection.vendor == "sqlite" else super().db_check(connection)

    def select_format(self, compiler: SQLCompiler, sql: str, params: Any) -> tuple[str, Any]:
        sql, params = super().select_format(compiler, sql, params)
        if compiler.connection.vendor == "postgresql":
            # psycopg2 decodes `json` by itself (Django stops it for `jsonb` only), and a decoded "1" could
            # not be told from an undecoded one: so the database hands out text.
            sql = f"({sql})::text"
        return sql, params

    def from_db_value(self, value: Any, expression: Expression, connection: BaseDatabaseWrapper) -> Any:
        # Not a string: decoded already. psycopg2 does so in a raw query, which knows no select_format; SQLite
        # does so with a top-level number in existing columns, which are declared JSON.
        if not isinstance(value, str):
            return value
        return super().from_db_value(value, expression, connection)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if not prepared:
            value = self.get_prep_value(value)
        # Django's own adaption writes '...'::jsonb on PostgreSQL, which reorders keys and respells numbers,
        # and lets NaN through, which is no JSON.
        return json.dumps(value, cls=self.encoder, allow_nan=False)


def utc_now() -> dt.datetime:
    """Django's own gives a time without a zone, in that of the project, where USE_TZ is off."""
    return dt.datetime.now(dt.UTC)


class UTCDateTimeField(models.DateTimeField):
    """A time that is stored without a zone and means UTC: `timestamp` on PostgreSQL, text on SQLite.

    In Python it is always aware and in UTC, whatever the column holds: also a `timestamptz` of a database
    that plain Django made, and text with a `T`, without a fraction, with an offset, or only a date.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "timestamp" if connection.vendor == "postgresql" else super().db_type(connection)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if self.auto_now or (self.auto_now_add and add):
            setattr(model_instance, self.attname, utc_now())
        return getattr(model_instance, self.attname)

    def from_db_value(
        self, value: dt.datetime | dt.date | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> dt.datetime | None:
        if value is None:
            return None
        if not isinstance(value, dt.datetime):  # of a column that is a date on PostgreSQL
            value = dt.datetime.combine(value, dt.time())
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if not prepared:
            value = self.get_prep_value(value)
        if isinstance(value, dt.datetime) and value.tzinfo is not None:
            value = value.astimezone(dt.UTC).replace(tzinfo=None)
        if isinstance(value, dt.datetime) and connection.vendor == "sqlite":
            # SQLite compares text: the fraction is written even when zero, as existing rows have it.
            return value.isoformat(" ", "microseconds")
        return super().get_db_prep_value(value, connection, prepared=True)


class _KeyField(models.Field):
    """A text primary key with one index, as in existing databases.

    On PostgreSQL Django pairs the key with a second index for LIKE 'x%' when the type is spelled `varchar` or
    `text`. The full name of the same type asks for none; every row of an import would pay for it.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        db_type = super().db_type(connection)
        return f"pg_catalog.{db_type}" if connection.vendor == "postgresql" else db_type

    def rel_db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        # Of a column that refers to this key: it has no such index to avoid.
        return super().db_type(connection)


class CharKeyField(_KeyField, models.CharField):
    __doc__ = _KeyField.__doc__


class TextKeyField(_KeyField, models.TextField):
    __doc__ = _KeyField.__doc__


class ForeignKey(models.ForeignKey):
    """A foreign key whose ON DELETE rule is the database's own, as in existing databases, and without an index.

    Django carries the rule out in Python and declares a constraint without it, so rows that somebody else deletes
    would be refused. Here the column's type brings the whole constraint along, hence the other table must be there
    first, and a migration that makes a foreign key of an existing column adds it itself on PostgreSQL (as 0002 does).
    """

    _RULES: dict[Any, str] = {models.CASCADE: "CASCADE", models.SET_NULL: "SET NULL"}

    def __init__(self, to: Any, on_delete: Any, **options: Any) -> None:
        super().__init__(to, on_delete, **options | {"db_constraint": False, "db_index": False})

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        del options["db_constraint"], options["db_index"]
        return name, path, args, options

    def db_type_suffix(self, connection: BaseDatabaseWrapper) -> str:
        return self.references(connection)

    def references(self, connection: BaseDatabaseWrapper) -> str:
        """The constraint as it stands behind a column's type."""
        quote = connection.ops.quote_name
        table, column = self.target_field.model._meta.db_table, str(self.target_field.column)
        rule = self._RULES[self.remote_field.on_delete]
        return f"REFERENCES {quote(table)} ({quote(column)}) ON DELETE {rule} DEFERRABLE INITIALLY DEFERRED"


def unique_index(column: str, *, name: str) -> models.UniqueConstraint:
    """A unique index, as existing databases have it, where Django would declare a constraint."""
    return models.UniqueConstraint(models.F(column), name=name)


class Index(models.Index):
    """An index with a name of more than 30 characters, as some have in existing databases.

    Django's limit is that of old Oracle databases. PostgreSQL's is 63, SQLite has none.
    """

    max_name_length = 63
