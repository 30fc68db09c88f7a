"""The tables a snapshot carries, read off the models. One table is one model and one line here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from memoria import models as memoria
from memoria.snapshot.errors import DatabaseFailure, NotCreated, SnapshotError
from memoria.snapshot.schema.facts import Column, Kind, Table, TableFacts, names
from memoria.snapshot.times import spelled

_KINDS: tuple[tuple[type[models.Field[Any, Any]], Kind], ...] = (
    (models.JSONField, Kind.JSON),
    (models.DateTimeField, Kind.TIME),
    (models.BooleanField, Kind.BOOLEAN),
    (models.FloatField, Kind.FLOAT),
    (models.IntegerField, Kind.INTEGER),
    (models.TextField, Kind.TEXT),
    (models.CharField, Kind.TEXT),
)

_OLDER_NAMES = {("memory_access_events", "metadata_json"): "metadata"}
"""(table, column) -> what older databases call it."""
_DERIVED_TYPES = frozenset({"tsvector"})


def table_of(model: type[models.Model], *, core: bool = False) -> Table:
    """The facts of a model's table, in the order of its columns."""
    columns = tuple(_column(field) for field in model._meta.concrete_fields)
    key = next(column for column in columns if column.name == model._meta.pk.column)
    checks = frozenset(c.name for c in model._meta.constraints if isinstance(c, models.CheckConstraint))
    return Table(model._meta.db_table, key, columns, core=core, checks=checks)


def _column(field: models.Field[Any, Any]) -> Column:
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    kind = next(kind for base, kind in _KINDS if isinstance(target, base))
    limits = {
        type(validator): validator.limit_value for validator in field.validators if hasattr(validator, "limit_value")
    }
    bounded = kind is Kind.FLOAT
    return Column(
        str(field.column),
        kind,
        null=field.null,
        default=_default(field, kind),
        max_length=target.max_length if kind is Kind.TEXT else None,
        empty=not any(_forbids_empty(constraint, field) for constraint in field.model._meta.constraints),
        minimum=limits.get(MinValueValidator) if bounded else None,
        maximum=limits.get(MaxValueValidator) if bounded else None,
        older_name=_OLDER_NAMES.get((field.model._meta.db_table, str(field.column))),
    )


def _forbids_empty(constraint: models.BaseConstraint, field: models.Field[Any, Any]) -> bool:
    return isinstance(constraint, models.CheckConstraint) and constraint.condition == ~models.Q(**{field.name: ""})


def _default(field: models.Field[Any, Any], kind: Kind) -> Callable[[], Any] | None:
    """Makes the value of a required column that a row lacks, in the engine's form."""
    if field.null or field.primary_key or not (field.has_default() or field.has_db_default()):
        return None
    value = field.get_default() if field.has_default() else field.db_default
    if kind is not Kind.TIME:
        return lambda: getattr(value, "value", value)
    return lambda: spelled(datetime.now(UTC))


MODELS: tuple[type[models.Model], ...] = (
    memoria.Team,
    memoria.Workspace,
    memoria.WorkspaceMember,
    memoria.Agent,
    memoria.ChatHistory,
    memoria.LongTermMemory,
    memoria.ShortTermMemory,
    memoria.Cluster,
    memoria.ClusterMember,
    memoria.MemoryRelationship,
    memoria.MemoryEntity,
    memoria.SpatialMetadata,
    memoria.MemoryAccessEvent,
    memoria.ThreadEvent,
    memoria.ThreadMessageLink,
    memoria.LinkMemoryThread,
    memoria.MemoryRule,
    memoria.PolicyArtifact,
    memoria.RetentionPolicyAudit,
    memoria.ServiceMetadata,
)
"""The models whose tables a snapshot carries; parents stand before those that refer to them."""

CORE: tuple[type[models.Model], ...] = (
    memoria.LongTermMemory,
    memoria.ShortTermMemory,
    memoria.Cluster,
    memoria.ClusterMember,
    memoria.MemoryRelationship,
)
"""Those that stand in every snapshot, also where the database lacks them."""

TABLES: tuple[Table, ...] = tuple(table_of(model, core=model in CORE) for model in MODELS)

_OF_ONE_DATABASE = ("workspace_members", "agents", "service_metadata")
MERGED: tuple[Table, ...] = tuple(table for table in TABLES if table.name not in _OF_ONE_DATABASE)
"""What a merge takes: all that has a namespace or belongs to memories, and the teams and workspaces they refer to."""

HISTORY: tuple[type[models.Model], ...] = (memoria.Import, memoria.ImportChange)
"""The models of the history of imports, which belongs to one database."""

EXCLUDED: dict[str, str] = {
    **{model._meta.label: "the history of one database's imports" for model in HISTORY},
    **{model._meta.label: "files that wait in one site's upload folder" for model in (memoria.Upload, memoria.Finding)},
}
"""Models that no snapshot carries: label -> reason."""


def chosen(names: list[str] | None, without: Collection[str] | None = None) -> tuple[Table, ...]:
    """The tables of these names, all of them for None, but for those `without`; in the registry's order."""
    known = {table.name for table in TABLES}
    for name in (*(names or ()), *(without or ())):
        if name not in known:
            raise SnapshotError(f"there is no table {name!r}: choose from {', '.join(t.name for t in TABLES)}")
    taken = (known if names is None else set(names)) - set(without or ())
    return tuple(table for table in TABLES if table.name in taken)


def require_tables(facts: Container[str], database: str) -> None:
    """Raises NotCreated where a database has none of the tables."""
    if not any(table.name in facts for table in TABLES):
        raise NotCreated(f"{database} has no tables yet", "them")


_ELSEWHERE = "is in the schema"


def require_readable(
    facts: Container[str], elsewhere: Mapping[str, str], tables: Iterable[Table], database: str
) -> None:
    """Raises DatabaseFailure where what is called like a table is none, or is out of sight: it must not pass for empty.

    What lies in another schema may be somebody else's, unless it is one of the core tables.
    """
    for table in tables:
        reason = elsewhere.get(table.name, "")
        if table.name not in facts and reason and (table.core or not reason.startswith(_ELSEWHERE)):
            raise DatabaseFailure(f"{database}: {table.name} {reason}")


def require_none_elsewhere(facts: Container[str], elsewhere: Mapping[str, str], database: str) -> None:
    """As `require_in_sight`, of all tables: those that are not here would be created a second time."""
    require_in_sight(facts, elsewhere, database)
    for table in TABLES:
        reason = elsewhere.get(table.name, "")
        if table.name not in facts and reason.startswith(_ELSEWHERE):
            raise DatabaseFailure(
                f"{database}: {table.name} {reason}; if it is not Memoria's, create the tables with `memoria migrate`"
            )


def require_in_sight(facts: Container[str], elsewhere: Mapping[str, str], database: str) -> None:
    """Raises DatabaseFailure where core tables are in a schema that is not on the search path: what is done here would
    be done beside them."""
    for table in TABLES:
        reason = elsewhere.get(table.name, "")
        if table.core and table.name not in facts and reason.startswith(_ELSEWHERE):
            raise DatabaseFailure(f"{database}: {table.name} {reason}")


def columns_in(table: Table, facts: TableFacts) -> dict[str, Column]:
    """Name in the database -> column, of those that it has; an older one may lack some. Its key it must have."""
    if table.key.name not in facts.columns:
        raise DatabaseFailure(f"the table {table.name} has no column {table.key.name}: it is not a Memoria table")
    stored = {column.stored_as(facts.columns): column for column in table.columns}
    return {name: column for name, column in stored.items() if name is not None}


def other_columns(table: Table, facts: TableFacts) -> list[str]:
    """Columns that a database has of a table and no snapshot carries, but for what its triggers derive."""
    carried = columns_in(table, facts)
    return [name for name, fact in facts.columns.items() if name not in carried and fact.type not in _DERIVED_TYPES]


def other_tables(facts: Iterable[str], tables: Iterable[Table]) -> list[str]:
    """A database's tables that are not among `tables`, but for those that Django keeps for itself."""
    others = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - set(names(TABLES))
    left_aside = others | {"django_migrations"} | set(names(tables))
    return [name for name in facts if name not in left_aside]
