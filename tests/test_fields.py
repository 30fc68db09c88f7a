"""How the columns of existing databases are read and written, and foreign keys with rules of their own."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connections
from django.db.models import JSONField, Value

from memoria.models import Cluster, LongTermMemory, Upload
from tests.conftest import KINDS
from tests.models import clusters


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
    columns = [special.get(name, name) for name, _, _ in clusters.TABLES["clusters"].columns]
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


@pytest.mark.parametrize("use_tz", [True, False])
def test_now_is_utc_in_every_project(probe: str, settings: Any, use_tz: bool) -> None:
    """Where USE_TZ is off Django's own now has no zone, and is that of the project's clock."""
    settings.USE_TZ, settings.TIME_ZONE = use_tz, "Asia/Tokyo"
    before = dt.datetime.now(dt.UTC)
    memory("m-1").save(using=probe)
    upload = Upload.objects.using(probe).create(id="u-1", name="x", size=1, expires_at=before)
    found = LongTermMemory.objects.using(probe).get().created_at
    assert before <= found <= dt.datetime.now(dt.UTC)
    assert before <= Upload.objects.using(probe).get().waiting_since <= dt.datetime.now(dt.UTC)
    assert upload.waiting_since.tzinfo is not None
