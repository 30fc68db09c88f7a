"""A real browser in front of a real server. What the browser complains about fails the test."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.browser.site import Site, running
from tests.conftest import template

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}


def executable() -> str:
    names = [os.environ.get("CHROMIUM", "chromium"), "chromium-browser", "google-chrome", "google-chrome-stable"]
    found = next(filter(None, map(shutil.which, names)), None)
    # Not a skip: without a browser nobody knows whether the pages work.
    assert found, "There is no Chromium: run .ci/chromium, or name one with CHROMIUM=/path/to/it."
    return found


# For one module: while playwright is started, Django takes every test of the process for asynchronous.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # The sandbox of Chromium does not start for root; it loads nothing but our own pages.
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox", "--in-process-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("site"), template("sqlite", True, None)) as site:
        yield site


@pytest.fixture
def site(server: Site) -> Site:
    """The running site, its database holding the sample data and the administrator, whatever ran before."""
    server.reset()
    return server


class OpenPage(Protocol):
    def __call__(
        self, *, signed_in: bool = True, javascript: bool = True, dark: bool = False, narrow: bool = False
    ) -> Page: ...


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[OpenPage]:
    """Opens windows, each of somebody else; `page.goto("/admin/")` is enough of an address."""
    contexts = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A refused sign-in or a page that is not there is the test's to expect.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def open_one(*, signed_in: bool = True, javascript: bool = True, dark: bool = False, narrow: bool = False) -> Page:
        context = browser.new_context(
            base_url=site.url,
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            viewport=PHONE if narrow else DESKTOP,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        context.set_default_timeout(10_000)
        if signed_in:
            context.add_cookies([{"name": "sessionid", "value": site.session, "url": site.url}])
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A window of nobody in particular."""
    return open_page(signed_in=False)


@pytest.fixture
def signed_in(open_page: OpenPage) -> Page:
    """A window of the administrator."""
    return open_page()


@pytest.fixture
def without_javascript(open_page: OpenPage) -> Page:
    return open_page(javascript=False)


@pytest.fixture
def dark(open_page: OpenPage) -> Page:
    return open_page(dark=True)


@pytest.fixture
def narrow(open_page: OpenPage) -> Page:
    return open_page(narrow=True)


def change(page: Page, *, dark: bool = False, narrow: bool = False) -> None:
    """Make it the window of somebody who sees the page otherwise, with its colours no longer on their way."""
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.set_viewport_size(PHONE if narrow else DESKTOP)  # type: ignore[arg-type]
    page.evaluate("Promise.all(document.getAnimations().map(animation => animation.finished)).then(() => null)")


def serious_violations(page: Page, *, within: str = "document") -> list[str]:
    """What axe finds on the page that keeps people out: rule, and the elements that break it."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    target = "document" if within == "document" else json.dumps(within)
    found: Any = page.evaluate(f"axe.run({target}, {{resultTypes: ['violations'], preload: false}})")
    return [
        f"{violation['id']}: {', '.join(str(node['target'][0]) for node in violation['nodes'])}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider


def screenshot(page: Page, path: Path) -> None:
    page.screenshot(path=path, full_page=True)
