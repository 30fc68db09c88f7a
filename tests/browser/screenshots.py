"""`python -m tests.browser.screenshots FOLDER`: pictures of the main pages, for the documents.

They show the sample data, on a site of its own; small PNGs in the colours of a palette.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import executable
from tests.browser.site import running
from tests.conftest import run_manage

SIZE = {"width": 1120, "height": 700}
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
                context = browser.new_context(base_url=site.url, viewport=SIZE, color_scheme=scheme)  # type: ignore[arg-type]
                context.add_cookies([{"name": "sessionid", "value": site.session, "url": site.url}])
                # The list of tables beside the pages is folded, which leaves the picture to the page.
                context.add_init_script("localStorage.setItem('django.admin.navSidebarIsOpen', 'false')")
                page = context.new_page()
                page.goto(path)
                page.screenshot(path=folder / f"{name}.png")
                context.close()
            browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
