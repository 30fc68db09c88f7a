"""The page of a row: what it shows, what may be changed, and what goes when it is deleted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from memoria.admin.tables.readable import readable_json, vector
from memoria.models import Cluster, ClusterMember, LongTermMemory, MemoryRelationship, Team, Workspace
from memoria.snapshot.schema.facts import Kind
from memoria.snapshot.schema.registry import MODELS, table_of
from tests.support.samples.databases import insert, query, script
from tests.support.samples.rows import row

SignIn = Callable[..., Client]


def memory(url: str, key: str, **columns: Any) -> str:
    """Insert a memory; the address of its page."""
    insert(url, "long_term_memory", [row("long_term_memory", memory_id=key, **columns)])
    return f"/admin/memoria/longtermmemory/{key}/change/"


def edge(url: str, key: str, source: str, target: str, **columns: Any) -> None:
    facts = {"relationship_type": "supports", "source_memory_id": source, "target_memory_id": target}
    insert(url, "memory_relationships", [row("memory_relationships", relationship_id=key, **facts, **columns)])


def text_of(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def panel(response: Any, title: str) -> str:
    """The HTML of one panel."""
    found = re.search(rf'<section[^>]*aria-label="{title}">(.*?)</section>', response.content.decode(), re.DOTALL)
    assert found, title
    return found[1]


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</textarea><svg onload=alert(1)>",
    "</title></pre><iframe src=javascript:alert(1)>",
    "{{ settings.SECRET_KEY }}{% debug %}",
    "javascript:alert(1)",
    "&lt;b&gt;",
]


class Elements(HTMLParser):
    """What a browser would take for scripts, handlers and foreign addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        inline = tag == "script" and "src" not in given and not (given.get("id") or "").startswith("django-admin-")
        if inline or tag in ("iframe", "object", "embed", "base"):
            self.found.append(tag)
        for name, value in attributes:
            address = name in ("href", "src", "action", "formaction", "xlink:href")
            if name.startswith("on") or name == "style" or (address and "script:" in (value or "")[:20]):
                self.found.append(f"{tag} {name}={value}")


def test_stored_text_is_never_html(sqlite_site: str, sign_in: SignIn) -> None:
    """Every text and every JSON column of every table, on the list, the page and where others link to the row."""
    client = sign_in(administrator=True)
    for number, hostile in enumerate(HOSTILE):
        for model in MODELS:
            table = table_of(model)
            texts = {c.name: hostile[: c.max_length] for c in table.columns if c.kind is Kind.TEXT}
            jsons = {c.name: json.dumps({hostile: [hostile]}) for c in table.columns if c.kind is Kind.JSON}
            values = row(table.name, **texts, **jsons)
            keyed = {c.name: values[c.name] for c in table.columns if c.name in values and not c.name.endswith("_id")}
            if table.key.kind is Kind.TEXT:
                keyed[table.key.name] = values[table.key.name]
            else:
                keyed[table.key.name] = number + 1
            fresh = row(table.name) | keyed
            for name in ("team_id", "workspace_id", "chat_id"):
                if name in fresh and name != table.key.name:
                    fresh[name] = hostile
            insert(sqlite_site, table.name, [fresh])
        script(
            sqlite_site,
            "UPDATE memory_relationships SET source_memory_id = '{0}', target_memory_id = '{0}'".format(
                hostile.replace("'", "''")
            ),
        )
    pages = ["/admin/", "/admin/memoria/memoryrelationship/graph/?namespace=" + "%3Cscript%3E"]
    for model in MODELS:
        name = model._meta.model_name
        pages.append(f"/admin/memoria/{name}/")
        pages.append(f"/admin/memoria/{name}/?q=%3Cscript%3Ealert(1)%3C/script%3E")
    for page in pages:
        seen = Elements()
        seen.feed(client.get(page).content.decode())
        assert seen.found == [], page
    for model in MODELS:
        for found in model._default_manager.all():
            address = f"/admin/memoria/{model._meta.model_name}/"
            links = re.findall(rf'href="({address}[^"?]+/change/)', client.get(address).content.decode())
            for link in links[:3]:
                seen = Elements()
                response = client.get(unescape(link))
                assert response.status_code == 200, (link, found)
                seen.feed(response.content.decode())
                assert seen.found == [], link
            break


def test_json_is_readable_and_to_the_letter(everywhere: str, sign_in: SignIn) -> None:
    stored = '{"b":1.10,"a":[10000000000000000000000000001,1e2],"ü":null}'
    page = sign_in(administrator=True).get(memory(everywhere, "m-1", processed_data=stored))
    lines = [
        "{",
        '  "b": 1.10,',
        '  "a": [',
        "    10000000000000000000000000001,",
        "    1e2",
        "  ],",
        '  "ü": null',
        "}",
    ]
    assert "\n".join(lines) in unescape(page.content.decode())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, ""),
        ("{broken", "{broken"),
        ("", ""),
        ("[" * 100_000, "[" * 100_000),
        ('"\\ud83e"', '"\\ud83e"'),
        ("x" * 100_010, "x" * 100_000 + "\n… 10 more characters"),
    ],
)
def test_json_that_is_none_is_shown_as_it_is(text: str | None, shown: str) -> None:
    assert readable_json(text) == shown


def test_a_broken_row_has_a_page(sqlite_site: str, sign_in: SignIn) -> None:
    address = memory(sqlite_site, "m-1", processed_data="{broken", embedding="[1, 'x'", importance_score="much")
    page = sign_in(administrator=True).get(address)
    assert page.status_code == 200
    assert "{broken" in text_of(page)
    listed = sign_in(administrator=True).get("/admin/memoria/longtermmemory/")
    assert "much" in text_of(listed)


def test_an_embedding_is_a_picture(everywhere: str, sign_in: SignIn) -> None:
    page = sign_in(administrator=True).get(memory(everywhere, "m-1", embedding="[3.0, -4.0, 0]"))
    assert "3 dimensions, norm 5.0000, from -4.0000 to 3.0000" in text_of(page)
    bars = re.findall(r'<rect x="(\S+)" y="(\S+)" width="1.6" height="(\S+)"/>', page.content.decode())
    assert bars == [("0.0", "6.0", "18.0"), ("2.0", "24", "24.0"), ("4.0", "24.0", "0.0")]
    assert "-4.0," not in text_of(page)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", "[1, null]", "[NaN]", "[1, [2]]", '["1"]', "[true]", "[1", "7"]
)
def test_what_is_no_vector(text: str) -> None:
    assert vector(text) is None


def test_a_long_vector_is_drawn_with_few_bars() -> None:
    found = vector(json.dumps([0.5] * 1536))
    assert found is not None
    assert (found.dimension, len(found.bars), round(found.norm, 4)) == (1536, 128, 19.5959)


def test_a_memory_shows_its_clusters_edges_and_duplicates(everywhere: str, sign_in: SignIn) -> None:
    address = memory(everywhere, "m-1", duplicate_of="m-0")
    for key in ("m-0", "m-2"):
        memory(everywhere, key, summary=f"the summary of {key}", duplicate_of="m-1" if key == "m-2" else None)
    insert(everywhere, "clusters", [row("clusters", id=7, summary="about harbours")])
    insert(everywhere, "cluster_members", [row("cluster_members", id=1, cluster_id=7, memory_id="m-1")])
    edge(everywhere, "e-1", "m-1", "m-2", strength=0.5)
    edge(everywhere, "e-2", "m-1", "gone", strength=0.9)
    edge(everywhere, "e-3", "m-2", "m-1")
    client = sign_in(administrator=True)
    with CaptureQueriesContext(connection) as queries:
        page = client.get(address)
    assert len(queries) <= 15
    assert '<a href="/admin/memoria/cluster/7/change/">cluster 7</a>' in panel(page, "Clusters")
    out = panel(page, "Relationships from here")
    assert out.index("gone (no such memory)") < out.index("the summary of m-2")
    assert '<a href="/admin/memoria/longtermmemory/m-2/change/">the summary of m-2</a>' in out
    assert '<a href="/admin/memoria/memoryrelationship/e-3/change/">supports</a>' in panel(
        page, "Relationships to here"
    )
    duplicates = " ".join(re.sub(r"<[^>]+>", " ", panel(page, "Duplicates")).split())
    assert "It repeats the summary of m-0" in duplicates
    assert "It is repeated by the summary of m-2" in duplicates
    assert '<a href="/admin/memoria/memoryrelationship/graph/?memory=m-1">Graph</a>' in page.content.decode()


def test_panels_are_bounded(sqlite_site: str, sign_in: SignIn) -> None:
    address = memory(sqlite_site, "m-1")
    insert(
        sqlite_site,
        "memory_relationships",
        [
            row("memory_relationships", relationship_id=f"e-{n}", source_memory_id="m-1", target_memory_id=f"x-{n}")
            for n in range(200)
        ],
    )
    insert(sqlite_site, "clusters", [row("clusters", id=1)])
    insert(
        sqlite_site,
        "cluster_members",
        [row("cluster_members", id=n, cluster_id=1, memory_id=f"x-{n}") for n in range(1, 301)],
    )
    client = sign_in(administrator=True)
    edges = panel(client.get(address), "Relationships from here")
    assert edges.count("<tr>") == 51
    assert '<a href="/admin/memoria/memoryrelationship/?source_memory_id=m-1">All of them</a>' in edges
    assert client.get("/admin/memoria/memoryrelationship/?source_memory_id=m-1").status_code == 200
    members = panel(client.get("/admin/memoria/cluster/1/change/"), "Members")
    assert members.count("<tr>") == 101
    assert client.get("/admin/memoria/clustermember/?cluster=1").context["cl"].result_count == 300


def test_nobody_sees_rows_of_tables_they_may_not_view(sqlite_site: str, sign_in: SignIn) -> None:
    address = memory(sqlite_site, "m-1")
    memory(sqlite_site, "m-2", summary="a secret")
    insert(sqlite_site, "clusters", [row("clusters", id=7, summary="about harbours")])
    insert(sqlite_site, "cluster_members", [row("cluster_members", id=1, cluster_id=7, memory_id="m-1")])
    edge(sqlite_site, "e-1", "m-1", "m-2", reasoning="why")
    only_memories = sign_in("view_longtermmemory").get(address)
    assert not {"about harbours", "why", "Graph"} & set(re.findall("about harbours|why|Graph", text_of(only_memories)))
    members = sign_in("view_longtermmemory", "view_clustermember").get(address)
    assert "cluster 7" in text_of(members)
    assert "about harbours" not in text_of(members)
    edges = sign_in("view_memoryrelationship").get("/admin/memoria/memoryrelationship/e-1/change/")
    assert "a secret" not in text_of(edges)
    short_only = sign_in("view_shorttermmemory", "view_memoryrelationship")
    assert short_only.get(address).status_code == 403


def test_only_what_was_changed_is_written(everywhere: str, sign_in: SignIn) -> None:
    stored = '{"b": 1.10,   "a": 10000000000000000000000000001}'
    address = memory(everywhere, "m-1", processed_data=stored, summary="before", embedding="[1e2]")
    client = sign_in("view_longtermmemory", "change_longtermmemory")
    form = client.get(address).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if name in form.fields and value is not None}
    sent = data | {"summary": "after", "memory_id": "m-9", "namespace": "taken over", "processed_data": "{}"}
    response = client.post(address, sent)
    assert response.status_code == 302, response.context["errors"]
    cast = "SELECT memory_id, namespace, summary, CAST(processed_data AS text), CAST(embedding AS text)"
    assert query(everywhere, f"{cast} FROM long_term_memory") == [("m-1", "default", "after", stored, "[1e2]")]
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Changed Summary."]


def test_who_may_only_view_changes_nothing(sqlite_site: str, sign_in: SignIn) -> None:
    address = memory(sqlite_site, "m-1", summary="before")
    client = sign_in("view_longtermmemory")
    page = client.get(address)
    assert not re.findall(r'<(?:textarea|input type="text")[^>]*name="', page.content.decode())
    assert client.post(address, {"summary": "after"}).status_code == 403
    assert LongTermMemory.objects.get().summary == "before"


def test_a_row_is_added(sqlite_site: str, sign_in: SignIn) -> None:
    client = sign_in(administrator=True)
    sent = {"team_id": "t-1", "name": "Blue", "slug": "blue", "created_at_0": "2026-01-01", "created_at_1": "00:00",
            "updated_at_0": "2026-01-01", "updated_at_1": "00:00"}  # fmt: skip
    assert client.post("/admin/memoria/team/add/", sent).status_code == 302
    assert Team.objects.get().name == "Blue"
    again = client.post("/admin/memoria/team/add/", sent)
    assert "Team with this Team id already exists." in text_of(again)


def test_deleting_counts_what_goes_with_a_row(everywhere: str, sign_in: SignIn) -> None:
    insert(everywhere, "clusters", [row("clusters", id=1)])
    insert(everywhere, "cluster_members", [row("cluster_members", id=n, cluster_id=1) for n in range(1, 31)])
    insert(everywhere, "teams", [row("teams")])
    memory(everywhere, "m-1", team_id="t-1")
    lacking = sign_in("view_cluster", "delete_cluster").get("/admin/memoria/cluster/1/delete/")
    assert "your account doesn't have permission to delete" in text_of(lacking)
    client = sign_in("view_cluster", "delete_cluster", "delete_clustermember", "view_team", "delete_team")
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/admin/memoria/cluster/1/delete/")
    assert "30 cluster members, which belong to them" in text_of(page)
    assert not [q for q in queries if "memory_id" in q["sql"]]
    assert client.post("/admin/memoria/cluster/1/delete/", {"post": "yes"}).status_code == 302
    assert (Cluster.objects.count(), ClusterMember.objects.count()) == (0, 0)
    assert client.post("/admin/memoria/team/t-1/delete/", {"post": "yes"}).status_code == 302
    assert query(everywhere, "SELECT memory_id, team_id FROM long_term_memory") == [("m-1", None)]


def test_many_rows_are_not_deleted_at_once(sqlite_site: str, sign_in: SignIn) -> None:
    rows = [row("memory_relationships", relationship_id=f"e-{n}") for n in range(1001)]
    insert(sqlite_site, "memory_relationships", rows)
    client = sign_in(administrator=True)
    sent = {"action": "delete_selected", "select_across": "1", "_selected_action": ["e-1"], "post": "yes"}
    page = client.post("/admin/memoria/memoryrelationship/", sent, follow=True)
    assert "At most 1,000 rows are deleted at once here: choose fewer. Nothing was deleted." in text_of(page)
    assert MemoryRelationship.objects.count() == 1001
    few = {"action": "delete_selected", "_selected_action": ["e-1", "e-2"], "post": "yes"}
    assert client.post("/admin/memoria/memoryrelationship/", few).status_code == 302
    assert MemoryRelationship.objects.count() == 999


@pytest.mark.parametrize("key", ["nothing", "\x00", "%", "_2F", "_5Fx", "a" * 3000, "../../x", "1/2"])
def test_a_row_that_is_not_there(everywhere: str, sign_in: SignIn, key: str) -> None:
    client = sign_in(administrator=True)
    for model in (LongTermMemory, Cluster, Workspace):
        response = client.get(f"/admin/memoria/{model._meta.model_name}/{key}/change/")
        assert response.status_code in (302, 404)
