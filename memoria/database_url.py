"""A database's URL into Django's settings: for `DATABASE_URL` as for `--database-url`.

A URL means one database, that which it names: what a driver would find elsewhere, or under another name, is refused.
URLs of PostgreSQL are read by libpq itself, so all programs of PostgreSQL understand them alike; the drivers that
SQLAlchemy has in its URLs (`postgresql+psycopg2://`) make no difference.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from memoria.snapshot.files.urls import is_url
from memoria.text import as_utf8

FORMS = "use sqlite:///path or postgresql://user:password@host/name"
_SQLITE = {"", "pysqlite", "aiosqlite"}
_POSTGRESQL = {"", "psycopg2", "psycopg2cffi", "psycopg", "psycopg_async", "asyncpg", "pg8000"}
_PLACE = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
_PORTS = re.compile(r"\d*(,\d*)*", re.ASCII)
_OWN = {
    "client_encoding": "values are written in UTF-8, whatever the server's encoding",
    "replication": "a connection for replication holds no tables",
    "service": "write the host, port, user and database of the service into the URL",
}
"""Parameters of libpq that would change what the URL names, or what the product relies on."""


def parsed(url: str) -> dict[str, Any]:
    """Django's settings for a URL. Raises ValueError with what is wrong.

    No message repeats the URL: where it is malformed, anything may be the password.
    """
    scheme, _, rest = url.partition(":")
    dialect, _, driver = scheme.lower().partition("+")
    if dialect == "sqlite" and driver in _SQLITE:
        return _settings("sqlite3", NAME=_sqlite_file(rest))
    if dialect in ("postgresql", "postgres", "pgsql") and driver in _POSTGRESQL:
        return _settings("postgresql", **_postgresql(f"postgresql:{as_utf8(rest)}"))
    raise ValueError(f"{scheme} databases are not supported: {FORMS}" if is_url(url) else _malformed())


def _settings(backend: str, **settings: Any) -> dict[str, Any]:
    return {"ENGINE": f"django.db.backends.{backend}", **settings}


def _malformed() -> str:
    return f"not a database URL: {FORMS}"


def _sqlite_file(rest: str) -> str:
    """The file behind `sqlite:`. SQLite keeps no password that a message could show."""
    if rest in ("//", "//:memory:", "///:memory:"):
        return ":memory:"
    if not rest.startswith("///"):
        name = rest.lstrip("/")
        raise ValueError(
            f"a SQLite URL has three slashes before the path, and four before an absolute one: write sqlite:///{name}"
        )
    for sign in "?#":
        if sign in rest:
            raise ValueError(
                f"a SQLite URL has no parameters: leave out what begins with {sign}, or write"
                f" {quote(sign)} where the file's name has it"
            )
    # Its bytes are what the URL says, also where the locale would spell the name with others.
    name = os.fsdecode(unquote(rest[3:], errors="surrogateescape").encode("utf-8", "surrogateescape"))
    if not name.strip("/") or name.endswith("/"):
        raise ValueError("the database URL names no file: use sqlite:///path")
    if "\0" in name:
        raise ValueError("the database URL names a file with a NUL, which no file has")
    if name.startswith("file:"):
        raise ValueError("a SQLite URL names a file and no URI: write ./ before a name that begins with file:")
    return name


def _postgresql(url: str) -> dict[str, Any]:
    _, _, query = url.partition("?")
    if not url.startswith("postgresql://") or "@" in _behind_the_host(url):
        raise ValueError(f"{_malformed()}, with %2F for /, %3F for ? and %23 for # in the password")
    if "#" in url:
        raise ValueError(f"{_malformed()}, with %23 for #")
    given = _parameters(url, query)
    if not given.get("dbname"):
        raise ValueError(f"the database URL names no database: {FORMS}")
    if "host" not in given and "hostaddr" not in given and os.environ.get("PGSERVICE"):
        raise ValueError("PGSERVICE would choose the server: write the host into the URL, or unset the variable")
    if not _PORTS.fullmatch(given.get("port", "")):
        raise ValueError(_malformed())
    place = {setting: given.pop(name) for name, setting in _PLACE.items() if name in given}
    return {**place, "OPTIONS": given} if given else place


def _behind_the_host(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(_malformed()) from None
    return parts.path + parts.query + parts.fragment


def _parameters(url: str, query: str) -> dict[str, str]:
    """What libpq understands the URL to say. A parameter that it does not know is named, as is one said twice."""
    names = [unquote(part.partition("=")[0]) for part in query.split("&") if part]
    before: dict[str, str] = _libpq(url.partition("?")[0]) if names else {}
    for number, name in enumerate(names):
        if reason := _OWN.get(name):
            raise ValueError(f"the parameter {name} of a database URL is not taken: {reason}")
        if name in before or name in names[:number]:
            raise ValueError(f"the database URL says {name} twice: {FORMS}")
        if name == "dbname":
            raise ValueError(f"the name of the database stands behind the host and a slash: {FORMS}")
        try:
            _dsn(f"{name}=x")
        except Exception:
            shown = f"{name} " if name.isidentifier() else ""
            raise ValueError(f"the parameter {shown}of the database URL is none of PostgreSQL's") from None
    return _libpq(url)


def _libpq(url: str) -> dict[str, str]:
    try:
        return _dsn(url)
    except Exception:  # the driver's own class, which is not loaded here; its text repeats the URL
        raise ValueError(_malformed()) from None


def _dsn(text: str) -> dict[str, str]:
    # As Django does with its backends, the driver is loaded only for a database of its kind.
    parse: Callable[[str], dict[str, str]] = import_module("psycopg2.extensions").parse_dsn
    return parse(text)
