"""memoria.databases: which database is meant, and that no password is ever shown."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connections

from memoria.databases import UnknownDatabase, connection_for, describe, is_url
from tests.conftest import KINDS
from tests.faults import Make, execute, run

pytest_plugins = ["tests.fault_databases"]
FORMS = "use sqlite:///path or postgresql://user:password@host/name"
SECRETS = ["p@ss:/?#%'\"\\ ü", "12/34", "12?34", "12#34", "a@b", "$(touch x)", "\x1b[2J", "%zz"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////srv/memoria.sqlite3", "sqlite:////srv/memoria.sqlite3"),
        ("sqlite:///relative/memoria.sqlite3", "sqlite:///relative/memoria.sqlite3"),
        ("sqlite:////home/me@work/m.sqlite3", "sqlite:////home/me@work/m.sqlite3"),
        ("postgresql://ann:secret@db.example:5433/memories", "postgresql://db.example:5433/memories"),
        ("postgres://db.example/memories", "postgresql://db.example/memories"),
        ("postgresql:///memories", "postgresql://localhost/memories"),
        ("postgresql://ann@/memories?host=/run/postgresql", "postgresql:///memories"),
        ("postgresql://ann:secret@/memories?host=db.example&port=5433", "postgresql://db.example:5433/memories"),
    ],
)
def test_shown_without_password(url: str, shown: str) -> None:
    assert describe(connection_for(url=url)) == shown


@pytest.mark.parametrize("secret", SECRETS)
def test_any_password_can_be_written(secret: str) -> None:
    connection = connection_for(url=f"postgresql://ann:{quote(secret, safe='')}@db.example/memories")
    assert connection.settings_dict["PASSWORD"] == secret
    assert secret not in connection.alias
    assert describe(connection) == "postgresql://db.example/memories"


@pytest.mark.parametrize("secret", SECRETS)
def test_a_password_written_badly_is_not_repeated(secret: str) -> None:
    url = f"postgresql://ann:{secret}@db.example/memories"
    if any(c in secret for c in "/?#["):
        with pytest.raises(UnknownDatabase, match=r"^not a database URL: ") as refusal:
            connection_for(url=url)
        shown = str(refusal.value).replace(FORMS, "")
    else:
        shown = describe(connection_for(url=url))
    assert not any(part in shown for part in (secret, "12", "34", "p@ss", "touch", "a@b"))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://ann:secret@host/name", f"mysql databases are not supported: {FORMS}"),
        ("oracle://ann:secret@host/name", f"oracle databases are not supported: {FORMS}"),
        ("nonsense://ann:secret@host/name", f"nonsense databases are not supported: {FORMS}"),
        ("/srv/memoria.sqlite3", f"not a database URL: {FORMS}"),
        ("", f"not a database URL: {FORMS}"),
        ("postgresql://host:port/name", f"not a database URL: {FORMS}"),
        ("postgresql://ann:secret@host", f"the database URL names no database: {FORMS}"),
    ],
)
def test_refused(url: str, message: str) -> None:
    with pytest.raises(UnknownDatabase) as refusal:
        connection_for(url=url)
    assert (str(refusal.value), refusal.value.exit_code) == (message, 2)


def test_unknown_alias_names_no_url() -> None:
    connection_for(url="postgresql://ann:secret@host/name")
    with pytest.raises(UnknownDatabase, match="there is no database alias 'other': choose from default") as refusal:
        connection_for(alias="other")
    assert "secret" not in str(refusal.value)


def test_the_same_url_is_the_same_connection() -> None:
    url = "postgresql://ann:secret@host/name"
    assert connection_for(url=url) is connection_for(url=url)
    assert connection_for() is connections["default"]


def test_url_or_path() -> None:
    assert is_url("sqlite:///x")
    assert is_url("POSTGRESQL://host/name")
    assert not is_url("sqlite.json")
    assert not is_url("./postgresql://")


@pytest.mark.parametrize("arguments", [("--database", "other"), ("--database-url", "mysql://ann:secret@host/name")])
def test_at_the_command_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = run("export-data", tmp_path / "x.json", *arguments)
    assert ended.returncode == 2
    assert ended.is_one_sentence()
    assert "secret" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["sqlite", KINDS[-1]])
def test_migrate_adds_the_tables_that_are_missing(make: Make, tmp_path: Path, kind: str) -> None:
    """In a database that somebody else created, nothing else is touched: no table of Django's appears."""
    url = make(kind)
    path = tmp_path / "all.ndjson"
    assert run("export-data", path, "--database-url", url).returncode == 0
    others = "django_migrations", "django_content_type", "auth_permission"
    execute(url, "DROP TABLE memory_relationships", *(f"ALTER TABLE {name} RENAME TO x_{name}" for name in others))
    ended = run("import-data", path, "--database-url", url)
    assert ended.returncode == 1
    assert "has no such table for the 138 rows of the file: --migrate creates it" in ended.stderr
    ended = run("import-data", path, "--database-url", url, "--migrate")
    assert ended.returncode == 0
    assert ended.stderr.startswith("Created memory_relationships in ")
    assert execute(url, "SELECT count(*) FROM memory_relationships") == [(138,)]
    for name in others:
        with pytest.raises(Exception, match=name):
            execute(url, f"SELECT 1 FROM {name}")
