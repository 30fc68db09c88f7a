"""Uploading, looking, applying and taking back, as people do it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, overflow, screenshot, serious_violations
from tests.browser.site import Site
from tests.support.samples.databases import sample
from tests.support.samples.rows import layout_c, snapshot_row

PICTURES = os.environ.get("MEMORIA_TEST_PICTURES")
"""A folder for pictures of the pages."""


def picture(page: Page, name: str) -> None:
    if PICTURES:
        screenshot(page, Path(PICTURES) / f"{name}.png")


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    path = tmp_path / "three memories.json"
    rows = [
        snapshot_row(
            "long_term_memory", memory_id=f"new-{n}", namespace=f"team:{n % 2}", searchable_content=f"text {n}"
        )
        for n in range(3)
    ]
    path.write_bytes(layout_c(long_term_memory=rows))
    return path


def upload(page: Page, path: Path) -> None:
    page.goto("/admin/memoria/upload/add/")
    page.get_by_label("Snapshot file").set_input_files(path)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("heading", name="What it would do")).to_be_visible(timeout=20_000)


def memories(site: Site, where: str) -> int:
    return int(site.rows(f"SELECT count(*) FROM long_term_memory WHERE {where}")[0][0])


def test_from_upload_to_undo(signed_in: Page, site: Site, snapshot: Path) -> None:
    page = signed_in
    page.goto("/admin/memoria/upload/")
    page.get_by_role("link", name="Upload a snapshot").click()
    assert serious_violations(page) == []
    picture(page, "upload")
    upload(page, snapshot)
    assert serious_violations(page) == []
    picture(page, "preview")
    page.get_by_label("team:0", exact=True).fill("research")
    page.get_by_label("Give every row a new id: a copy inside this database").check()
    page.get_by_role("button", name="Update preview").click()
    expect(page.get_by_role("rowheader", name="team:0 → research")).to_be_visible(timeout=20_000)
    assert memories(site, "1 = 1") == memories(site, "memory_id NOT LIKE 'new-%'")
    page.get_by_role("button", name="Apply exactly this").click()
    expect(page.get_by_role("heading", name="Applied", exact=True)).to_be_visible(timeout=20_000)
    assert serious_violations(page) == []
    picture(page, "applied")
    assert memories(site, "namespace = 'team:1'") == 1
    page.get_by_role("link", name="Take it back").click()
    assert serious_violations(page) == []
    picture(page, "import")
    page.get_by_role("button", name="Take this import back").click()
    expect(page.get_by_text(re.compile("Taken back: long_term_memory: 3 deleted"))).to_be_visible(timeout=20_000)
    assert memories(site, "namespace = 'team:1'") == 0
    page.goto("/admin/memoria/upload/")
    expect(page.get_by_role("link", name="three memories.json")).to_be_visible()
    assert serious_violations(page) == []
    picture(page, "uploads")
    page.goto("/admin/memoria/import/")
    assert serious_violations(page) == []
    picture(page, "imports")


def test_a_replacement(signed_in: Page, site: Site, snapshot: Path) -> None:
    page = signed_in
    upload(page, snapshot)
    page.get_by_label(re.compile("Replace tables")).check()
    page.get_by_role("button", name="Update preview").click()
    field = page.get_by_label("Type the name of the database to go on")
    expect(field).to_be_visible(timeout=20_000)
    picture(page, "replace")
    assert serious_violations(page) == []
    field.fill("something")
    page.get_by_role("button", name="Apply exactly this").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not the name of the database, which is memoria.sqlite3")
    expect(field).to_be_focused()
    expect(field).to_have_value("something")
    assert serious_violations(page) == []
    field.fill("memoria.sqlite3")
    page.get_by_role("button", name="Apply exactly this").click()
    expect(page.get_by_role("heading", name="Applied", exact=True)).to_be_visible(timeout=20_000)
    assert memories(site, "1 = 1") == 3


@pytest.mark.parametrize("name", ["layout_a_postgresql.json", "layout_b_sqlite.ndjson", "layout_c_odd_times.json"])
def test_each_layout(signed_in: Page, name: str) -> None:
    upload(signed_in, sample(name))
    signed_in.get_by_role("button", name="Apply exactly this").click()
    expect(signed_in.get_by_role("heading", name="Applied", exact=True)).to_be_visible(timeout=20_000)


def test_without_javascript(without_javascript: Page, site: Site, snapshot: Path) -> None:
    page = without_javascript
    upload(page, snapshot)
    page.get_by_role("button", name="Apply exactly this").click()
    expect(page.get_by_role("heading", name="Applied", exact=True)).to_be_visible(timeout=20_000)
    assert memories(site, "memory_id LIKE 'new-%'") == 3


def test_with_the_keyboard_only(signed_in: Page, site: Site, snapshot: Path) -> None:
    page = signed_in
    page.goto("/admin/memoria/upload/add/")
    page.get_by_label("Snapshot file").set_input_files(snapshot)
    page.get_by_label("Snapshot file").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Apply exactly this")
    expect(button).to_be_visible(timeout=20_000)
    for _ in range(200):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Applied", exact=True)).to_be_visible(timeout=20_000)


@pytest.mark.parametrize("window", ["dark", "narrow"])
def test_other_windows(open_page: OpenPage, snapshot: Path, window: str) -> None:
    page = open_page(dark=window == "dark", narrow=window == "narrow")
    page.goto("/admin/memoria/upload/add/")
    assert (serious_violations(page), overflow(page)) == ([], 0)
    upload(page, snapshot)
    picture(page, f"preview-{window}")
    assert (serious_violations(page), overflow(page)) == ([], 0)
    page.goto("/admin/memoria/upload/export/")
    picture(page, f"export-{window}")
    assert (serious_violations(page), overflow(page)) == ([], 0)


def test_a_file_that_is_no_snapshot(signed_in: Page, tmp_path: Path) -> None:
    path = tmp_path / "<img src=x onerror=alert(1)>.json"
    path.write_text("<script>alert(1)</script>")
    signed_in.goto("/admin/memoria/upload/add/")
    signed_in.get_by_label("Snapshot file").set_input_files(path)
    signed_in.get_by_role("button", name="Upload and check").click()
    expect(signed_in.get_by_role("heading", name="Refused")).to_be_visible(timeout=20_000)
    expect(signed_in.get_by_text("the file is not a snapshot")).to_be_visible()
    picture(signed_in, "refused")
    assert serious_violations(signed_in) == []


def test_an_export_is_a_download(signed_in: Page) -> None:
    signed_in.goto("/admin/memoria/upload/export/")
    assert serious_violations(signed_in) == []
    signed_in.get_by_label("gzip").check()
    with signed_in.expect_download() as download:
        signed_in.get_by_role("button", name="Export").click()
    assert re.fullmatch(r"memories_.*Z\.json\.gz", download.value.suggested_filename)
    assert download.value.path().read_bytes()[:2] == b"\x1f\x8b"
