"""memoria.databases: which database is meant, and that no password is ever shown."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connections

from memoria.databases import UnknownDatabase, connection_for, describe
from tests.backup.backups import environment
from tests.conftest import KINDS, ROOT
from tests.faults.faults import Make, execute, run

pytest_plugins = ["tests.faults.fault_databases"]
FORMS = "use sqlite:///path or postgresql://user:password@host/name"
SLASHES = "a SQLite URL has three slashes before the path, and four before an absolute one: write sqlite:///memories.db"
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
        ("postgresql://ann:secret@one:5433,two/memories", "postgresql://one:5433,two/memories"),
        ("postgresql://one,two:5434/memories", "postgresql://one,two:5434/memories"),
        ("postgresql://[::1]:5433/memories", "postgresql://[::1]:5433/memories"),
        ("postgresql:///memories?hostaddr=10.0.0.1", "postgresql://10.0.0.1/memories"),
        ("postgresql+psycopg2://ann:secret@db.example/memories", "postgresql://db.example/memories"),
        ("postgresql+psycopg://ann:secret@db.example/memories", "postgresql://db.example/memories"),
        ("sqlite+pysqlite:///memories.db", "sqlite:///memories.db"),
        ("SQLite:///agent%231.db", "sqlite:///agent#1.db"),
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
    if any(c in secret for c in "/?#[") or secret == "%zz":
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
        ("postgresql://h/name?dbname=other", f"the database URL says dbname twice: {FORMS}"),
        ("postgresql://h?dbname=other", f"the name of the database stands behind the host and a slash: {FORMS}"),
        ("postgresql://h/name?host=other", f"the database URL says host twice: {FORMS}"),
        ("postgresql://h/name?sslmode=disable&sslmode=require", f"the database URL says sslmode twice: {FORMS}"),
        ("postgresql://h/name?pool=1", "the parameter pool of the database URL is none of PostgreSQL's"),
        (
            "postgresql:///name?service=x",
            "the parameter service of a database URL is not taken: write the host, port, user and database of the"
            " service into the URL",
        ),
        (
            "postgresql://h/name?client_encoding=LATIN1",
            "the parameter client_encoding of a database URL is not taken: values are written in UTF-8, whatever the"
            " server's encoding",
        ),
        ("postgresql+mysql://h/name", f"postgresql+mysql databases are not supported: {FORMS}"),
        (
            "sqlite:///agent#1.db",
            "a SQLite URL has no parameters: leave out what begins with #, or write %23 where the file's name has it",
        ),
        (
            "sqlite:///memories.db?timeout=5",
            "a SQLite URL has no parameters: leave out what begins with ?, or write %3F where the file's name has it",
        ),
        ("sqlite:memories.db", SLASHES),
        ("sqlite:/memories.db", SLASHES),
        ("sqlite://memories.db", SLASHES),
        ("sqlite:///", "the database URL names no file: use sqlite:///path"),
        ("sqlite:///folder/", "the database URL names no file: use sqlite:///path"),
        ("sqlite:///a%00b", "the database URL names a file with a NUL, which no file has"),
        (
            "sqlite:///file:memories.db",
            "a SQLite URL names a file and no URI: write ./ before a name that begins with file:",
        ),
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


def test_the_server_is_that_of_the_environment_where_the_url_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example")
    monkeypatch.setenv("PGPORT", "5433")
    assert describe(connection_for(url="postgresql:///memories")) == "postgresql://db.example:5433/memories"
    monkeypatch.setenv("PGSERVICE", "production")
    with pytest.raises(UnknownDatabase, match=r"^PGSERVICE would choose the server: write the host into the URL"):
        connection_for(url="postgresql:///others")


@pytest.mark.parametrize("name", ["agent#1.db", "what?.db", "a b .db", "50%.db", "file:x.db", "a\nb.db", "\udcff.db"])
def test_a_sqlite_file_of_any_name(make: Make, tmp_path: Path, name: str) -> None:
    """Nothing is made under another name than the one that was written."""
    snapshot = tmp_path / "all.ndjson"
    assert run("export-data", snapshot, "--database-url", make("sqlite")).returncode == 0
    folder = tmp_path / "d"
    folder.mkdir()
    url = f"sqlite:///{quote(bytes(folder))}/{quote(os.fsencode(name))}"
    ended = run("import-data", snapshot, "--migrate", "--database-url", url)
    assert ended.returncode == 0, ended.stderr
    assert os.listdir(folder) == [name]
    assert run("export-data", tmp_path / "again.ndjson", "--database-url", url).returncode == 0


@pytest.mark.parametrize("kind", KINDS[1:])
def test_parameters_of_libpq(make: Make, tmp_path: Path, kind: str) -> None:
    """What every program of PostgreSQL takes is taken by every command, pg_dump included."""
    url, path = make(kind), tmp_path / "all.ndjson"
    url += "&" if "?" in url else "?"
    url += "application_name=nightly%20run&keepalives_idle=20&connect_timeout=3&target_session_attrs=read-write"
    at = ("--database-url", url.replace("postgresql://", "postgresql+psycopg2://"))
    commands: list[tuple[str, ...]] = [
        ("export-data", str(path)),
        ("export-memories", "--output", str(tmp_path / "some.ndjson")),
        ("import-data", str(path), "--dry-run"),
        ("import-memories", str(path)),
        ("list-imports",),
        ("backup-database", str(tmp_path / "all.dump")),
        ("verify-backup", str(tmp_path / "all.dump")),
        ("restore-database", str(tmp_path / "all.dump"), "--no-input", "--no-safety-backup"),
    ]
    for command in commands:
        ended = run(*command, *at, env=environment(kind))
        assert ended.returncode == 0, (command, ended.stderr)
    assert run("compare-data", path, at[1]).returncode == 0


LOCAL = "it is a URL, and no file of this machine"
PIPE = "write - in its place, and"
FILE = "name a file, which another program then copies"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("export-data", "s3://b/x.json"), f"cannot write s3://…: {LOCAL}: {PIPE} send that on in a pipe"),
        (("export-memories", "--output", "gs://b/x"), f"cannot write gs://…: {LOCAL}: {PIPE} send that on in a pipe"),
        (("import-data", "https://u:pw@h/x.json"), f"cannot read https://…: {LOCAL}: {PIPE} fetch it in a pipe"),
        (("import-memories", "S3://b/x.json"), f"cannot read S3://…: {LOCAL}: {PIPE} fetch it in a pipe"),
        (("export-data", "x.json", "--report", "file:///x"), f"cannot write file://…: {LOCAL}: {FILE}"),
        (("backup-database", "s3://team/x.sql.zst"), f"cannot write s3://…: {LOCAL}: {FILE}"),
        (("list-backups", "sftp://u:pw@h/backup"), f"cannot read sftp://…: {LOCAL}: {FILE}"),
        (("check-backups", "s3://team/", "--max-age", "1d"), f"cannot read s3://…: {LOCAL}: {FILE}"),
        (("verify-backup", "s3://team/x.sql"), f"cannot read s3://…: {LOCAL}: {FILE}"),
        (("restore-database", "s3://team/x.sql", "--no-input"), f"cannot read s3://…: {LOCAL}: {FILE}"),
    ],
)
def test_a_url_is_no_path(make: Make, tmp_path: Path, command: tuple[str, ...], sentence: str) -> None:
    at = () if command[0] in ("list-backups", "check-backups") else ("--database-url", make("sqlite"))
    ended = run(*command, *at)
    assert (ended.returncode, ended.stderr) == (2, f"CommandError: {sentence}\n")
    assert [name for name in os.listdir(ROOT) if name.endswith(":")] == [], "a folder of that name"
