from __future__ import annotations

import json

import pytest
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.test.utils import isolate_apps

from memoria.snapshot.errors import SnapshotError
from memoria.snapshot.rows.decoder import RowDecoder
from memoria.snapshot.schema.facts import Column, Kind, Table
from memoria.snapshot.schema.registry import EXCLUDED, TABLES, chosen, table_of
from tests.models import every
from tests.support.samples.databases import CORE, EVERY
from tests.support.samples.rows import snapshot_row

BY_NAME = {table.name: table for table in TABLES}


def test_every_table_parents_first() -> None:
    names = [table.name for table in TABLES]
    assert (tuple(names), EXCLUDED) == (
        EVERY,
        dict.fromkeys(["memoria.Import", "memoria.ImportChange"], "the history of one database's imports")
        | dict.fromkeys(["memoria.Upload", "memoria.Finding"], "files that wait in one site's upload folder"),
    )
    assert [table.name for table in TABLES if table.core] == list(CORE)
    assert [table.key.name for table in TABLES] == [every.TABLES[name].key for name in names]
    for name in names:
        for _, target, _, _ in every.TABLES[name].foreign_keys:
            assert names.index(target) < names.index(name)


def test_tables_without_namespaces() -> None:
    assert [table.name for table in TABLES if not table.has_namespace] == [
        "teams",
        "workspaces",
        "workspace_members",
        "agents",
        "clusters",
        "cluster_members",
        "link_memory_threads",
        "service_metadata",
    ]


def test_columns_of_a_table() -> None:
    columns = {column.name: column for column in BY_NAME["cluster_members"].columns}
    assert [(c.name, c.kind, c.null, c.max_length) for c in columns.values()] == [
        ("id", Kind.INTEGER, False, None),
        ("memory_id", Kind.TEXT, False, 255),
        ("anchor", Kind.TEXT, True, 255),
        ("summary", Kind.TEXT, False, None),
        ("tokens", Kind.INTEGER, True, None),
        ("chars", Kind.INTEGER, True, None),
        ("cluster_id", Kind.INTEGER, False, None),
    ]


def test_limits() -> None:
    limited = {(t.name, c.name): (c.minimum, c.maximum) for t in TABLES for c in t.columns if c.minimum is not None}
    assert limited == dict.fromkeys(
        [
            ("long_term_memory", "y_coord"),
            ("long_term_memory", "z_coord"),
            ("short_term_memory", "y_coord"),
            ("short_term_memory", "z_coord"),
            ("clusters", "y_centroid"),
            ("clusters", "z_centroid"),
            ("spatial_metadata", "y"),
            ("spatial_metadata", "z"),
        ],
        (-15.0, 15.0),
    )


def test_defaults_of_required_columns() -> None:
    found = {
        (table.name, column.name): column.default()
        for table in TABLES
        for column in table.columns
        if column.default is not None and column.kind is not Kind.TIME
    }
    assert found == {
        ("workspace_members", "role"): "member",
        ("workspace_members", "is_admin"): False,
        ("workspace_members", "is_agent"): False,
        ("agents", "is_agent"): True,
        ("chat_history", "namespace"): "default",
        ("long_term_memory", "importance_score"): 0.5,
        ("long_term_memory", "retention_type"): "long_term",
        ("long_term_memory", "namespace"): "default",
        ("long_term_memory", "classification"): "conversational",
        ("long_term_memory", "memory_importance"): "medium",
        ("short_term_memory", "importance_score"): 0.5,
        ("short_term_memory", "retention_type"): "short_term",
        ("short_term_memory", "namespace"): "default",
        ("memory_relationships", "strength"): 0.5,
        ("memory_relationships", "namespace"): "default",
        ("memory_entities", "relevance_score"): 0.5,
        ("memory_entities", "namespace"): "default",
        ("spatial_metadata", "namespace"): "default",
        ("memory_access_events", "namespace"): "default",
        ("memory_access_events", "access_type"): "retrieval",
        ("thread_events", "namespace"): "default",
        ("thread_message_links", "namespace"): "default",
        ("link_memory_threads", "relation"): "related",
        ("rules_memory", "namespace"): "default",
        ("policy_artifacts", "namespace"): "*",
        ("policy_artifacts", "schema_version"): "1.0",
        ("retention_policy_audits", "namespace"): "default",
        ("retention_policy_audits", "action"): "block",
    }


def test_a_time_by_default_is_one_moment() -> None:
    """Rows of one run that lack a time get the same one, and those of the next run another."""
    lacking = {name: value for name, value in snapshot_row("long_term_memory").items() if name != "created_at"}
    data = json.dumps(lacking).encode()
    table = BY_NAME["long_term_memory"]
    position = table.columns.index(table.by_name["created_at"])
    first, second = RowDecoder(table), RowDecoder(table)
    assert first.decode(data)[position] == first.decode(data)[position] < second.decode(data)[position]


@isolate_apps("memoria")
def test_table_of_a_model() -> None:
    class Probe(models.Model):  # noqa: DJ008
        code = models.CharField(max_length=9, primary_key=True)
        parent = models.ForeignKey("self", models.CASCADE, null=True, db_column="parent_code")
        level = models.FloatField(validators=[MinValueValidator(-1.0), MaxValueValidator(2.0)], default=1.5)
        data = models.JSONField(db_column="json_data")
        at = models.DateTimeField()
        yes = models.BooleanField(default=True)

        class Meta:
            app_label = "memoria"
            db_table = "probe"

    table = table_of(Probe, core=False)
    defaults = {column.name: column.default() for column in table.columns if column.default is not None}
    assert defaults == {"level": 1.5, "yes": True}
    key = Column("code", Kind.TEXT, max_length=9)
    assert table == Table(
        "probe",
        key,
        (
            key,
            Column("parent_code", Kind.TEXT, null=True, max_length=9),
            Column("level", Kind.FLOAT, default=table.by_name["level"].default, minimum=-1.0, maximum=2.0),
            Column("json_data", Kind.JSON),
            Column("at", Kind.TIME),
            Column("yes", Kind.BOOLEAN, default=table.by_name["yes"].default),
        ),
        core=False,
    )


def test_chosen() -> None:
    assert chosen(None) == TABLES
    assert [table.name for table in chosen(["cluster_members", "clusters", "clusters"])] == [
        "clusters",
        "cluster_members",
    ]
    with pytest.raises(SnapshotError) as caught:
        chosen(["clusters", "auth_user"])
    assert str(caught.value) == f"there is no table 'auth_user': choose from {', '.join(EVERY)}"
