"""The overview on the first page, and the graph."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from memoria.admin.graph.graph import NODES, of_namespace
from memoria.admin.overview import figures
from memoria.admin.overview.charts import columns, rows
from memoria.models import LongTermMemory
from memoria.models.imports import Import
from tests.admin.conftest import sample_data
from tests.conftest import RunMemoria
from tests.support.samples.databases import insert
from tests.support.samples.rows import row

SignIn = Callable[..., Client]
GRAPH = "/admin/memoria/memoryrelationship/graph/"


def text_of(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def facts(response: Any) -> dict[str, str]:
    found = re.findall(r"<dt>([^<]+)</dt><dd>(?:<a[^>]*>)?([^<]+)", response.content.decode())
    return {title: unescape(text) for title, text in found}


def test_the_figures(everywhere: str, sign_in: SignIn) -> None:
    sample_data()
    client = sign_in(administrator=True)
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/admin/")
    assert len(queries) <= 16
    assert facts(page) == {
        "long-term memories": "160",
        "short-term memories": "37",
        "memory relationships": "138",
        "clusters": "17",
        "cluster members": "158",
        "memory entities": "0",
        "expire within a week": facts(page)["expire within a week"],
        "last backup": "none known",
        "last import": "none noted",
    }
    html = page.content.decode()
    assert "Long-term memories: research: 40, support: 40, team:atlas: 40, team:borealis: 30, default: 10." in html
    assert html.count('<svg viewBox="0 0 420') == html.count('role="img"') == html.count("<desc ") == 6
    table = re.sub(r"<[^>]+>|\s+", " ", html.split("<summary>The figures</summary>")[1].split("</table>")[0])
    assert table.split() == ["Namespace", "Memories", "research", "40", "support", "40", "team:atlas", "40",
                             "team:borealis", "30", "default", "10"]  # fmt: skip
    assert "/admin/memoria/longtermmemory/?namespace=team%3Aatlas" in html


def test_a_large_table_is_judged_by_a_sample(everywhere: str, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    sample_data()
    monkeypatch.setattr(figures, "COUNTED_WHOLE", 100)
    if connection.vendor != "postgresql":
        assert figures.spread(LongTermMemory, "default").estimated is False
        return
    connection.cursor().execute("ANALYZE long_term_memory")
    found = figures.spread(LongTermMemory, "default")
    assert (found.total, found.estimated) == (160, True)
    # The sample is larger than the table: it is all of it.
    assert found.namespaces == {"research": 40, "support": 40, "team:atlas": 40, "team:borealis": 30, "default": 10}
    page = sign_in(administrator=True).get("/admin/")
    assert facts(page)["long-term memories"] == "about 160"
    assert "Estimated from a sample of the rows." in text_of(page)


def test_nobody_sees_figures_of_tables_they_may_not_view(sqlite_site: str, sign_in: SignIn) -> None:
    sample_data()
    assert facts(sign_in().get("/admin/")) == {}
    assert facts(sign_in("view_cluster").get("/admin/")) == {"clusters": "17"}
    some = sign_in("view_shorttermmemory", "change_memoryrelationship").get("/admin/")
    assert list(facts(some)) == ["short-term memories", "memory relationships", "expire within a week"]
    assert "Long-term" not in text_of(some)
    assert some.content.decode().count('role="img"') == 3
    assert facts(sign_in("view_import").get("/admin/")) == {"last import": "none noted"}


def test_the_last_backup_and_the_last_import(
    sqlite_site: str, sign_in: SignIn, run_memoria: RunMemoria, tmp_path: Path
) -> None:
    made = run_memoria("backup-database", str(tmp_path / "b" / "memoria.sql.gz"), env={"DATABASE_URL": sqlite_site})
    assert made.returncode == 0, made.stderr.decode()
    moment = "2020-01-01T00:00:00+00:00"
    Import.objects.create(kind="upload", started_at=moment, finished_at=moment, user_name="ada", file_name="a.ndjson")
    with override_settings(MEMORIA_BACKUP_DIR=tmp_path / "b"):
        page = sign_in(administrator=True).get("/admin/")
    assert facts(page)["last backup"] == "0\xa0minutes ago"
    assert re.search(r"memoria\.sql\.gz: verified when made, [\d.]+ kB\.", text_of(page))
    assert "years" in facts(page)["last import"]
    assert "a.ndjson by ada: done." in text_of(page)


def test_a_month_that_is_none_breaks_nothing(sqlite_site: str, sign_in: SignIn) -> None:
    for number, moment in enumerate(("2025-03-01 00:00:00.000000", "2024-11-30 00:00:00.000000", "garbage")):
        insert(sqlite_site, "long_term_memory", [row("long_term_memory", memory_id=f"m-{number}", created_at=moment)])
    spread = figures.spread(LongTermMemory, "default")
    assert list(spread.months) == ["2024-11", "2025-03", "garbage"]
    html = sign_in(administrator=True).get("/admin/").content.decode()
    assert "2024-11: 1, 2024-12: 0, 2025-01: 0, 2025-02: 0, 2025-03: 1." in html


def test_the_places_of_bars() -> None:
    chart = rows("Title", "Label", [("a", 10, ""), ("b", 5, ""), ("c", 0, "")], unit="Rows")
    assert [(bar.x, bar.width) for bar in chart.bars] == [(130, 228.0), (130, 114.0), (130, 0.0)]
    assert (chart.description, chart.width, chart.height) == ("Rows: a: 10, b: 5, c: 0.", 420, 66)
    upright = columns("Title", "Label", [("a", 1, ""), ("b", 2, "")], unit="Rows", about=True)
    assert [(bar.y, bar.height, bar.text) for bar in upright.bars] == [(76.0, 60.0, "≈ 1"), (16.0, 120.0, "≈ 2")]
    assert columns("Title", "Label", [], unit="Rows").description == "Rows: none."


def edges(url: str, *pairs: tuple[str, str]) -> None:
    facts = [
        {"relationship_id": f"e-{n}", "source_memory_id": a, "target_memory_id": b, "strength": 1 - n / 10_000}
        for n, (a, b) in enumerate(pairs)
    ]
    insert(url, "memory_relationships", [row("memory_relationships", **fact) for fact in facts])


def nodes(response: Any) -> list[str]:
    graph = response.context["graph"]
    return sorted(node.key for node in graph.nodes)


def test_the_graph_of_a_namespace_and_around_a_memory(everywhere: str, sign_in: SignIn) -> None:
    for key in ("a", "b"):
        insert(everywhere, "long_term_memory", [row("long_term_memory", memory_id=key, summary=f"<b>{key}</b>")])
    edges(everywhere, ("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("x", "y"), ("a", "a"))
    client = sign_in(administrator=True)
    page = client.get(f"{GRAPH}?namespace=default")
    assert nodes(page) == ["a", "b", "c", "d", "e", "x", "y"]
    html = page.content.decode()
    assert '<a href="/admin/memoria/longtermmemory/a/change/" aria-label="&lt;b&gt;a&lt;/b&gt;">' in html
    assert html.count("<line ") == 5
    assert "no memory, or none that you may see" in html
    with CaptureQueriesContext(connection) as queries:
        around = client.get(f"{GRAPH}?memory=a")
    assert len(queries) <= 10
    assert nodes(around) == ["a", "b", "c"]
    assert [node.key for node in around.context["graph"].nodes if node.is_middle] == ["a"]
    assert "There are no relationships of that memory." in text_of(client.get(f"{GRAPH}?memory=nothing"))
    assert "Which relationships shall be drawn?" in text_of(client.get(GRAPH))
    for hostile in ("%00", "'", "%3Cscript%3E", "%F0%9F%A6%89"):
        for name in ("namespace", "memory"):
            response = client.get(f"{GRAPH}?{name}={hostile}")
            assert (response.status_code, "<script>" in response.content.decode()) == (200, False)


def test_a_large_graph_is_cut(sqlite_site: str, sign_in: SignIn) -> None:
    edges(sqlite_site, *((f"a-{n}", f"b-{n}") for n in range(400)))
    found, cut = of_namespace("default")
    assert (len(found), cut) == (NODES // 2, True)
    assert found[0][:2] == ("a-0", "b-0")
    page = sign_in(administrator=True).get(f"{GRAPH}?namespace=default")
    assert "300 memories, 150 relationships: the strongest; there are more." in text_of(page)
    assert len(page.content) < 300_000


def test_who_may_see_the_graph(sqlite_site: str, sign_in: SignIn) -> None:
    insert(sqlite_site, "long_term_memory", [row("long_term_memory", memory_id="a", summary="a secret")])
    edges(sqlite_site, ("a", "b"))
    address = f"{GRAPH}?namespace=default"
    assert Client().get(address).status_code == 302
    assert sign_in().get(address).status_code == 403
    assert sign_in("view_longtermmemory").get(address).status_code == 403
    shown = sign_in("view_memoryrelationship").get(address)
    assert shown.status_code == 200
    assert "a secret" not in text_of(shown)
    assert "a secret" in text_of(sign_in("view_memoryrelationship", "view_longtermmemory").get(address))
    assert sign_in(administrator=True).post(address).status_code == 405
