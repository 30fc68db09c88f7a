"""Signing in, and what a stranger sees."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import serious_violations
from tests.browser.site import ADMINISTRATOR, PASSWORD


def test_a_stranger_signs_in(page: Page) -> None:
    page.goto("/admin/")
    assert serious_violations(page) == []
    page.get_by_label("Username").fill(ADMINISTRATOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(page).to_have_title("Overview | Memoria")


def test_a_wrong_password_is_told(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill(ADMINISTRATOR)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Please enter the correct username and password")).to_be_visible()


def test_who_is_signed_in_stays_so(signed_in: Page) -> None:
    response = signed_in.goto("/admin/")
    assert response is not None
    assert response.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Overview")
