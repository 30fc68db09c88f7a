"""Settings, all from the environment.

Every variable has a safe default: a fresh checkout runs without any, and serves the admin as for production.

========================= ================================================= ==================================
Variable                  Meaning                                           Default
========================= ================================================= ==================================
DATABASE_URL              the database, `postgresql://user:pw@host/name`    `memoria.sqlite3` in the checkout
SECRET_KEY                signs sessions; at least 50 random characters     made once, kept in `.secret-key`
ALLOWED_HOSTS             host names of the site, separated by commas       none (localhost while debugging)
MEMORIA_BEHIND_PROXY      1: trust X-Forwarded-Proto of the proxy in front  0
MEMORIA_HSTS_SECONDS      how long browsers insist on HTTPS                 3600
MEMORIA_INSECURE_HTTP     1: serve plain HTTP, as inside a closed network   0
MEMORIA_UPLOAD_DIR        where uploaded snapshots wait, private            `uploads` in the checkout
MEMORIA_UPLOAD_MAX_BYTES  the largest snapshot that the browser may send    2000000000
MEMORIA_UPLOAD_KEEP_HOURS when an uploaded file is removed at the latest    24
MEMORIA_WORKER            1: `manage.py db_worker` checks and applies them  0 (a thread of the web process)
MEMORIA_STATIC_ROOT       where `collectstatic` puts the static files       `static` in the checkout
MEMORIA_LOG               json, lines: what commands and the site say       text for people
MEMORIA_METRICS_TOKEN     who asks for `/metrics` sends it as a bearer      none: there is no such page
MEMORIA_DEBUG             1: develop: plain HTTP, error pages with source   0
========================= ================================================= ==================================

In production set `ALLOWED_HOSTS`, and `DATABASE_URL` for PostgreSQL. Behind a proxy that ends TLS, set
`MEMORIA_BEHIND_PROXY=1` as well, or the redirect to HTTPS never ends. With these, `manage.py check --deploy`
has nothing to say. To try it out: `MEMORIA_DEBUG=1 python manage.py runserver`.

Installed without a checkout (`pip install`), the current directory stands in for the checkout.
"""

import functools
import importlib.util
import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.utils.functional import lazy

from memoria.database_url import parsed
from memoria.log_lines import FORMATS


def flag(name: str) -> bool:
    value = os.environ.get(name, "")
    if value not in {"", "0", "1"}:
        raise ImproperlyConfigured(f"{name} is {value!r}: write 1 for yes or 0 for no.")
    return value == "1"


def number(name: str, unit: str) -> int | None:
    value = os.environ.get(name, "")
    if value and not value.isdecimal():
        raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number of {unit}.")
    return int(value) if value else None


def seconds(name: str, default: int) -> int:
    given = number(name, "seconds")
    return default if given is None else given


def database(url: str, default: Path) -> dict[str, Any]:
    if not url:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": default}
    try:
        return parsed(url)
    except ValueError as error:
        raise ImproperlyConfigured(f"DATABASE_URL: {error}.") from None


@functools.cache
def kept_secret_key(path: Path) -> str:
    """The key in the file, which is made first if there is none."""
    try:
        if not path.exists():
            # Written whole under a private name (mkstemp: O_EXCL, 0600), then linked, which fails if another
            # process was faster: of two that start together, both read the same key and never half of one.
            descriptor, draft = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
            try:
                with open(descriptor, "w", encoding="ascii") as file:
                    file.write(get_random_secret_key() + "\n")
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                os.unlink(draft)
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"No secret key: {error}. Set SECRET_KEY in the environment.") from error
    if not key:
        raise ImproperlyConfigured(f"No secret key: {path} is empty. Delete it, and a new one is made.")
    return key


PROJECT = Path(__file__).resolve().parent.parent
BASE_DIR = PROJECT if (PROJECT / "manage.py").is_file() else Path.cwd()

DEBUG = flag("MEMORIA_DEBUG")
PLAIN_HTTP = DEBUG or flag("MEMORIA_INSECURE_HTTP")

# Lazy, because most commands sign nothing: `memoria export-data` leaves no key file wherever it is run.
SECRET_KEY = os.environ.get("SECRET_KEY") or lazy(kept_secret_key, str)(BASE_DIR / ".secret-key")

ALLOWED_HOSTS = [host for host in os.environ.get("ALLOWED_HOSTS", "").replace(",", " ").split() if host]

# No ATOMIC_REQUESTS: an import takes its own transaction, once, around what its plan says.
DATABASES = {"default": database(os.environ.get("DATABASE_URL", ""), BASE_DIR / "memoria.sqlite3")}
# Tables that name no key of their own: those of Django's own apps.
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    # Before the admin, some of whose templates it replaces.
    "memoria",
    # The admin's pages are loaded with the URLs, in urls.py: a command does not need them.
    "memoria_site.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "import_export",
    "django_tasks",
    *(["django_tasks_db"] if flag("MEMORIA_WORKER") else []),
]

# What `pip install memoria[server]` brings; without it the web server in front has to serve the static files.
HAS_WHITENOISE = importlib.util.find_spec("whitenoise") is not None

MIDDLEWARE = [
    "memoria_site.health.Health",
    "memoria_site.metrics.Metrics",
    "django.middleware.security.SecurityMiddleware",
    *(["memoria_site.static_files.StaticFiles"] if HAS_WHITENOISE else []),
    "memoria.admin.middleware.PageHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Between the two: it asks who sends a form, and must not have read it.
    "memoria.admin.middleware.BodyLimit",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

ROOT_URLCONF = "memoria_site.urls"
WSGI_APPLICATION = "memoria_site.wsgi.application"

LANGUAGE_CODE = "en-us"
USE_I18N = True
FORMAT_MODULE_PATH = "memoria_site.formats"
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [Path(__file__).parent / "static"]
STATIC_ROOT = Path(os.environ.get("MEMORIA_STATIC_ROOT") or BASE_DIR / "static")
if HAS_WHITENOISE:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "memoria_site.static_files.HashedNames"},
    }
    WHITENOISE_USE_FINDERS = True

# The settings of the app: None is the default in memoria/conf.py, which puts folders into BASE_DIR.
MEMORIA_BACKUP_DIR = os.environ.get("MEMORIA_BACKUP_DIR") or None
MEMORIA_EXPORT_DIR = os.environ.get("MEMORIA_EXPORT_DIR") or None
MEMORIA_UPLOAD_DIR = os.environ.get("MEMORIA_UPLOAD_DIR") or None
MEMORIA_UPLOAD_MAX_BYTES = number("MEMORIA_UPLOAD_MAX_BYTES", "bytes")
MEMORIA_UPLOAD_KEEP_HOURS = number("MEMORIA_UPLOAD_KEEP_HOURS", "hours")
MEMORIA_METRICS_TOKEN = os.environ.get("MEMORIA_METRICS_TOKEN", "")
if flag("MEMORIA_WORKER"):
    TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

if log := os.environ.get("MEMORIA_LOG", ""):
    if log not in FORMATS:
        raise ImproperlyConfigured(f"MEMORIA_LOG is {log!r}: write {' or '.join(FORMATS)}, or leave it out.")
    LOGGING = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": FORMATS[log]}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {"django": {"level": "INFO", "propagate": True}},
    }

CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = SECURE_SSL_REDIRECT = not PLAIN_HTTP
SECURE_HSTS_SECONDS = 0 if PLAIN_HTTP else seconds("MEMORIA_HSTS_SECONDS", default=3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not PLAIN_HTTP
if flag("MEMORIA_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
