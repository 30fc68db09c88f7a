"""Looking at memories in a browser: the overview, lists, rows, the graph, and a file of rows."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import change, overflow, serious_violations
from tests.browser.site import Site

LIST = "/admin/memoria/longtermmemory/"
GRAPH = "/admin/memoria/memoryrelationship/graph/"


def first_memory(site: Site) -> str:
    """One with a cluster, and relationships both ways."""
    ((key,),) = site.rows(
        "SELECT memory_id FROM cluster_members WHERE memory_id IN (SELECT target_memory_id FROM memory_relationships)"
        " AND memory_id IN (SELECT source_memory_id FROM memory_relationships) ORDER BY 1 LIMIT 1"
    )
    return str(key)


def pages(site: Site) -> list[str]:
    memory = first_memory(site)
    return [
        "/admin/",
        LIST,
        f"{LIST}?q=lantern&namespace=research",
        f"{LIST}{memory}/change/",
        f"{LIST}{memory}/delete/",
        f"{LIST}{memory}/history/",
        f"{LIST}add/",
        "/admin/memoria/shorttermmemory/?expiry=expired",
        "/admin/memoria/cluster/1/change/",
        f"{LIST}import/",
        f"{LIST}export/",
        GRAPH,
        f"{GRAPH}?namespace=research",
        f"{GRAPH}?memory={memory}",
    ]


def test_no_page_keeps_anybody_out(signed_in: Page, site: Site) -> None:
    """In the light, in the dark and on a telephone: a page is opened once, and then looked at in each way."""
    for path in pages(site):
        response = signed_in.goto(path)
        assert response is not None
        assert response.status == 200, path
        for look in ("light", "dark", "narrow"):
            change(signed_in, dark=look == "dark", narrow=look == "narrow")
            assert overflow(signed_in) == 0, (path, look)
            if look != "narrow" or path in ("/admin/", LIST):
                assert serious_violations(signed_in) == [], (path, look)


def test_from_the_overview_to_a_memory_and_its_neighbour(signed_in: Page) -> None:
    signed_in.goto("/admin/")
    chart = signed_in.get_by_role("img", name="Long-term memories by namespace")
    expect(chart).to_be_visible()
    signed_in.get_by_text("The figures").first.click()
    signed_in.get_by_role("link", name="team:atlas").first.click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Long-term memories")
    expect(signed_in.get_by_text("40 long-term memories")).to_be_visible()
    signed_in.get_by_label("Search").first.fill("route cache")
    signed_in.keyboard.press("Enter")
    signed_in.get_by_role("link", name=re.compile("The route cache keeps 5 minutes")).click()
    expect(signed_in.get_by_text("64 dimensions, norm 1.0000")).to_be_visible()
    panel = signed_in.get_by_role("region", name="Clusters")
    expect(panel.get_by_role("link")).to_have_count(1)
    signed_in.get_by_role("link", name="Graph", exact=True).click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Relationship graph")
    neighbour = signed_in.locator("svg a:not(:has(.memoria-here))").first
    name = neighbour.get_attribute("aria-label") or ""
    neighbour.click()
    expect(signed_in.get_by_label("Summary:")).to_have_value(re.compile(re.escape(name.rstrip("…"))))


def test_all_of_it_without_javascript(without_javascript: Page, site: Site) -> None:
    page = without_javascript
    for path in pages(site):
        response = page.goto(path)
        assert response is not None
        assert response.status == 200, path
    page.goto(f"{LIST}{first_memory(site)}/change/")
    expect(page.locator("#nav-sidebar").get_by_role("link", name="Clusters", exact=True)).to_be_visible()
    expect(page.locator("#toggle-nav-sidebar")).to_be_hidden()
    page.get_by_label("Summary:").fill("Changed without JavaScript")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert site.rows("SELECT count(*) FROM long_term_memory WHERE summary = 'Changed without JavaScript'") == [(1,)]


def test_a_node_is_opened_with_the_keyboard(signed_in: Page) -> None:
    signed_in.goto(f"{GRAPH}?namespace=research")
    signed_in.get_by_role("group", name="The picture").focus()
    signed_in.keyboard.press("Tab")
    focused = signed_in.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused
    signed_in.keyboard.press("Enter")
    expect(signed_in.get_by_role("heading", level=1)).to_have_text(re.compile("Change (long|short)-term memory"))


def test_filters_and_dates_with_the_keyboard(narrow: Page) -> None:
    narrow.goto(LIST)
    narrow.get_by_role("link", name="2026", exact=True).focus()
    narrow.keyboard.press("Enter")
    expect(narrow.get_by_role("link", name="October 2026")).to_be_visible()
    narrow.get_by_role("link", name="support", exact=True).press("Enter")
    expect(narrow).to_have_url(re.compile("created_at__year=2026&namespace=support"))


def test_rows_go_out_and_come_back_changed(signed_in: Page, site: Site, tmp_path: Path) -> None:
    signed_in.goto("/admin/memoria/cluster/")
    signed_in.get_by_role("link", name="Export").click()
    signed_in.get_by_label("Format").select_option("csv")
    with signed_in.expect_download() as download:
        signed_in.get_by_role("button", name="Export").click()
    file = tmp_path / "clusters.csv"
    with open(download.value.path(), encoding="utf-8", newline="") as exported:
        rows = list(csv.DictReader(exported))
    assert len(rows) == 17
    with file.open("w", encoding="utf-8", newline="") as changed:
        writer = csv.DictWriter(changed, rows[0])
        writer.writeheader()
        writer.writerow(rows[0] | {"summary": "=1+1"})
    signed_in.goto("/admin/memoria/cluster/import/")
    signed_in.get_by_label("File to import").set_input_files(file)
    signed_in.get_by_label("Format").select_option("csv")
    signed_in.get_by_role("button", name="Show what it would do").click()
    expect(signed_in.get_by_text("0 new, 1 changed, 0 as they are already.")).to_be_visible()
    assert serious_violations(signed_in) == []
    signed_in.get_by_role("button", name="Confirm import").click()
    expect(signed_in.get_by_text("Import finished: 0 new, 1 updated")).to_be_visible()
    assert site.rows("SELECT count(*) FROM clusters WHERE summary = '=1+1'") == [(1,)]


def test_hostile_text_does_nothing(signed_in: Page, site: Site) -> None:
    text = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
    site.rows("UPDATE long_term_memory SET summary = ?, namespace = ?, processed_data = ?", text, text, f'"{text}"')
    for path in pages(site):
        signed_in.goto(path)
        assert signed_in.title() != "taken"  # it may stand in it, as text
        assert signed_in.locator("img[src=x]").count() == 0
