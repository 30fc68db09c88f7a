"""The tutorial of a project is run line by line; then its admin takes a snapshot, in a browser."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from memoria.database_url import parsed
from tests.browser.conftest import DESKTOP, serious_violations
from tests.browser.test_uploads import upload
from tests.conftest import MakeDatabase, once
from tests.test_project import environment
from tests.test_tutorials import steps

PASSWORD = "only-for-this-tutorial"


def place(folder: Path) -> dict[str, str]:
    """A shell in which the package is installed, and nothing is set that the page does not set."""
    python = Path(once("wheel", environment))
    (folder / "bin").mkdir()
    program = folder / "bin" / "django-admin"
    program.write_text(f'#!/bin/sh\nexec "{python}" -m django "$@"\n')
    program.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MEMORIA", "DJANGO", "DATABASE"))}
    path = f"{program.parent}:{python.parent}:{kept['PATH']}"
    return {**kept, "PATH": path, "PYTHONPATH": "", "PYTHONWARNINGS": "error", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}


def follow(folder: Path, env: dict[str, str], url: str) -> None:
    """Run the page; the project's database is that of startproject, or the one at `url`."""
    settings = f"\ncat >> mysite/settings.py <<'END'\nDATABASES = {{'default': {parsed(url)!r}}}\nEND\n" if url else ""
    folder.mkdir()
    for shell, expected in steps("tutorial-django-project.md"):
        script = shell.replace("\npython manage.py check\n", f"{settings}\npython manage.py check\n")
        done = subprocess.run(
            ["sh", "-ec", script],
            cwd=folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        assert (done.returncode, done.stdout) == (0, expected), script


@contextlib.contextmanager
def served(folder: Path, env: dict[str, str]) -> Iterator[str]:
    command = ["python", "manage.py", "runserver", "--noreload", "127.0.0.1:0"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env={**env, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=log
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if found := re.search(rb"http://127\.0\.0\.1:\d+", line):
                    yield found.group().decode()
                    return
            raise AssertionError((folder / "server.log").read_text())
        finally:
            process.terminate()
            process.wait(10)
            process.stdout.close()


def sign_in(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Site administration")).to_be_visible()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql-18"])
def test_the_tutorial(browser: Browser, make_database: MakeDatabase, tmp_path: Path, kind: str) -> None:
    env, folder = place(tmp_path), tmp_path / "project"
    follow(folder, env, "" if kind == "sqlite" else make_database(kind))
    with served(folder, env) as url:
        page = browser.new_context(base_url=url, viewport=DESKTOP).new_page()  # type: ignore[arg-type]
        complaints: list[str] = []
        # A project that startproject made has no icon.
        page.on("response", lambda got: complaints.append(got.url) if got.status > 399 else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        sign_in(page)
        assert serious_violations(page) == []
        page.get_by_role("link", name="Memoria", exact=True).first.click()
        expect(page.get_by_text("last import")).to_be_visible()
        assert serious_violations(page) == []
        page.goto("/admin/memoria/memoryrelationship/")
        page.locator("input.action-select").first.check()
        page.locator("select[name=action]").select_option("delete_selected")
        page.locator("button[name=index]").click()
        page.locator("#content input[type=submit]").click()
        upload(page, folder / "memories.json")
        assert serious_violations(page) == []
        page.get_by_role("button", name="Apply exactly this").click()
        expect(page.get_by_role("heading", name="Applied", exact=True)).to_be_visible(timeout=20_000)
        assert serious_violations(page) == []
        page.get_by_role("link", name="Take it back").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert [told for told in complaints if not told.endswith("/favicon.ico")] == []
