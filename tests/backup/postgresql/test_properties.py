"""memoria.backup.postgresql.properties: who may do what after a restore, and what belongs to the database itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backup.backups import POSTGRESQL, backed_up, memoria, refused, scratch_databases
from tests.conftest import KINDS
from tests.faults.faults import Make, execute

pytest_plugins = ["tests.faults.fault_databases"]
POSTGRESQLS = [kind for kind in KINDS if kind != "sqlite"]
READER = "properties_reader"
STATE = (
    "SELECT coalesce(datacl::text, ''), datconnlimit, coalesce(shobj_description(oid, 'pg_database'), '')"
    " FROM pg_database WHERE datname = current_database()",
    "SELECT coalesce(r.rolname, ''), array(SELECT unnest(s.setconfig) ORDER BY 1)::text FROM pg_db_role_setting s"
    " LEFT JOIN pg_roles r ON r.oid = s.setrole JOIN pg_database d ON d.oid = s.setdatabase"
    " WHERE d.datname = current_database() ORDER BY 1",
    "SELECT defaclrole::regrole::text, defaclobjtype::text, defaclacl::text FROM pg_default_acl ORDER BY 1, 2, 3",
    "SELECT nspowner::regrole::text, array(SELECT unnest(nspacl)::text ORDER BY 1)::text,"
    " obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'public'",
)


def state(url: str) -> list[object]:
    return [execute(url, sql) for sql in STATE]


def database_of(url: str) -> str:
    ((name,),) = execute(url, "SELECT quote_ident(current_database())")
    return str(name)


def empty(make: Make, kind: str, folder: Path) -> str:
    """A database without a table."""
    if kind == "sqlite":
        (folder / "empty.sqlite3").touch()
        return f"sqlite:///{folder}/empty.sqlite3"
    url = make(kind, "migrated")
    execute(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return url


def ensure_role(url: str) -> None:
    execute(url, f"DO $$ BEGIN CREATE ROLE {READER}; EXCEPTION WHEN duplicate_object THEN NULL; END $$")


@pytest.mark.parametrize("name", ["x.sql", "x.dump"])
@pytest.mark.parametrize("kind", POSTGRESQLS)
def test_a_restore_never_opens_what_was_closed(make: Make, tmp_path: Path, kind: str, name: str) -> None:
    """Default privileges of the target, and more rights on the schema public, would give new tables to more people."""
    url = make(kind)
    ensure_role(url)
    execute(url, "CREATE TABLE secret (t text)")
    path = backed_up(kind, url, tmp_path / name)
    before = state(url)
    execute(
        url,
        f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {READER}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO {READER}",
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        f"GRANT CREATE ON SCHEMA public TO {READER}",
        "COMMENT ON SCHEMA public IS 'changed'",
        f"GRANT CREATE ON DATABASE {database_of(url)} TO {READER}",
        f"ALTER DATABASE {database_of(url)} SET work_mem = '5MB'",
    )
    ended = memoria(kind, "restore-database", path, "--no-safety-backup", "--database-url", url)
    assert ended.returncode == 0, ended.stderr
    assert execute(url, f"SELECT has_table_privilege('{READER}', 'secret', 'select')") == [(False,)]
    assert state(url)[1:] == before[1:]
    assert execute(url, f"SELECT has_database_privilege('{READER}', current_database(), 'create')") == [(False,)]
    execute(url, f"DROP OWNED BY {READER}")


@pytest.mark.parametrize("into", [True, False], ids=["new", "in place"])
@pytest.mark.parametrize("kind", POSTGRESQLS)
def test_what_pg_dump_leaves_out_comes_back(make: Make, tmp_path: Path, kind: str, into: bool) -> None:
    url, other = make(kind), make(kind)
    ensure_role(url)
    name = database_of(url)
    execute(
        url,
        f"ALTER DATABASE {name} SET work_mem = '5MB'",
        f"""ALTER DATABASE {name} SET search_path = public, "a, b", "$user" """,
        f"ALTER DATABASE {name} SET application_name = 'it''s %s'",
        f"ALTER ROLE {READER} IN DATABASE {name} SET statement_timeout = '7s'",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO {READER} WITH GRANT OPTION",
        f"COMMENT ON DATABASE {name} IS 'of memories'",
        f"ALTER DATABASE {name} CONNECTION LIMIT 17",
        f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {READER}",
        f"GRANT CREATE ON SCHEMA public TO {READER}",
        "COMMENT ON SCHEMA public IS 'ours'",
    )
    path = backed_up(kind, url, tmp_path / "x.sql")
    wanted = state(url)
    if into:
        target = f"{name}_new"
        ended = memoria(kind, "restore-database", path, "--into", target, "--database-url", url)
        restored = url.replace(name, target)
    else:
        ended = memoria(kind, "restore-database", path, "--no-safety-backup", "--database-url", other)
        restored = other
    assert ended.returncode == 0, ended.stderr
    assert "Not restored" not in ended.stderr
    try:
        found = state(restored)
        assert [found[0][0][1:], *found[1:]] == [wanted[0][0][1:], *wanted[1:]]  # type: ignore[index]
        assert execute(restored, f"SELECT has_database_privilege('{READER}', current_database(), 'connect')") == [
            (True,)
        ]
        everybody = "SELECT count(*) FROM pg_database, aclexplode(datacl) WHERE datname = current_database()"
        assert execute(restored, f"{everybody} AND grantee = 0") == [(0,)]
    finally:
        if into:
            execute(url, f"DROP DATABASE {target} WITH (FORCE)")


def test_what_cannot_be_restored_is_named(make: Make, tmp_path: Path) -> None:
    url, other = make(POSTGRESQL), make(POSTGRESQL)
    name = database_of(url)
    execute(
        url,
        "CREATE ROLE properties_gone",
        f"ALTER ROLE properties_gone IN DATABASE {name} SET work_mem = '7MB'",
        f"GRANT CREATE ON DATABASE {name} TO properties_gone",
        f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC",
    )
    path = backed_up(POSTGRESQL, url, tmp_path / "x.sql")
    execute(url, "DROP OWNED BY properties_gone", "ALTER ROLE properties_gone RESET ALL", "DROP ROLE properties_gone")
    ended = memoria(POSTGRESQL, "restore-database", path, "--no-safety-backup", "--database-url", other)
    assert ended.returncode == 0, ended.stderr
    assert (
        "Not restored: work_mem = 7MB of the role properties_gone in this database"
        ' (role "properties_gone" does not exist).\n'
        'Not restored: CREATE for properties_gone (role "properties_gone" does not exist).\n' in ended.stderr
    )
    everybody = "SELECT count(*) FROM pg_database, aclexplode(datacl) WHERE datname = current_database()"
    assert execute(other, f"{everybody} AND grantee = 0 AND privilege_type = 'CONNECT'") == [(0,)]
    ended = memoria(POSTGRESQL, "restore-database", path, "--no-safety-backup", "--no-owner", "--database-url", other)
    assert "Left out: work_mem = 7MB of the role properties_gone in this database.\n" in ended.stderr


@pytest.mark.parametrize("kind", POSTGRESQLS)
def test_a_new_database_has_the_encoding_of_the_backup(make: Make, tmp_path: Path, kind: str) -> None:
    url = make(kind)
    name = f"{database_of(url)}_latin"
    execute(url, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    latin, target = url.replace(database_of(url), name), f"{name}_copy"
    try:
        execute(latin, "CREATE TABLE t (t text)", "INSERT INTO t VALUES ('caf\u00e9')")
        path = backed_up(kind, latin, tmp_path / "x.sql")
        ended = memoria(kind, "restore-database", path, "--into", target, "--database-url", url)
        assert ended.returncode == 0, ended.stderr
        restored = url.replace(database_of(url), target)
        assert execute(restored, "SELECT getdatabaseencoding(), t FROM t") == [("LATIN1", "caf\u00e9")]
    finally:
        for left in (name, target):
            execute(url, f"DROP DATABASE IF EXISTS {left} WITH (FORCE)")


@pytest.mark.parametrize("kind", POSTGRESQLS)
def test_nothing_comes_to_life_in_a_trial(make: Make, tmp_path: Path, kind: str) -> None:
    """Neither subscriptions, which would keep the trial's database from being dropped, nor event triggers."""
    url = make(kind)
    execute(
        url,
        "CREATE SUBSCRIPTION elsewhere CONNECTION 'host=127.0.0.1 port=1 dbname=x' PUBLICATION p"
        " WITH (connect = false, slot_name = NONE)",
        "CREATE PUBLICATION every FOR ALL TABLES",
        "CREATE FUNCTION stop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'stopped'; END $$",
        "CREATE EVENT TRIGGER stop ON sql_drop EXECUTE FUNCTION stop()",
    )
    try:
        path = backed_up(kind, url, tmp_path / "x.sql")
        assert scratch_databases(url) == []
        assert memoria(kind, "verify-backup", path, "--database-url", url).returncode == 0
        assert scratch_databases(url) == []
        said = refused(kind, "restore-database", path, "--no-safety-backup", "--database-url", url)
        assert said.endswith(
            "the database subscribes to another one (elsewhere): drop that first, with DROP SUBSCRIPTION; nothing was"
            " changed"
        )
    finally:
        execute(url, "ALTER EVENT TRIGGER stop DISABLE", "DROP SUBSCRIPTION elsewhere")
    execute(url, "ALTER EVENT TRIGGER stop ENABLE")
    try:
        ended = memoria(kind, "restore-database", path, "--no-safety-backup", "--database-url", url)
        assert ended.returncode == 0, ended.stderr
        assert execute(url, "SELECT subname, subenabled FROM pg_subscription WHERE subname = 'elsewhere'") == [
            ("elsewhere", False)
        ]
        assert execute(url, "SELECT evtname FROM pg_event_trigger") == [("stop",)]
    finally:
        quiet = "ALTER EVENT TRIGGER stop DISABLE"
        execute(url, quiet, "ALTER SUBSCRIPTION elsewhere SET (slot_name = NONE)", "DROP SUBSCRIPTION elsewhere")


CALLS_WITHOUT_SCHEMA = (
    "CREATE FUNCTION inner_one(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'select $1'",
    "CREATE FUNCTION outer_one(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'select inner_one($1)'",
)


@pytest.mark.parametrize("kind", POSTGRESQLS)
@pytest.mark.parametrize(
    "use",
    [
        "CREATE TABLE t (a text, b text GENERATED ALWAYS AS (outer_one(a)) STORED)",
        "CREATE TABLE t (a text CHECK (outer_one(a) IS NOT NULL))",
    ],
    ids=["generated column", "check"],
)
def test_a_dump_that_cannot_be_restored(make: Make, tmp_path: Path, kind: str, use: str) -> None:
    url = empty(make, kind, tmp_path)
    execute(url, *CALLS_WITHOUT_SCHEMA, use, "INSERT INTO t (a) VALUES ('x')")
    path = tmp_path / "x.dump"
    said = refused(kind, "backup-database", path, "--database-url", url)
    assert said == (
        f"{path} cannot be restored: function inner_one(text) does not exist: a restore looks for nothing in any"
        " schema by itself, so what calls it must name its schema; no file was written (--no-verify writes it,"
        " unverified)"
    )
    assert list(tmp_path.iterdir()) == []
    backed_up(kind, url, path, "--no-verify")


@pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
def test_a_database_without_tables(make: Make, tmp_path: Path, kind: str) -> None:
    """It is most often another one than was meant."""
    url = empty(make, kind, tmp_path)
    ended = memoria(kind, "backup-database", tmp_path / "b" / "x.sql", "--database-url", url)
    assert ended.returncode == 0
    assert "Suspicious: it holds no table. Nothing was removed; --fewer-rows says that it is meant" in ended.stderr
    assert refused("sqlite", "check-backups", tmp_path / "b") == (
        f"{tmp_path}/b/x.sql: suspicious; there is no verified backup of it in {tmp_path}/b"
    )
