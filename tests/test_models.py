"""The tables as the migration makes them, literally, and how the fields read and write."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Iterator
from typing import Any

import dj_database_url
import psycopg2
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections
from django.db.models import JSONField, Value

from memoria.models import Cluster, ClusterMember, LongTermMemory, MemoryRelationship, ShortTermMemory
from tests.conftest import KINDS

ALIAS = "probe"

# A row of a table: column, type on SQLite, type on PostgreSQL, and whether it may be NULL.
STRING = ("varchar(255)", "character varying(255)")
STRING_50 = ("varchar(50)", "character varying(50)")
STRING_20 = ("varchar(20)", "character varying(20)")
TEXT = ("text", "text")
JSON = ("text", "json")
FLOAT = ("real", "double precision")
TIME = ("datetime", "timestamp without time zone")
INTEGER = ("integer", "integer")
BOOLEAN = ("bool", "boolean")

COLUMNS: dict[str, list[tuple[str, tuple[str, str], bool]]] = {
    "long_term_memory": [
        ("memory_id", STRING, False),
        ("original_chat_id", STRING, True),
        ("processed_data", JSON, False),
        ("importance_score", FLOAT, False),
        ("category_primary", STRING, False),
        ("retention_type", STRING_50, False),
        ("namespace", STRING, False),
        ("timestamp", TIME, False),
        ("created_at", TIME, False),
        ("access_count", INTEGER, True),
        ("last_accessed", TIME, True),
        ("searchable_content", TEXT, False),
        ("summary", TEXT, False),
        ("novelty_score", FLOAT, True),
        ("relevance_score", FLOAT, True),
        ("actionability_score", FLOAT, True),
        ("x_coord", FLOAT, True),
        ("y_coord", FLOAT, True),
        ("z_coord", FLOAT, True),
        ("symbolic_anchors", JSON, True),
        ("embedding", JSON, True),
        ("documents_json", JSON, True),
        ("team_id", STRING, True),
        ("workspace_id", STRING, True),
        ("last_edited_by_model", STRING, True),
        ("classification", STRING_50, False),
        ("memory_importance", STRING_20, False),
        ("topic", STRING, True),
        ("entities_json", JSON, True),
        ("keywords_json", JSON, True),
        ("is_user_context", BOOLEAN, True),
        ("is_preference", BOOLEAN, True),
        ("is_skill_knowledge", BOOLEAN, True),
        ("is_current_project", BOOLEAN, True),
        ("promotion_eligible", BOOLEAN, True),
        ("duplicate_of", STRING, True),
        ("supersedes_json", JSON, True),
        ("related_memories_json", JSON, True),
        ("confidence_score", FLOAT, True),
        ("extraction_timestamp", TIME, False),
        ("classification_reason", TEXT, True),
        ("processed_for_duplicates", BOOLEAN, True),
        ("conscious_processed", BOOLEAN, True),
    ],
    "short_term_memory": [
        ("memory_id", STRING, False),
        ("chat_id", STRING, True),
        ("processed_data", JSON, False),
        ("importance_score", FLOAT, False),
        ("category_primary", STRING, False),
        ("retention_type", STRING_50, False),
        ("namespace", STRING, False),
        ("created_at", TIME, False),
        ("expires_at", TIME, True),
        ("access_count", INTEGER, True),
        ("last_accessed", TIME, True),
        ("searchable_content", TEXT, False),
        ("summary", TEXT, False),
        ("is_permanent_context", BOOLEAN, True),
        ("x_coord", FLOAT, True),
        ("y_coord", FLOAT, True),
        ("z_coord", FLOAT, True),
        ("symbolic_anchors", JSON, True),
        ("embedding", JSON, True),
        ("team_id", STRING, True),
        ("workspace_id", STRING, True),
        ("last_edited_by_model", STRING, True),
    ],
    "clusters": [
        ("id", INTEGER, False),
        ("summary", TEXT, False),
        ("centroid", JSON, True),
        ("y_centroid", FLOAT, True),
        ("z_centroid", FLOAT, True),
        ("polarity", FLOAT, True),
        ("subjectivity", FLOAT, True),
        ("size", INTEGER, True),
        ("avg_importance", FLOAT, True),
        ("update_count", INTEGER, True),
        ("last_updated", TIME, True),
        ("weight", FLOAT, True),
        ("total_tokens", INTEGER, True),
        ("total_chars", INTEGER, True),
    ],
    "cluster_members": [
        ("id", INTEGER, False),
        ("memory_id", STRING, False),
        ("anchor", STRING, True),
        ("summary", TEXT, False),
        ("tokens", INTEGER, True),
        ("chars", INTEGER, True),
        ("cluster_id", INTEGER, False),
    ],
    "memory_relationships": [
        ("relationship_id", TEXT, False),
        ("source_memory_id", TEXT, False),
        ("target_memory_id", TEXT, False),
        ("relationship_type", TEXT, False),
        ("strength", FLOAT, False),
        ("reasoning", TEXT, True),
        ("namespace", TEXT, False),
        ("created_at", TIME, False),
    ],
}

KEYS = {
    "long_term_memory": ["memory_id"],
    "short_term_memory": ["memory_id"],
    "clusters": ["id"],
    "cluster_members": ["id"],
    "memory_relationships": ["relationship_id"],
}

DEFAULTS = {
    "sqlite": {
        ("memory_relationships", "strength"): "0.5",
        ("memory_relationships", "namespace"): "'default'",
    },
    "postgresql": {
        ("memory_relationships", "strength"): "0.5",
        ("memory_relationships", "namespace"): "'default'::text",
    },
}

INDEXES = {
    "long_term_memory": {
        "idx_long_term_access": ["access_count", "last_accessed"],
        "idx_long_term_category": ["category_primary"],
        "idx_long_term_classification": ["classification"],
        "idx_long_term_confidence": ["confidence_score"],
        "idx_long_term_conscious_flags": [
            "is_user_context",
            "is_preference",
            "is_skill_knowledge",
            "promotion_eligible",
        ],
        "idx_long_term_conscious_processed": ["conscious_processed"],
        "idx_long_term_coords": ["x_coord", "y_coord", "z_coord"],
        "idx_long_term_created": ["created_at"],
        "idx_long_term_duplicates": ["processed_for_duplicates"],
        "idx_long_term_importance": ["importance_score"],
        "idx_long_term_last_editor": ["last_edited_by_model"],
        "idx_long_term_memory_importance": ["memory_importance"],
        "idx_long_term_namespace": ["namespace"],
        "idx_long_term_namespace_category": ["namespace", "category_primary", "importance_score"],
        "idx_long_term_namespace_team": ["namespace", "team_id"],
        "idx_long_term_namespace_workspace": ["namespace", "workspace_id"],
        "idx_long_term_scores": ["novelty_score", "relevance_score", "actionability_score"],
        "idx_long_term_team": ["team_id"],
        "idx_long_term_team_namespace": ["team_id", "namespace"],
        "idx_long_term_timestamp": ["timestamp"],
        "idx_long_term_topic": ["topic"],
        "idx_long_term_workspace": ["workspace_id"],
    },
    "short_term_memory": {
        "idx_short_term_access": ["access_count", "last_accessed"],
        "idx_short_term_category": ["category_primary"],
        "idx_short_term_coords": ["x_coord", "y_coord", "z_coord"],
        "idx_short_term_created": ["created_at"],
        "idx_short_term_expires": ["expires_at"],
        "idx_short_term_importance": ["importance_score"],
        "idx_short_term_last_editor": ["last_edited_by_model"],
        "idx_short_term_namespace": ["namespace"],
        "idx_short_term_namespace_category": ["namespace", "category_primary", "importance_score"],
        "idx_short_term_namespace_team": ["namespace", "team_id"],
        "idx_short_term_namespace_workspace": ["namespace", "workspace_id"],
        "idx_short_term_permanent": ["is_permanent_context"],
        "idx_short_term_team": ["team_id"],
        "idx_short_term_team_namespace": ["team_id", "namespace"],
        "idx_short_term_workspace": ["workspace_id"],
    },
    "clusters": {
        "idx_clusters_last_updated": ["last_updated"],
        "idx_clusters_weight": ["weight"],
    },
    "cluster_members": {"idx_cluster_members_cluster": ["cluster_id"]},
    "memory_relationships": {
        "idx_relationships_source": ["source_memory_id"],
        "idx_relationships_strength": ["strength"],
        "idx_relationships_target": ["target_memory_id"],
        "idx_relationships_type": ["relationship_type"],
    },
}

CHECKS = {
    "sqlite": {
        "long_term_memory": [
            'CONSTRAINT "ck_long_term_y_coord_range" CHECK '
            '(("y_coord" IS NULL OR ("y_coord" >= -15.0 AND "y_coord" <= 15.0)))',
            'CONSTRAINT "ck_long_term_z_coord_range" CHECK '
            '(("z_coord" IS NULL OR ("z_coord" >= -15.0 AND "z_coord" <= 15.0)))',
        ],
        "short_term_memory": [
            'CONSTRAINT "ck_short_term_y_coord_range" CHECK '
            '(("y_coord" IS NULL OR ("y_coord" >= -15.0 AND "y_coord" <= 15.0)))',
            'CONSTRAINT "ck_short_term_z_coord_range" CHECK '
            '(("z_coord" IS NULL OR ("z_coord" >= -15.0 AND "z_coord" <= 15.0)))',
        ],
        "clusters": [
            'CONSTRAINT "ck_clusters_y_centroid_range" CHECK '
            '(("y_centroid" IS NULL OR ("y_centroid" >= -15.0 AND "y_centroid" <= 15.0)))',
            'CONSTRAINT "ck_clusters_z_centroid_range" CHECK '
            '(("z_centroid" IS NULL OR ("z_centroid" >= -15.0 AND "z_centroid" <= 15.0)))',
        ],
        "cluster_members": [],
        "memory_relationships": [],
    },
    "postgresql": {
        "long_term_memory": [
            "ck_long_term_y_coord_range: CHECK (((y_coord IS NULL) OR "
            "((y_coord >= ('-15.0'::numeric)::double precision) AND (y_coord <= (15.0)::double precision))))",
            "ck_long_term_z_coord_range: CHECK (((z_coord IS NULL) OR "
            "((z_coord >= ('-15.0'::numeric)::double precision) AND (z_coord <= (15.0)::double precision))))",
        ],
        "short_term_memory": [
            "ck_short_term_y_coord_range: CHECK (((y_coord IS NULL) OR "
            "((y_coord >= ('-15.0'::numeric)::double precision) AND (y_coord <= (15.0)::double precision))))",
            "ck_short_term_z_coord_range: CHECK (((z_coord IS NULL) OR "
            "((z_coord >= ('-15.0'::numeric)::double precision) AND (z_coord <= (15.0)::double precision))))",
        ],
        "clusters": [
            "ck_clusters_y_centroid_range: CHECK (((y_centroid IS NULL) OR ((y_centroid >= "
            "('-15.0'::numeric)::double precision) AND (y_centroid <= (15.0)::double precision))))",
            "ck_clusters_z_centroid_range: CHECK (((z_centroid IS NULL) OR ((z_centroid >= "
            "('-15.0'::numeric)::double precision) AND (z_centroid <= (15.0)::double precision))))",
        ],
        "cluster_members": [],
        "memory_relationships": [],
    },
}


class Catalogue:
    """What a database says of its own tables; rows are fetched without Django."""

    def __init__(self, url: str) -> None:
        self.vendor = "sqlite" if url.startswith("sqlite:") else "postgresql"
        self._connection: Any = (
            sqlite3.connect(url.removeprefix("sqlite:///")) if self.vendor == "sqlite" else psycopg2.connect(url)
        )

    def close(self) -> None:
        self._connection.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        cursor = self._connection.cursor()
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]

    def columns(self, table: str) -> list[tuple[str, str, bool]]:
        if self.vendor == "sqlite":
            # In lower case: newer SQLite says TEXT for a column declared text.
            return [
                (name, kind.lower(), not required)
                for _, name, kind, required, _, _ in self.rows(f"PRAGMA table_info({table})")
            ]
        return self.rows(f"""
            SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull FROM pg_attribute
            WHERE attrelid = '{table}'::regclass AND attnum > 0 ORDER BY attnum""")

    def defaults(self, table: str) -> dict[str, str]:
        if self.vendor == "sqlite":
            return {row[1]: row[4] for row in self.rows(f"PRAGMA table_info({table})") if row[4] is not None}
        return dict(
            self.rows(f"""
            SELECT attname, pg_get_expr(adbin, adrelid) FROM pg_attrdef
            JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
            WHERE adrelid = '{table}'::regclass""")
        )

    def key(self, table: str) -> list[str]:
        if self.vendor == "sqlite":
            return [row[1] for row in self.rows(f"PRAGMA table_info({table})") if row[5]]
        return [row[0] for row in self._indexes(table, "indisprimary")]

    def indexes(self, table: str) -> dict[str, list[str]]:
        """All but the primary key's; a unique one is marked in its name, for there is none."""
        if self.vendor == "sqlite":
            return {
                name + " UNIQUE" * unique: [row[2] for row in self.rows(f"PRAGMA index_info({name})")]
                for _, name, unique, origin, _ in self.rows(f"PRAGMA index_list({table})")
                if origin != "pk"
            }
        found: dict[str, list[str]] = {}
        for column, name, unique in self._indexes(table, "NOT indisprimary"):
            found.setdefault(name + " UNIQUE" * unique, []).append(column)
        return found

    def _indexes(self, table: str, condition: str) -> list[tuple[Any, ...]]:
        return self.rows(f"""
            SELECT attname, indexrelid::regclass::text, indisunique
            FROM pg_index, unnest(indkey) WITH ORDINALITY AS k (number, place), pg_attribute
            WHERE indrelid = '{table}'::regclass AND attrelid = indrelid AND attnum = k.number AND {condition}
            ORDER BY indexrelid, place""")

    def checks(self, table: str) -> list[str]:
        if self.vendor == "sqlite":
            [(sql,)] = self.rows(f"SELECT sql FROM sqlite_master WHERE name = '{table}'")
            return ["CONSTRAINT" + part.rstrip(", )") + ")))" for part in sql.split("CONSTRAINT")[1:]]
        return [
            row[0]
            for row in self.rows(f"""
                SELECT conname || ': ' || pg_get_constraintdef(oid) FROM pg_constraint
                WHERE conrelid = '{table}'::regclass AND contype = 'c' ORDER BY conname""")
        ]

    def foreign_keys(self, table: str) -> list[tuple[str, str, str, str, str]]:
        """Table, column, the other table and its column, what a deletion does; in the order of the columns."""
        if self.vendor == "sqlite":
            found = [(table, row[3], row[2], row[4], row[6]) for row in self.rows(f"PRAGMA foreign_key_list({table})")]
        else:
            found = self.rows(f"""
                SELECT '{table}', attname, confrelid::regclass::text,
                       (SELECT attname FROM pg_attribute WHERE attrelid = confrelid AND attnum = confkey[1]),
                       CASE confdeltype WHEN 'n' THEN 'SET NULL' WHEN 'c' THEN 'CASCADE' ELSE confdeltype::text END
                FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
                WHERE conrelid = '{table}'::regclass AND contype = 'f' AND condeferred""")
        return sorted(found)


@pytest.fixture
def catalogue(migrated_url: str) -> Iterator[Catalogue]:
    with contextlib.closing(Catalogue(migrated_url)) as catalogue:
        yield catalogue


def test_columns(catalogue: Catalogue) -> None:
    place = 0 if catalogue.vendor == "sqlite" else 1
    assert {table: catalogue.columns(table) for table in COLUMNS} == {
        table: [(name, types[place], nullable) for name, types, nullable in columns]
        for table, columns in COLUMNS.items()
    }


def test_keys(catalogue: Catalogue) -> None:
    assert {table: catalogue.key(table) for table in KEYS} == KEYS


def test_defaults(catalogue: Catalogue) -> None:
    assert {
        (table, column): default for table in COLUMNS for column, default in catalogue.defaults(table).items()
    } == DEFAULTS[catalogue.vendor]


def test_indexes(catalogue: Catalogue) -> None:
    assert {table: catalogue.indexes(table) for table in INDEXES} == INDEXES


def test_checks(catalogue: Catalogue) -> None:
    assert {table: catalogue.checks(table) for table in COLUMNS} == CHECKS[catalogue.vendor]


def test_foreign_keys(catalogue: Catalogue) -> None:
    assert [found for table in TABLES for found in catalogue.foreign_keys(table)] == FOREIGN_KEYS


def test_integer_keys_are_given_by_the_database(catalogue: Catalogue) -> None:
    if catalogue.vendor == "sqlite":
        assert catalogue.rows("""
            SELECT name FROM sqlite_master WHERE sql LIKE '%PRIMARY KEY AUTOINCREMENT%'
            AND name IN ('clusters', 'cluster_members') ORDER BY name""") == [
            ("cluster_members",),
            ("clusters",),
        ]
    else:
        assert catalogue.rows("""
            SELECT pg_get_serial_sequence('clusters', 'id'),
                   pg_get_serial_sequence('cluster_members', 'id')""") == [
            ("public.clusters_id_seq", "public.cluster_members_id_seq")
        ]


def test_names_a_person_sees() -> None:
    assert [
        (str(model._meta.verbose_name), str(model._meta.verbose_name_plural))
        for model in (LongTermMemory, ShortTermMemory, Cluster, ClusterMember, MemoryRelationship)
    ] == [
        ("long-term memory", "long-term memories"),
        ("short-term memory", "short-term memories"),
        ("cluster", "clusters"),
        ("cluster member", "cluster members"),
        ("memory relationship", "memory relationships"),
    ]
    assert str(LongTermMemory(memory_id="m-1")) == "m-1"
    assert str(ShortTermMemory(memory_id="s-1")) == "s-1"
    assert str(Cluster(id=7)) == "cluster 7"
    assert str(ClusterMember(memory_id="m-1", cluster_id=7)) == "m-1 in cluster 7"
    edge = MemoryRelationship(source_memory_id="m-1", target_memory_id="m-2", relationship_type="supports")
    assert str(edge) == "m-1 supports m-2"


@pytest.fixture
def probe(migrated_url: str, django_db_blocker: Any) -> Iterator[str]:
    """The alias of a Django connection to a migrated database of each kind."""
    settings = {ALIAS: {**dj_database_url.parse(migrated_url)}}
    connections.settings[ALIAS] = connections.configure_settings({**connections.settings, **settings})[ALIAS]
    with django_db_blocker.unblock():
        try:
            yield ALIAS
        finally:
            connections[ALIAS].close()
            del connections[ALIAS]
            del connections.settings[ALIAS]


def execute(alias: str, sql: str) -> list[tuple[Any, ...]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def memory(memory_id: str, **values: Any) -> LongTermMemory:
    return LongTermMemory(
        **{
            "memory_id": memory_id,
            "processed_data": {},
            "category_primary": "fact",
            "searchable_content": "text",
            "summary": "text",
            **values,
        }
    )


VALUES = [
    {"b": 1, "a": [1.5, None, True, "é😀\u2028"]},
    [],
    "text",
    "1.10",
    "null",
    "",
    1,
    1.1,
    True,
    False,
    2**63,
    1e-320,
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_json_comes_back_as_it_was(probe: str, value: Any) -> None:
    memory("m-1", processed_data=value, embedding=value).save(using=probe)
    found = LongTermMemory.objects.using(probe).get()
    assert (found.processed_data, type(found.processed_data)) == (value, type(value))
    assert LongTermMemory.objects.using(probe).values_list("embedding").distinct().get() == (value,)


def test_json_in_bulk(probe: str) -> None:
    rows = [memory(f"m-{i:02}", processed_data=value) for i, value in enumerate(VALUES)]
    LongTermMemory.objects.using(probe).bulk_create(rows)
    for row in rows:
        row.embedding = [row.processed_data]
    LongTermMemory.objects.using(probe).bulk_update(rows, ["embedding"])
    found = LongTermMemory.objects.using(probe).order_by("memory_id")
    assert [(row.processed_data, row.embedding) for row in found] == [(value, [value]) for value in VALUES]


def test_json_is_stored_as_it_was_written(probe: str) -> None:
    memory("m-1", processed_data={"b": 1.0, "a": "ü"}).save(using=probe)
    cast = "::text" if connections[probe].vendor == "postgresql" else ""
    assert execute(probe, f"SELECT processed_data{cast} FROM long_term_memory") == [('{"b": 1.0, "a": "\\u00fc"}',)]


def test_json_null_is_not_sql_null(probe: str) -> None:
    memory("m-null", embedding=Value(None, JSONField())).save(using=probe)
    memory("m-sql", embedding=None).save(using=probe)
    assert execute(probe, "SELECT memory_id, embedding IS NULL FROM long_term_memory ORDER BY 1") in (
        [("m-null", 0), ("m-sql", 1)],
        [("m-null", False), ("m-sql", True)],
    )
    rows = LongTermMemory.objects.using(probe)
    assert rows.get(embedding__isnull=True).memory_id == "m-sql"
    assert rows.get(embedding__isnull=False).memory_id == "m-null"
    assert [row.embedding for row in rows.all()] == [None, None]


def test_json_keys_can_be_read_and_searched(probe: str) -> None:
    memory("m-1", processed_data={"name": "Ada", "tags": ["x", {"deep": 1}]}).save(using=probe)
    rows = LongTermMemory.objects.using(probe)
    assert rows.values_list("processed_data__name", "processed_data__tags", "processed_data__tags__1__deep").get() == (
        "Ada",
        ["x", {"deep": 1}],
        1,
    )
    assert rows.filter(processed_data__name__icontains="ada").count() == 1
    assert rows.filter(processed_data__name__icontains="bob").count() == 0


def test_json_in_a_raw_query(probe: str) -> None:
    memory("m-1", processed_data={"a": [1]}).save(using=probe)
    [found] = LongTermMemory.objects.using(probe).raw("SELECT * FROM long_term_memory")
    assert found.processed_data == {"a": [1]}


def test_nan_is_refused_because_it_is_no_json(probe: str) -> None:
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        memory("m-1", processed_data=[float("nan")]).save(using=probe)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_json_in_an_existing_column_on_sqlite(probe: str) -> None:
    """It is declared JSON: SQLite has made a float of 1.10 before anyone reads it."""
    special = {"id": "id INTEGER PRIMARY KEY", "centroid": "centroid JSON"}
    columns = [special.get(name, name) for name, _, _ in COLUMNS["clusters"]]
    execute(probe, "DROP TABLE clusters")
    execute(probe, f"CREATE TABLE clusters ({', '.join(columns)})")
    texts = ["1.10", "[1.10]", '"1.10"', "null", "7"]
    execute(probe, f"INSERT INTO clusters (id, centroid) VALUES {', '.join(map(str, enumerate(texts)))}")
    assert execute(probe, "SELECT typeof(centroid) FROM clusters WHERE id = 0") == [("real",)]
    found = Cluster.objects.using(probe).order_by("id").values_list("centroid", flat=True)
    assert list(found) == [1.1, [1.1], "1.10", None, 7]


MOMENT = dt.datetime(2025, 6, 1, 10, 0, 0, 123456, tzinfo=dt.UTC)


def test_times_come_back_as_they_were(probe: str) -> None:
    berlin = dt.timezone(dt.timedelta(hours=2))
    memory("m-1", timestamp=MOMENT.astimezone(berlin), last_accessed=None).save(using=probe)
    found = LongTermMemory.objects.using(probe).get()
    assert (found.timestamp, found.timestamp.tzinfo, found.last_accessed) == (MOMENT, dt.UTC, None)
    cast = "CAST(timestamp AS text)"
    assert execute(probe, f"SELECT {cast} FROM long_term_memory") == [("2025-06-01 10:00:00.123456",)]


def test_times_compare_whatever_their_zone(probe: str) -> None:
    whole = MOMENT.replace(microsecond=0)
    memory("m-whole", timestamp=whole).save(using=probe)
    memory("m-later", timestamp=MOMENT).save(using=probe)
    rows = LongTermMemory.objects.using(probe).order_by("memory_id")

    def names(**lookup: Any) -> list[str]:
        return [row.memory_id for row in rows.filter(**lookup)]

    tokyo = dt.timezone(dt.timedelta(hours=9))
    assert names(timestamp=whole.astimezone(tokyo)) == ["m-whole"]
    assert names(timestamp__gt=whole.astimezone(tokyo)) == ["m-later"]
    assert names(timestamp__lte=MOMENT.astimezone(tokyo)) == ["m-later", "m-whole"]
    assert names(timestamp__date=dt.date(2025, 6, 1)) == ["m-later", "m-whole"]
    assert names(timestamp__year=2025, timestamp__hour=10) == ["m-later", "m-whole"]
    assert names(timestamp__hour=12) == []


@pytest.mark.parametrize("database_kind", [kind for kind in KINDS if kind != "sqlite"])
def test_times_in_a_database_that_plain_django_made(probe: str) -> None:
    memory("m-1", timestamp=MOMENT).save(using=probe)
    execute(
        probe,
        "ALTER TABLE long_term_memory ALTER timestamp TYPE timestamptz USING timestamp AT TIME ZONE 'UTC'",
    )
    memory("m-2", timestamp=MOMENT).save(using=probe)
    rows = LongTermMemory.objects.using(probe)
    assert [(row.timestamp, row.timestamp.tzinfo) for row in rows.all()] == [(MOMENT, dt.UTC)] * 2
    assert rows.filter(timestamp=MOMENT).count() == 2
    assert rows.filter(timestamp__lt=MOMENT).count() == 0


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-06-01 10:00:00.123456", MOMENT),
        ("2025-06-01 10:00:00", MOMENT.replace(microsecond=0)),
        ("2025-06-01T10:00:00.123456", MOMENT),
        ("2025-06-01T12:00:00+02:00", MOMENT.replace(microsecond=0)),
        ("2025-06-01T10:00:00.123456Z", MOMENT),
        ("2025-06-01", dt.datetime(2025, 6, 1, tzinfo=dt.UTC)),
    ],
)
def test_spellings_of_time_on_sqlite(probe: str, text: str, moment: dt.datetime) -> None:
    memory("m-1").save(using=probe)
    execute(probe, f"UPDATE long_term_memory SET timestamp = '{text}'")
    found = LongTermMemory.objects.using(probe).get().timestamp
    assert (found, found.tzinfo) == (moment, dt.UTC)


def test_checks_stand_in_the_database_and_in_the_forms(probe: str) -> None:
    memory("m-1", y_coord=15.0, z_coord=-15.0, x_coord=1e300).save(using=probe)
    with pytest.raises(IntegrityError, match="ck_long_term_y_coord_range"):
        memory("m-2", y_coord=15.5).save(using=probe)
    with pytest.raises(ValidationError) as refused:
        memory("m-2", y_coord=15.5, z_coord=-16.0).clean_fields()
    assert refused.value.message_dict == {
        "processed_data": ["This field cannot be blank."],
        "y_coord": ["Ensure this value is less than or equal to 15.0."],
        "z_coord": ["Ensure this value is greater than or equal to -15.0."],
    }


def test_defaults_of_relationships_are_the_databases_own(probe: str) -> None:
    edge = {"relationship_id": "r-1", "source_memory_id": "a", "target_memory_id": "b"}
    MemoryRelationship(**edge, relationship_type="supports", created_at=MOMENT).save(using=probe)
    found = MemoryRelationship.objects.using(probe).get()
    assert (found.strength, found.namespace, found.created_at) == (0.5, "default", MOMENT)


def test_members_go_with_their_cluster(probe: str) -> None:
    cluster = Cluster(summary="one")
    cluster.save(using=probe)
    ClusterMember(memory_id="m-1", summary="", cluster=cluster).save(using=probe)
    assert [member.memory_id for member in cluster.members.all()] == ["m-1"]
    cluster.delete()
    assert ClusterMember.objects.using(probe).count() == 0
