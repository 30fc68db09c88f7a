"""The app in a project of somebody else: what `startproject` makes, with the wheel in an environment of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, once

APPS = '\nINSTALLED_APPS += ["memoria", "import_export"]\n'

# As far from what startproject makes as a project may be.
ANOTHER = """
from mysite.settings import *

INSTALLED_APPS = ["people", *(app for app in INSTALLED_APPS if app != "django.contrib.admin"), "people.ops.OwnAdmin"]
AUTH_USER_MODEL = "people.Person"
MIDDLEWARE = [*MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
DATABASES = {"default": DATABASES["default"] | {"NAME": BASE_DIR / "another.sqlite3", "ATOMIC_REQUESTS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.SmallAutoField"
USE_TZ = False
TIME_ZONE = "Asia/Tokyo"
LANGUAGE_CODE = "de"
ROOT_URLCONF = "people.urls"
"""
PEOPLE = {
    "__init__.py": "",
    "models.py": "from django.contrib.auth.models import AbstractUser\n\n\nclass Person(AbstractUser):\n    pass\n",
    "ops.py": """
from django.contrib.admin.apps import AdminConfig


class OwnAdmin(AdminConfig):
    default = False
""",
    "urls.py": """
from django.contrib.admin import AdminSite
from django.urls import path

from memoria.admin.sites import register

ops = AdminSite(name="ops")
register(ops)
urlpatterns = [path("ops/", ops.urls)]
""",
}

# Prints the addresses of pages that do not open, then how many there are, then what became of an upload.
VISIT = """
import re
import time

from django.apps import apps
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import NoReverseMatch, reverse

from memoria.models import MemoryRelationship, Upload

client = Client(SERVER_NAME="localhost")
client.force_login(get_user_model().objects.create_superuser("ada", password="x"))


def addresses():
    yield from map(reverse, ("admin:index", "admin:memoria_upload_export", "admin:memoria_memoryrelationship_graph"))
    yield reverse("admin:app_list", args=["memoria"])
    for model in apps.get_app_config("memoria").get_models():
        row = model._default_manager.first()
        of_row = [(page, [row.pk]) for page in ("change", "delete", "history")] if row else []
        for page, args in [("changelist", []), ("add", []), ("import", []), ("export", []), *of_row]:
            try:
                yield reverse(f"admin:memoria_{model._meta.model_name}_{page}", args=args)
            except NoReverseMatch:
                pass


def ended(pk):
    end = time.monotonic() + 60
    while (upload := Upload.objects.get(pk=pk)).state in Upload.BUSY and time.monotonic() < end:
        time.sleep(0.05)
    return upload


pages = list(addresses())
for address in pages:
    if (status := client.get(address).status_code) != 200:
        print(address, status)
print(len(pages), "pages")
form = client.get(reverse("admin:memoria_upload_add")).content.decode()
MemoryRelationship.objects.all().delete()
with open("memories.json", "rb") as file:
    sent = client.post(re.search('action="([^"]+receive[^"]+)"', form)[1], {"snapshot": file})
pk = sent["Location"].split("/")[-2]
print(ended(pk).state)
client.post(sent["Location"] + "apply/", {"preview": ended(pk).attempt})
print(ended(pk).state, MemoryRelationship.objects.count())
print(client.get(sent["Location"]).status_code)
"""


@dataclass(frozen=True)
class Project:
    folder: Path
    python: Path

    def manage(self, *args: str, settings: str = "mysite.settings", expect: int = 0, input: str = "") -> str:
        """What a command prints, on both streams."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MEMORIA", "DATABASE_URL"))}
        done = subprocess.run(
            [self.python, "-W", "error", "manage.py", *args],
            cwd=self.folder,
            env={**kept, "DJANGO_SETTINGS_MODULE": settings, "PYTHONPATH": ""},
            input=input,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == expect, done.stdout
        return done.stdout

    def configure(self, text: str) -> None:
        with (self.folder / "mysite" / "settings.py").open("a") as file:
            file.write(text)


def environment(folder: Path) -> str:
    """The Python of an environment with the wheel, and with what the tests have installed for what the wheel needs."""
    source = folder / "source"
    source.mkdir()
    for name in ("memoria", "memoria_site"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source]
    subprocess.run(build, check=True, timeout=120)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True, timeout=60)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "env")}))
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (wheel,) = folder.glob("*.whl")
    shutil.unpack_archive(wheel, packages, "zip")
    return str(folder / "env" / "bin" / "python")


@pytest.fixture
def python() -> Path:
    return Path(once("wheel", environment))


@pytest.fixture
def project(python: Path, tmp_path: Path) -> Project:
    subprocess.run([python, "-m", "django", "startproject", "mysite", tmp_path], check=True, timeout=60)
    return Project(tmp_path, python)


def test_what_is_missing_is_said(project: Project) -> None:
    project.configure('\nINSTALLED_APPS += ["memoria"]\nMEMORIA_UPLOAD_KEEP_HOURS = "a day"\n')
    assert project.manage("check", expect=1) == (
        "SystemCheckError: System check identified some issues:\n"
        "\n"
        "ERRORS:\n"
        "?: (memoria.E004) MEMORIA_UPLOAD_KEEP_HOURS is 'a day': write a whole number of hours.\n"
        "?: (memoria.E005) The admin's pages of memoria need import_export, which is not among the apps.\n"
        '\tHINT: Add "import_export" to INSTALLED_APPS.\n'
        "\n"
        "System check identified 2 issues (0 silenced).\n"
    )


@pytest.mark.parametrize("another", [False, True], ids=["startproject", "another"])
def test_commands_and_pages(project: Project, another: bool) -> None:
    project.configure(APPS)
    settings = "mysite.settings"
    if another:
        settings = "mysite.another"
        (project.folder / "mysite" / "another.py").write_text(ANOTHER)
        (project.folder / "people").mkdir()
        for name, text in PEOPLE.items():
            (project.folder / "people" / name).write_text(text)
        project.manage("makemigrations", "people", settings=settings)
    assert project.manage("check", settings=settings) == "System check identified no issues (0 silenced).\n"
    project.manage("migrate", "-v", "0", settings=settings)
    assert project.manage("makemigrations", "--check", "--dry-run", settings=settings) == "No changes detected\n"
    project.manage("load-sample-data", settings=settings)
    project.manage("export-data", "memories.json", "-v", "0", settings=settings)
    project.manage("import-data", "memories.json", "-v", "0", "--no-input", settings=settings)
    told = project.manage("compare-data", "memories.json", "database:default", settings=settings)
    assert told.splitlines()[-1] == "Equal: 510 rows."
    project.manage("export-memories", "--output", "all.json", "-v", "0", settings=settings)
    assert (project.folder / "export" / "all.json").is_file(), "the folder of exports is in the project"
    visited = project.manage("shell", "--no-imports", "-c", VISIT, settings=settings)
    assert visited == "104 pages\npreviewed\ndone 138\n200\n"


def test_the_admin_stays_the_projects_own(project: Project) -> None:
    project.configure(APPS)
    project.manage("migrate", "-v", "0")
    code = (
        "from django.test import Client; from django.contrib.auth import get_user_model;"
        "c = Client(SERVER_NAME='localhost');"
        "c.force_login(get_user_model().objects.create_superuser('ada', password='x'));"
        "print(c.get('/admin/').content.decode()); print('=' * 9); print(c.get('/admin/memoria/').content.decode())"
    )
    index, _, of_app = project.manage("shell", "-v", "0", "-c", code).partition("=" * 9)
    assert re.search(r"<title>\s*Site administration \| Django site admin\s*</title>", index)
    assert "memoria-figures" not in index
    assert "memoria.css" not in index
    assert "memoria-figures" in of_app, "the overview is on the app's own page"
