"""List pages: search, filters, dates, counts, and what is in the address."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from memoria.admin.tables import lists as rows
from memoria.admin.tables import search
from memoria.admin.tables.indexes import indexed_fields, values
from memoria.admin.tables.search import found
from memoria.models import Import, LongTermMemory, MemoryEntity, ShortTermMemory, Team, Upload
from memoria.snapshot.schema.registry import MODELS
from tests.admin.conftest import as_default, one_row_each, sample_data
from tests.conftest import MakeDatabase
from tests.support.samples.databases import create_existing, insert
from tests.support.samples.rows import row

SignIn = Callable[..., Client]
LIST = "/admin/memoria/longtermmemory/"


def keys(response: Any) -> list[str]:
    return [str(found.pk) for found in response.context["cl"].result_list]


def text_of(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def add_memories(url: str, **by_key: dict[str, Any]) -> None:
    for key, columns in by_key.items():
        insert(url, "long_term_memory", [row("long_term_memory", memory_id=key, **columns)])


LISTED = [
    ("", ["d", "c", "b", "a"]),
    ("namespace=x", ["b", "a"]),
    ("namespace=x&category_primary=rule", ["b"]),
    ("namespace=nowhere", []),
    ("classification=personal", ["c"]),
    ("memory_importance=high", ["d"]),
    ("retention_type=permanent", ["c"]),
    ("has_embedding=yes", ["a"]),
    ("has_embedding=no", ["d", "c", "b"]),
    ("created_at__year=2025", ["d", "c"]),
    ("created_at__year=2025&created_at__month=2", ["d"]),
    ("created_at__year=2024&created_at__month=12&created_at__day=31", ["b"]),
    ("o=4", ["b", "a", "c", "d"]),
    ("q=another+text", ["c"]),
    ("q=TEXT", ["d", "c", "b", "a"]),
    ("q=b", ["b"]),
    ("q=%25", []),
    ("q=%00", ["d", "c", "b", "a"]),
]


def test_what_is_listed(everywhere: str, sign_in: SignIn) -> None:
    add_memories(
        everywhere,
        a={"namespace": "x", "created_at": "2024-01-01 00:00:00.000000", "embedding": "[0.5]", "importance_score": 0.2},
        b={"namespace": "x", "category_primary": "rule", "created_at": "2024-12-31 23:59:59.999999",
           "importance_score": 0.1},
        c={"classification": "personal", "retention_type": "permanent", "searchable_content": "Another TEXT",
           "created_at": "2025-01-01 00:00:00.000000"},
        d={"memory_importance": "high", "created_at": "2025-02-28 12:00:00.000000", "importance_score": 0.9},
    )  # fmt: skip
    client = sign_in(administrator=True)
    assert [(filters, keys(client.get(f"{LIST}?{filters}"))) for filters, _ in LISTED] == LISTED


def test_the_choices_of_filters_are_the_values_there_are(everywhere: str, sign_in: SignIn) -> None:
    sample_data()
    page = sign_in(administrator=True).get(LIST)
    choices = re.findall(r'<a href="\?(?:namespace|retention_type)=[^"]*">([^<]*)</a>', page.content.decode())
    assert choices == ["default", "research", "support", "team:atlas", "team:borealis", "long_term", "permanent"]


def test_too_many_values_end_in_a_box_to_write_one(everywhere: str, sign_in: SignIn) -> None:
    insert(
        everywhere,
        "memory_entities",
        [row("memory_entities", entity_id=f"e-{n}", namespace=f"n-{n:03}") for n in range(60)],
    )
    assert values(MemoryEntity, ["namespace"], using="default")["namespace"] == [f"n-{n:03}" for n in range(51)]
    page = sign_in(administrator=True).get("/admin/memoria/memoryentity/?namespace=n-055&entity_type=person")
    assert keys(page) == ["e-55"]
    assert "There are more. Another namespace:" in text_of(page)
    assert '<input type="hidden" name="entity_type" value="person">' in page.content.decode()


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("expired", ["past"]),
        ("day", ["hours"]),
        ("week", ["days", "hours"]),
        ("later", ["months"]),
        ("never", ["never"]),
        ("nonsense", ["days", "hours", "months", "never", "past"]),
    ],
)
def test_what_expires_when(sqlite_site: str, sign_in: SignIn, choice: str, expected: list[str]) -> None:
    now = datetime.now(UTC)
    for key, hours in (("past", -1), ("hours", 2), ("days", 50), ("months", 2000), ("never", None)):
        moment = None if hours is None else now + timedelta(hours=hours)
        ShortTermMemory.objects.create(memory_id=key, processed_data={}, summary="s", expires_at=moment)
    response = sign_in(administrator=True).get(f"/admin/memoria/shorttermmemory/?expiry={choice}")
    assert sorted(keys(response)) == expected


def test_a_list_reads_only_what_it_shows_in_few_queries(everywhere: str, sign_in: SignIn) -> None:
    sample_data()
    client = sign_in("view_longtermmemory", "view_shorttermmemory")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"{LIST}?q=reading&namespace=research")
    assert len(queries) <= 10
    (listed,) = [q["sql"] for q in queries if "summary_start" in q["sql"]]
    assert "embedding" not in listed
    assert "processed_data" not in listed
    assert 'searchable_content",' not in listed
    assert not [q["sql"] for q in queries if "DISTINCT" in q["sql"] and "newest" not in q["sql"]]
    administrator = sign_in(administrator=True)
    for name in ("shorttermmemory", "cluster", "clustermember", "memoryrelationship"):
        with CaptureQueriesContext(connection) as queries:
            administrator.get(f"/admin/memoria/{name}/")
        assert len(queries) <= 10, name


def test_a_count_ends_where_it_would_take_long(
    everywhere: str, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "COUNTED", 100)
    monkeypatch.setattr(rows.bounded_count, "__defaults__", (100,))
    sample_data()
    client = sign_in(administrator=True)
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE long_term_memory")
        total = "The first 100 of about 160 long-term memories: filters, dates and the search lead to the others."
    else:
        total = "The first 100 of more long-term memories: filters, dates and the search lead to the others."
    first = client.get(LIST)
    assert total in text_of(first)
    assert "Select all" not in text_of(first)
    assert len(keys(client.get(f"{LIST}?p=2"))) == 50
    assert client.get(f"{LIST}?p=3").status_code == 302
    assert "40 long-term memories" in text_of(client.get(f"{LIST}?namespace=research"))


def test_search_without_an_index_says_how_far_it_looked(
    everywhere: str, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SCANNED", 2)
    for number in range(4):
        add_memories(everywhere, **{f"m-{number}": {"created_at": f"2025-01-0{number + 1} 00:00:00.000000"}})
    response = sign_in(administrator=True).get(f"{LIST}?q=text")
    assert keys(response) == ["m-3", "m-2"]
    note = "This database has no index of words: the texts of the newest 2 rows were looked through."
    assert note in text_of(response)
    assert "m-0" in keys(sign_in(administrator=True).get(f"{LIST}?q=m-0"))


def test_existing_databases_have_an_index_of_words(
    database_kind: str, make_database: MakeDatabase, django_db_blocker: Any
) -> None:
    url = make_database(database_kind, filled=create_existing)
    with as_default(url, django_db_blocker):
        index = search.full_text(ShortTermMemory, "default")
        if database_kind == "sqlite" and not index:
            pytest.skip("This SQLite library cannot open the index of these databases.")
        assert index in ("search_vector", "memory_search_fts")
        for key, text in (("a", "The harbour at night"), ("b", "harbours"), ("c", "bread")):
            insert(url, "short_term_memory", [row("short_term_memory", memory_id=key, searchable_content=text)])
        rows = ShortTermMemory.objects.order_by("pk")
        queryset, note = found(rows, "harbour", fields=("memory_id",), texts=("summary",), newest="created_at")
        # PostgreSQL's index knows that harbours are a harbour.
        expected = ["a", "b"] if index == "search_vector" else ["a"]
        assert (list(queryset.values_list("pk", flat=True)), note) == (expected, "")
        # There, nothing fills the column of long-term memories: it is no index.
        assert search.full_text(LongTermMemory, "default") == ("" if index == "search_vector" else index)


def test_only_what_an_index_orders_is_sorted(sqlite_site: str, sign_in: SignIn) -> None:
    add_memories(sqlite_site, a={})
    html = sign_in(administrator=True).get(LIST).content.decode()
    head = html.split("<thead>")[1].split("</thead>")[0]
    assert re.findall(r'<div class="text"><a href="\?o=[^"]*">([^<]+)</a>', head) == ["Importance", "Created at"]


def test_what_indexes_make_quick() -> None:
    assert indexed_fields(Team) == {"team_id", "created_at", "slug"}
    assert {"memory_id", "namespace", "created_at", "team", "workspace"} < indexed_fields(LongTermMemory)
    assert {"retention_type", "summary", "duplicate_of", "embedding"}.isdisjoint(indexed_fields(LongTermMemory))


def test_the_way_down_the_dates(everywhere: str, sign_in: SignIn) -> None:
    add_memories(
        everywhere,
        a={"created_at": "2023-05-01 00:00:00.000000"},
        b={"created_at": "2025-02-28 12:00:00.000000"},
    )
    client = sign_in(administrator=True)

    def links(parameters: str) -> list[str]:
        page = client.get(f"{LIST}?{parameters}").content.decode()
        nav = page.split('<nav class="toplinks">')[1].split("</nav>")[0]
        return re.findall(r">(?:&lsaquo; )?([^<>]+)</a>", nav)

    assert links("") == ["2023", "2024", "2025"]
    assert links("created_at__year=2025")[:3] == ["All dates", "January 2025", "February 2025"]
    assert links("created_at__year=2025&created_at__month=2")[-2:] == ["27", "28"]
    assert links("created_at__year=2025&created_at__month=2&created_at__day=28") == ["February 2025"]


REFUSED = [
    "summary__regex=(a%2B)%2B$",
    "searchable_content__icontains=secret",
    "processed_data__text__icontains=secret",
    "team__slug=x",
    "team__name__startswith=x",
    "importance_score__gte=0",
    "namespace__in=a,b",
    "created_at__gte=2020-01-01",
    "pk__in=1",
    "password=x",
    "embedding__isnull=1",
]


def test_other_lookups_in_the_address_are_refused(sqlite_site: str, sign_in: SignIn) -> None:
    client = sign_in(administrator=True)
    assert {parameters: client.get(f"{LIST}?{parameters}").status_code for parameters in REFUSED} == dict.fromkeys(
        REFUSED, 400
    )


HOSTILE = ["9999", "0", "13", "'", '"',
           "';DROP TABLE long_term_memory;--", "\x00", "%", "\\", "(SELECT 1)", "1e999", "-1", "9" * 40,
           "<script>", "\ud83e\udd89", "a" * 5000, "*", "NaN", "\u202e"]  # fmt: skip


PARAMETERS = [
    "q", "p", "o", "all", "namespace", "category_primary", "has_embedding", "retention_type", "memory_id", "team",
    "created_at__year", "created_at__month", "created_at__day", "_to_field", "_popup", "e", "_changelist_filters",
]  # fmt: skip


def test_nothing_in_the_address_breaks_a_list(everywhere: str, sign_in: SignIn) -> None:
    add_memories(everywhere, a={})
    client = sign_in(administrator=True)
    client.raise_request_exception = False
    for parameter in PARAMETERS:
        for value in HOSTILE:
            text = value.encode("utf-16", "surrogatepass").decode("utf-16")
            response = client.get(LIST, {parameter: text})
            assert response.status_code in (200, 302, 400), (parameter, value)
            assert "<script>" not in response.content.decode()
    assert LongTermMemory.objects.count() == 1


ODD = ["a%00b", "%ff", "9" * 30, "NaN"]


def test_nothing_in_an_address_breaks_any_page(everywhere: str, sign_in: SignIn) -> None:
    one_row_each(everywhere)
    client = sign_in(administrator=True)
    client.raise_request_exception = False
    broken = []
    for model in (*MODELS, Upload, Import):
        at = f"/admin/memoria/{model._meta.model_name}/"
        columns = [field.attname for field in model._meta.concrete_fields if field.primary_key or field.is_relation]
        for odd in ODD:
            asked = [f"?{name}={odd}" for name in columns]
            pages = [f"{odd}/{page}" for page in ("", "change/", "status/", "report/")]
            for address in (*asked, *pages):
                if client.get(at + address).status_code not in (200, 301, 302, 400, 403, 404):
                    broken.append(at + address)
    assert broken == []


def test_relationships_are_listed_with_the_summaries_of_memories(sqlite_site: str, sign_in: SignIn) -> None:
    add_memories(sqlite_site, a={"summary": "The first <b>memory</b>"})
    edge = row("memory_relationships", relationship_id="e-1", source_memory_id="a", target_memory_id="gone")
    insert(sqlite_site, "memory_relationships", [edge])
    path = "/admin/memoria/memoryrelationship/"
    page = sign_in(administrator=True).get(path).content.decode()
    assert f'<a href="{LIST}a/change/">The first &lt;b&gt;memory&lt;/b&gt;</a>' in page
    assert '<td class="field-target_memory_id">gone</td>' in page
    # Who may not view memories sees their ids.
    page = sign_in("view_memoryrelationship").get(path).content.decode()
    assert "The first" not in page
    assert '<td class="field-source_memory_id">a</td>' in page


def test_a_date_is_spelled_as_the_commands_spell_it(sqlite_site: str, sign_in: SignIn) -> None:
    add_memories(sqlite_site, a={"created_at": "2026-11-23 17:05:09.000000"})
    client = sign_in(administrator=True)
    assert '<td class="field-created_at nowrap">2026-11-23 17:05 UTC</td>' in client.get(LIST).content.decode()


def test_the_bare_address_leads_to_the_admin(client: Client) -> None:
    response = client.get("/", secure=True)
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")


def test_a_memory_is_called_by_its_summary(sqlite_site: str, sign_in: SignIn) -> None:
    add_memories(sqlite_site, a={"summary": "What it <b>says</b>"}, b={"summary": ""})
    client = sign_in(administrator=True)
    assert "<h2>What it &lt;b&gt;says&lt;/b&gt;</h2>" in client.get(f"{LIST}a/change/").content.decode()
    assert "<h2>b</h2>" in client.get(f"{LIST}b/change/").content.decode()
