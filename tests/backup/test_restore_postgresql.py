"""What PostgreSQL has beside tables and rows comes back as well, in one transaction, over what is there."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from memoria.backup.postgresql.load import load
from memoria.backup.postgresql.script import Sql
from memoria.snapshot.errors import DatabaseFailure
from tests.backup.backups import POSTGRESQL, backed_up, memoria, programs, refused
from tests.backup.test_verify import resealed
from tests.conftest import KINDS
from tests.faults.faults import Make, connected, execute, role, state

pytest_plugins = ["tests.faults.fault_databases"]
POSTGRESQLS = [kind for kind in KINDS if kind != "sqlite"]


def dumped(kind: str, url: str) -> list[str]:
    """All that stock pg_dump writes of a database, but what differs from one run to the next."""
    program = str(Path(programs(kind)) / "pg_dump") if programs(kind) else "pg_dump"
    said = subprocess.run([program, url], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return [line for line in said.stdout.decode().splitlines() if not re.match(r"\\(un)?restrict", line)]


class TestOneTransaction:
    @pytest.mark.parametrize("name", ["x.sql", "x.dump"])
    @pytest.mark.parametrize("kind", POSTGRESQLS)
    def test_with_large_objects(self, make: Make, tmp_path: Path, kind: str, name: str) -> None:
        """pg_dump wraps them in BEGIN and COMMIT; what fails behind them takes them back all the same."""
        url = make(kind)
        execute(
            url,
            "SELECT lo_from_bytea(0, 'first'), lo_from_bytea(0, 'second')",
            "CREATE ROLE for_a_while",
            "GRANT SELECT ON clusters TO for_a_while",
        )
        path = backed_up(kind, url, tmp_path / name)
        execute(url, "DROP OWNED BY for_a_while", "DROP ROLE for_a_while", "DELETE FROM memory_relationships")
        before = state(url), dumped(kind, url)
        said = refused(kind, "restore-database", path, "--database-url", url, "--no-safety-backup")
        assert said.endswith('role "for_a_while" does not exist; --no-owner leaves owners and privileges out')
        assert (state(url), dumped(kind, url)) == before
        arguments = ("--database-url", url, "--no-safety-backup", "--no-owner")
        ended = memoria(kind, "restore-database", path, *arguments)
        assert ended.returncode == 0, ended.stderr
        contents = "SELECT convert_from(lo_get(oid), 'UTF8') FROM pg_largeobject_metadata ORDER BY 1"
        assert execute(url, contents) == [("first",), ("second",)]
        assert execute(url, "SELECT count(*) FROM memory_relationships") == [(138,)]

    @pytest.mark.parametrize("ending", ["COMMIT AND CHAIN", "END", "rollback", "/* */ Commit", "ABORT"])
    def test_a_backup_that_ends_it_is_refused(self, make: Make, tmp_path: Path, ending: str) -> None:
        url = make(POSTGRESQL)
        path = backed_up(POSTGRESQL, url, tmp_path / "x.sql")
        text = path.read_bytes().replace(b"\nCOPY public.clusters", f"\n{ending};\nCOPY public.clusters".encode(), 1)
        path.write_bytes(text)
        resealed(path, size=len(text), sha256=hashlib.sha256(text).hexdigest())
        before = state(url)
        said = refused(POSTGRESQL, "restore-database", path, "--database-url", url, "--no-safety-backup")
        assert said == f"{path} cannot be restored: the text begins or ends a transaction, which no backup does"
        assert state(url) == before

    def test_one_that_is_ended_all_the_same_is_noticed(self, make: Make) -> None:
        url = make(POSTGRESQL, "migrated")
        with connected(url, autocommit=False) as cursor:
            load([Sql(b"SELECT 1; SAVEPOINT a; SELECT 2; RELEASE a")], cursor)
            with pytest.raises(DatabaseFailure, match="the backup ended the transaction"):
                load([Sql(b"SELECT 1; COMMIT; BEGIN; SELECT 2")], cursor)


def test_an_extension_of_another_role(make: Make, tmp_path: Path) -> None:
    """Its comment is its owner's; it stays as it is, and so does the rest of the restore."""
    url = make(POSTGRESQL, "migrated")
    available = "SELECT name FROM pg_available_extensions WHERE name IN ('pg_trgm', 'citext', 'vector') LIMIT 1"
    ((extension,),) = execute(url, available)
    with role(url, options="LOGIN") as theirs:
        name = execute(theirs, "SELECT current_user")[0][0]
        execute(url, f"CREATE EXTENSION {extension}", f"COMMENT ON EXTENSION {extension} IS 'ours'")
        execute(
            url,
            f"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO {name}', current_database()); END $$",
            "DO $$ DECLARE t text; BEGIN FOR t IN SELECT format('%I', tablename) FROM pg_tables"
            f" WHERE schemaname = 'public' LOOP EXECUTE 'ALTER TABLE ' || t || ' OWNER TO {name}'; END LOOP; END $$",
        )
        path = backed_up(POSTGRESQL, theirs, tmp_path / "x.sql")
        ended = memoria(POSTGRESQL, "restore-database", path, "--database-url", theirs)
        assert ended.returncode == 0, ended.stderr
        comment = f"SELECT obj_description(oid, 'pg_extension') FROM pg_extension WHERE extname = '{extension}'"
        assert execute(url, comment) == [("ours",)]
        execute(
            url, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO CURRENT_USER', current_database()); END $$"
        )


ONE_OF_EACH = [
    "CREATE SCHEMA other",
    "CREATE TABLE other.t (a int)",
    "CREATE COLLATION c (locale = 'C')",
    "CREATE TEXT SEARCH TEMPLATE tt (LEXIZE = dsimple_lexize, INIT = dsimple_init)",
    "CREATE TEXT SEARCH PARSER tp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end,"
    " LEXTYPES = prsd_lextype)",
    "CREATE TEXT SEARCH DICTIONARY td (TEMPLATE = tt)",
    "CREATE TEXT SEARCH CONFIGURATION tc (PARSER = tp)",
    "CREATE FOREIGN DATA WRAPPER fdw",
    "CREATE SERVER far FOREIGN DATA WRAPPER fdw",
    "CREATE USER MAPPING FOR CURRENT_USER SERVER far",
    "CREATE FOREIGN TABLE away (a int) SERVER far",
    "CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
    "CREATE TYPE shell",
    "CREATE TYPE span AS RANGE (subtype = float8)",
    "CREATE TYPE mood AS ENUM ('fine')",
    "CREATE TYPE pair AS (a int, b int)",
    "CREATE DOMAIN small AS int CHECK (VALUE < 10)",
    "CREATE FUNCTION less(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.a < $2.a'",
    "CREATE OPERATOR <<< (LEFTARG = pair, RIGHTARG = pair, FUNCTION = less)",
    "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)",
    "CREATE OPERATOR FAMILY family USING btree",
    "CREATE OPERATOR CLASS byhash FOR TYPE int USING hash AS OPERATOR 1 ===, FUNCTION 1 hashint4(int)",
    "CREATE AGGREGATE middle (float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal,"
    " FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA)",
    "CREATE AGGREGATE many (*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0')",
    "CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int4, INITCOND = '0')",
    "CREATE PROCEDURE work(INOUT a int, VARIADIC b text[]) LANGUAGE plpgsql AS 'BEGIN NULL; END'",
    "CREATE FUNCTION \"a b\"(a int, OUT b int, OUT c int) LANGUAGE sql AS 'SELECT 1, 2'",
    "CREATE CAST (pair AS text) WITH INOUT",
    "CREATE CAST (point AS bytea) WITH INOUT",
    "CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal),"
    " TO SQL WITH FUNCTION int4recv(internal))",
    "CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler",
    "CREATE TABLE things (id int GENERATED ALWAYS AS IDENTITY, n serial, s span, p pair, m mood, c text COLLATE c)",
    "INSERT INTO things (s, p, m, c) VALUES ('[1,2)', '(1,2)', 'fine', 'x')",
    "CREATE INDEX ON things USING hash (n byhash)",
    "CREATE STATISTICS figures ON id, n FROM things",
    "CREATE VIEW seen AS SELECT s, p FROM things",
    "CREATE MATERIALIZED VIEW kept AS SELECT s FROM things",
    "CREATE TABLE parts (a int) PARTITION BY RANGE (a)",
    "CREATE TABLE part PARTITION OF parts FOR VALUES FROM (1) TO (2)",
    "CREATE PUBLICATION news FOR TABLE things",
    "CREATE FUNCTION watched() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END'",
    "CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION watched()",
]


@pytest.mark.parametrize("kind", POSTGRESQLS)
def test_one_of_each_kind_of_object(make: Make, tmp_path: Path, kind: str) -> None:
    url = make(kind, "migrated")
    execute(url, *ONE_OF_EACH)
    before = dumped(kind, url)
    path = backed_up(kind, url, tmp_path / "x.sql")
    execute(url, "CREATE COLLATION another (locale = 'POSIX')", "TRUNCATE things")
    ended = memoria(kind, "restore-database", path, "--database-url", url, "--no-safety-backup")
    assert ended.returncode == 0, ended.stderr
    assert dumped(kind, url) == before
