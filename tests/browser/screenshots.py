"""`python -m tests.browser.screenshots FOLDER`: pictures of the main pages, for the documents.

They show the sample data, on a site of its own; small PNGs in the colours of a palette.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import executable
from tests.browser.site import Site, running
from tests.conftest import run_manage

SIZE = {"width": 1120, "height": 700}
SNAPSHOT = "research.ndjson"
# Of what the snapshot holds some is not there, and some is there with other content.
MEANWHILE = (
    "DELETE FROM long_term_memory WHERE namespace = 'research' AND importance_score > 0.7",
    "UPDATE long_term_memory SET summary = summary || '.' WHERE namespace = 'research' AND importance_score < 0.6",
)
PAGES = {
    "overview": ("/admin/", "light"),
    "memories": ("/admin/memoria/longtermmemory/", "light"),
    "graph": ("/admin/memoria/memoryrelationship/graph/?namespace=support", "dark"),
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="memoria-screenshots-") as work:
        database = Path(work) / "migrated.sqlite3"
        migrated = run_manage("migrate", "--verbosity=0", env={"DATABASE_URL": f"sqlite:///{database}"})
        assert migrated.returncode == 0, migrated.stderr.decode()
        with running(Path(work), str(database)) as site, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
            for name, (path, scheme) in PAGES.items():
                with opened(browser, site, scheme) as page:
                    page.goto(path)
                    page.screenshot(path=folder / f"{name}.png")
            with opened(browser, site, "light") as page:
                upload(page, site, Path(work) / SNAPSHOT)
                page.screenshot(path=folder / "upload.png")
            browser.close()


@contextlib.contextmanager
def opened(browser: Browser, site: Site, scheme: str) -> Iterator[Page]:
    """A page of somebody who is signed in."""
    context = browser.new_context(base_url=site.url, viewport=SIZE, color_scheme=scheme)  # type: ignore[arg-type]
    context.add_cookies([{"name": "sessionid", "value": site.session, "url": site.url}])
    # The list of tables beside the pages is folded, which leaves the picture to the page.
    context.add_init_script("localStorage.setItem('django.admin.navSidebarIsOpen', 'false')")
    yield context.new_page()
    context.close()


def upload(page: Page, site: Site, snapshot: Path) -> None:
    """The preview of a snapshot of one namespace, part of which is there."""
    source = f"sqlite:///{site.template}"
    exported = run_manage("export-memories", "--namespace", "research", "--output", snapshot, "--database-url", source)
    assert exported.returncode == 0, exported.stderr.decode()
    for statement in MEANWHILE:
        site.rows(statement)
    page.goto("/admin/memoria/upload/add/")
    page.get_by_label("Snapshot file").set_input_files(snapshot)
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_role("button", name="Apply exactly this").wait_for()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
