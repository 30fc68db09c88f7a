from __future__ import annotations

import json

import pytest
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.test.utils import isolate_apps

from memoria.snapshot.errors import SnapshotError
from memoria.snapshot.registry import EXCLUDED, MODELS, TABLES, chosen, table_of
from memoria.snapshot.rows import RowDecoder
from memoria.snapshot.tables import Column, Kind, Table
from tests.samples.rows import snapshot_row

NAMES = ["long_term_memory", "short_term_memory", "clusters", "cluster_members", "memory_relationships"]


def test_the_core_five_parents_first() -> None:
    assert [table.name for table in TABLES] == NAMES
    assert [table.core for table in TABLES] == [True] * 5
    assert [table.key.name for table in TABLES] == ["memory_id", "memory_id", "id", "id", "relationship_id"]
    assert [table.has_namespace for table in TABLES] == [True, True, False, False, True]
    assert (len(MODELS), EXCLUDED) == (5, {})


def test_columns_of_a_table() -> None:
    columns = {column.name: column for column in TABLES[3].columns}
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
    }


def test_a_time_by_default_is_one_moment() -> None:
    """Rows of one run that lack a time get the same one, and those of the next run another."""
    lacking = {name: value for name, value in snapshot_row("long_term_memory").items() if name != "created_at"}
    data = json.dumps(lacking).encode()
    position = TABLES[0].columns.index(TABLES[0].by_name["created_at"])
    first, second = RowDecoder(TABLES[0]), RowDecoder(TABLES[0])
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
    assert str(caught.value) == f"there is no table 'auth_user': choose from {', '.join(NAMES)}"
