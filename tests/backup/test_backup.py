"""`backup-database`: what it writes, what it tells, and that the stock tools bring it back without us."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zstandard

from tests.backup.backups import (
    POSTGRESQL,
    ROWS,
    backed_up,
    equal,
    files,
    listing,
    memoria,
    needs_shell,
    psql_database,
    refused,
    scratch_databases,
    sidecar,
    stock,
)
from tests.conftest import KINDS, ROOT
from tests.faults.faults import CREATE, Make, execute, path_of, role

pytest_plugins = ["tests.faults.fault_databases"]
NAMES = ["x.sql", "x.sql.gz", "x.sql.zst"]


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    return (
        zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True).read()
        if path.suffix == ".zst"
        else data
    )


class TestStockTools:
    @needs_shell
    @pytest.mark.parametrize("name", NAMES)
    def test_sqlite3(self, make: Make, tmp_path: Path, name: str) -> None:
        url = make("sqlite")
        path = backed_up("sqlite", url, tmp_path / name)
        subprocess.run(["sqlite3", tmp_path / "copy.db"], input=unpacked(path), check=True)
        assert equal(url, f"sqlite:///{tmp_path}/copy.db")

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("kind", KINDS[1:])
    def test_psql(self, make: Make, tmp_path: Path, kind: str, name: str) -> None:
        url = make(kind)
        path = backed_up(kind, url, tmp_path / name)
        (tmp_path / "text").write_bytes(unpacked(path))
        with psql_database(url, "stock_psql") as copy:
            stock(kind, "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-f", tmp_path / "text", "-d", copy)
            assert equal(url, copy)

    @pytest.mark.parametrize("kind", KINDS[1:])
    def test_pg_restore(self, make: Make, tmp_path: Path, kind: str) -> None:
        url = make(kind)
        path = backed_up(kind, url, tmp_path / "x.dump")
        with psql_database(url, "stock_pg_restore") as copy:
            stock(kind, "pg_restore", "--exit-on-error", "-j", "2", "-d", copy, path)
            assert equal(url, copy)


class TestFile:
    @pytest.mark.parametrize("kind", KINDS)
    def test_what_stands_beside_it(self, make: Make, tmp_path: Path, kind: str) -> None:
        url = make(kind)
        folder = tmp_path / "new" / "folder"
        path = backed_up(kind, url, folder / "all of it.sql")
        assert sorted(files(folder)) == ["all of it.sql", "all of it.sql.json"]
        assert [stat.S_IMODE(p.stat().st_mode) for p in (path, Path(f"{path}.json"), folder)] == [0o600, 0o600, 0o700]
        found = sidecar(path)
        data = path.read_bytes()
        assert (found["size"], found["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        assert (found["format"], found["version"], found["sequence"]) == ("memoria-backup", 1, 1)
        assert (found["generator"], found["kind"]) == ("memoria 0.1.0", kind.partition("-")[0])
        assert (found["dump"], found["compression"], found["suspicious"]) == ("sql", "", "")
        assert found["verified"]["how"] == "restored"
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", found["created_at"])
        tables = {name.removeprefix("public."): table["rows"] for name, table in found["contents"]["tables"].items()}
        assert tables["long_term_memory"] == 160
        assert tables["cluster_members"] == 158
        assert tables["auth_user"] == 0
        assert found["contents"]["objects"]["index"]["rows"] > 20
        if kind != "sqlite":
            assert scratch_databases(url) == []

    @pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
    def test_the_umask_does_not_matter(self, make: Make, tmp_path: Path, kind: str) -> None:
        url, folder = make(kind), tmp_path / "folder"
        ended = memoria(
            kind,
            "backup-database",
            folder / "x.sql",
            "--database-url",
            url,
            program=("sh", "-c", 'umask 0; exec "$@"', "sh"),
        )
        assert ended.returncode == 0, ended.stderr
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}
        assert modes == {"folder": 0o700, "x.sql": 0o600, "x.sql.json": 0o600}

    def test_names_are_filled_in(self, make: Make, tmp_path: Path) -> None:
        url = make("sqlite")
        for _ in range(2):  # in the same second, perhaps
            backed_up("sqlite", url, tmp_path / "{database}_{timestamp}.sql.zst")
        names = sorted(files(tmp_path))
        assert len(names) == 4
        assert all(re.fullmatch(r"memoria_\d{8}T\d{6}Z\.sql\.zst(\.json)?", name) for name in names)
        assert [entry["sequence"] for entry in listing(tmp_path / "{database}_{timestamp}.sql.zst")] == [1, 2]

    def test_a_folder_that_was_made_for_nothing(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/none.sqlite3"
        ended = memoria("sqlite", "backup-database", tmp_path / "new" / "folder" / "x.sql", "--database-url", url)
        assert (ended.returncode, ended.message()) == (
            1,
            f"{url} does not exist: {CREATE.format('it')}",
        )
        assert list(tmp_path.iterdir()) == []

    def test_a_second_run_replaces_the_first(self, make: Make, tmp_path: Path) -> None:
        url = make("sqlite")
        path = backed_up("sqlite", url, tmp_path / "x.sql")
        execute(url, "UPDATE clusters SET summary = 'changed'")
        backed_up("sqlite", url, path)
        assert b"'changed'" in path.read_bytes()
        assert sidecar(path)["sequence"] == 2
        assert memoria("sqlite", "verify-backup", path).returncode == 0

    @pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
    def test_an_empty_database(self, make: Make, tmp_path: Path, kind: str) -> None:
        url = make(kind, "migrated")
        drop = "DELETE FROM django_migrations"
        execute(url, drop)
        path = backed_up(kind, url, tmp_path / "x.sql")
        assert memoria(kind, "verify-backup", path, "--database-url", url).returncode == 0

    @pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
    def test_without_verification(self, make: Make, tmp_path: Path, kind: str) -> None:
        url = make(kind)
        path = backed_up(kind, url, tmp_path / "x.sql", "--no-verify")
        assert sidecar(path)["verified"] is None
        assert [entry["state"] for entry in listing(tmp_path)] == ["unverified"]
        ended = memoria(kind, "verify-backup", path, "--database-url", url)
        assert ended.returncode == 0, ended.stderr
        assert ended.stderr.endswith("Noted in its sidecar.\n")
        assert [entry["state"] for entry in listing(tmp_path)] == ["verified"]


class TestPostgresql:
    @pytest.mark.parametrize("name", ["x.sql", "x.dump"])
    def test_a_role_that_may_not_create_databases(self, make: Make, tmp_path: Path, name: str) -> None:
        url = make(POSTGRESQL)
        with role(url, options="LOGIN") as limited:
            user = urlsplit(limited).username
            execute(url, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}")
            execute(url, f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {user}")
            ended = memoria(POSTGRESQL, "backup-database", tmp_path / name, "--database-url", limited)
            assert ended.returncode == 0, ended.stderr
            assert "verified by reading it" in ended.stderr
            assert (
                "the file was read to its end and compared instead; --verify-url names a server for one.\n"
                in ended.stderr
            )
            assert sidecar(tmp_path / name)["verified"]["how"] == "read"

            path = backed_up(POSTGRESQL, limited, tmp_path / f"2{name}", "--verify-url", url)
            assert sidecar(path)["verified"]["how"] == "restored"

    def test_a_role_that_may_create_databases_but_not_all_that_is_in_them(self, make: Make, tmp_path: Path) -> None:
        url = make(POSTGRESQL)
        execute(url, "CREATE FUNCTION f() RETURNS int LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_call_handler'")
        with role(url, options="LOGIN CREATEDB") as limited:
            user = urlsplit(limited).username
            execute(url, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}")
            execute(url, f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {user}")
            path = backed_up(POSTGRESQL, limited, tmp_path / "x.sql")
            assert sidecar(path)["verified"]["how"] == "read"
            assert scratch_databases(url) == []

    def test_what_a_schema_may_hold(self, make: Make, tmp_path: Path) -> None:
        """Quotes, dollars, semicolons and COPY in all the places where a careless reader stumbles."""
        url = make(POSTGRESQL)
        execute(
            url,
            'CREATE SCHEMA "odd ;"',
            """CREATE TABLE "odd ;"."t'$$ (x)"("a ""b" text DEFAULT 'it''s;', c bytea, d real[], e timestamptz)""",
            """INSERT INTO "odd ;"."t'$$ (x)"
               VALUES(E'\\\\.\\n\\\\.', '\\x00ff', '{0.1,NaN}', now()), (NULL, '', '{}', 'infinity')""",
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql"
            " AS $_$ BEGIN\nCOPY x FROM stdin;\nRETURN 1; -- '\nEND $_$",
            "CREATE FUNCTION g(a int) RETURNS int LANGUAGE sql"
            " BEGIN ATOMIC SELECT a; SELECT CASE WHEN a > 1 THEN 2 END; END",
            "COMMENT ON FUNCTION f() IS E'\\\\ /* '' -- $$;\\nCOPY t FROM stdin;\\n'",
            "CREATE TABLE part(a int) PARTITION BY RANGE (a)",
            "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10)",
            "INSERT INTO part VALUES(1),(2)",
            "CREATE TABLE no_columns()",
            "INSERT INTO no_columns DEFAULT VALUES",
            "CREATE TABLE made(a int, b int GENERATED ALWAYS AS (a * 2) STORED, c int GENERATED ALWAYS AS IDENTITY)",
            "INSERT INTO made(a) VALUES(4)",
            "CREATE MATERIALIZED VIEW m AS SELECT a FROM part",
            "CREATE TYPE mood AS ENUM ('ok', 'it''s;')",
            "CREATE DOMAIN positive AS int CHECK (value > 0)",
            "SELECT lo_from_bytea(0, '\\x0102')",
        )
        for name in ("x.sql", "x.dump"):
            path = backed_up(POSTGRESQL, url, tmp_path / name)
            assert sidecar(path)["verified"]["how"] == "restored"
            tables = sidecar(path)["contents"]["tables"]
            assert tables['"odd ;"."t\'$$ (x)"']["rows"] == 2
            assert (tables["public.part_1"]["rows"], tables["public.no_columns"]["rows"]) == (2, 1)
            read = memoria(POSTGRESQL, "verify-backup", path)
            assert "verified by reading it" in read.stderr, read.stderr
            restored = memoria(POSTGRESQL, "restore-database", path, "--database-url", url)
            assert restored.returncode == 0, restored.stderr
        assert execute(url, "SELECT c FROM made, g(2) gg WHERE gg = 2") == [(1,)]

    def test_the_scratch_database_of_a_killed_run_is_swept(self, make: Make, tmp_path: Path) -> None:
        url = make(POSTGRESQL)
        (oid,) = execute(url, "SELECT oid FROM pg_database WHERE datname = current_database()")[0]
        execute(url, f"CREATE DATABASE memoria_scratch_{oid}_deadbeef")
        backed_up(POSTGRESQL, url, tmp_path / "x.sql")
        assert [name for name in scratch_databases(url) if f"_{oid}_" in name] == []


class TestStream:
    @needs_shell
    def test_sqlite(self, make: Make, tmp_path: Path) -> None:
        url = make("sqlite")
        ended = memoria("sqlite", "backup-database", "-", "--database-url", url)
        assert ended.returncode == 0
        assert ended.stderr.endswith("rows of " + url + " to standard output. Nobody has verified them.\n")
        subprocess.run(["sqlite3", tmp_path / "copy.db"], input=ended.stdout, check=True)
        assert equal(url, f"sqlite:///{tmp_path}/copy.db")

    def test_postgresql(self, make: Make) -> None:
        url = make(POSTGRESQL)
        plain = memoria(POSTGRESQL, "backup-database", "-", "--database-url", url, "-v0")
        assert (plain.returncode, plain.stderr) == (0, "")
        assert plain.stdout.startswith(b"--\n-- PostgreSQL database dump\n")
        custom = memoria(POSTGRESQL, "backup-database", "-", "--database-url", url, "--format", "custom")
        assert custom.stdout.startswith(b"PGDMP")


class TestReport:
    @pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
    def test_one_line_and_a_report(self, make: Make, tmp_path: Path, kind: str) -> None:
        url, path = make(kind), tmp_path / "x.sql"
        ended = memoria(kind, "backup-database", path, "--database-url", url, "--report", tmp_path / "r")
        assert ended.stdout == b""
        assert re.fullmatch(
            rf"Backed up \S+ to {path}, verified by restoring it, in [\d.]+ s"
            r" \([\d.]+ kB, \d+ rows, sha256 [0-9a-f]{64}\)\.\n",
            ended.stderr,
        )
        report = json.loads((tmp_path / "r").read_bytes())
        assert {key: report[key] for key in ("operation", "file", "verified", "removed", "exit_code")} == {
            "operation": "backup",
            "file": str(path),
            "verified": "restored",
            "removed": [],
            "exit_code": 0,
        }
        assert sum(report["tables"].values()) == report["rows"] >= ROWS

    def test_quiet(self, make: Make, tmp_path: Path) -> None:
        ended = memoria("sqlite", "backup-database", tmp_path / "x.sql", "--database-url", make("sqlite"), "-v0")
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", "")

    def test_fewer_rows_than_half(self, make: Make, tmp_path: Path) -> None:
        url, path = make("sqlite"), tmp_path / "{timestamp}.sql"
        backed_up("sqlite", url, path)
        for table in ("long_term_memory", "memory_relationships", "cluster_members"):
            execute(url, f"DELETE FROM {table}")
        ended = memoria("sqlite", "backup-database", path, "--database-url", url, "--keep-last", "1")
        assert ended.returncode == 0
        assert "Suspicious: " in ended.stderr
        assert ended.stderr.endswith("Nothing was removed; --fewer-rows says that it is meant to be so.\n")
        assert [entry["state"] for entry in listing(tmp_path)] == ["verified", "suspicious"]
        again = memoria("sqlite", "backup-database", path, "--database-url", url, "--keep-last", "1")
        assert "Suspicious: " in again.stderr  # it is compared with the last that was beyond suspicion
        assert [entry["state"] for entry in listing(tmp_path)] == ["verified", "suspicious", "suspicious"]
        meant = memoria("sqlite", "backup-database", path, "--database-url", url, "--keep-last", "1", "--fewer-rows")
        assert "Removed 1 older backup: " in meant.stderr
        assert [entry["state"] for entry in listing(tmp_path)] == ["suspicious", "suspicious", "verified"]


class TestWrongArguments:
    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("x.txt", "'x.txt': the extension decides: .sql, .sql.gz, .sql.zst, or .dump for PostgreSQL"),
            ("x.dump.gz", "'x.dump.gz': .dump is compressed already; leave out the last extension"),
            ("x.dump", ".dump is PostgreSQL's own format: name the backup of a SQLite database .sql"),
            ("a{b}.sql", "'a{b}.sql': {b} is unknown; there are {timestamp} and {database}"),
            ("a\nb.sql", "'a\\nb.sql' has characters that do not print: choose another name"),
            ("{database}/x.sql", "'{database}/x.sql': only the name of the file is filled in, not that of the folder"),
            ("folder/", "'folder/' names no file: write FOLDER/NAME.sql, or .dump for PostgreSQL"),
            ("x" * 197 + ".sql", f"the name {'x' * 197 + '.sql'!r} is longer than 200 bytes"),
        ],
    )
    def test_names(self, make: Make, name: str, said: str) -> None:
        assert refused("sqlite", "backup-database", name, "--database-url", make("sqlite"), code=2) == said

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--keep-last", "0"), "'0' is not a whole number above zero"),
            (("--keep-last", "3"), "--keep-… needs {timestamp} in the name: without it each run replaces the last one"),
            (("--prune-dry-run",), "--prune-dry-run needs a rule: --keep-last, -daily, -weekly or -monthly"),
            (("--ping-url", "file:///etc/passwd"), "it does not begin with http:// or https://, or has spaces"),
            (("--stall-timeout", "soon"), "'soon' is no time: write a number and s, m, h, d or w, such as 26h"),
        ],
    )
    def test_options(self, make: Make, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
        ended = memoria("sqlite", "backup-database", tmp_path / "x.sql", "--database-url", make("sqlite"), *arguments)
        assert ended.returncode == 2
        assert said in ended.stderr
        assert files(tmp_path) == {}

    def test_keep_without_verification(self, make: Make, tmp_path: Path) -> None:
        path = tmp_path / "{timestamp}.sql"
        said = refused(
            "sqlite",
            "backup-database",
            path,
            "--keep-last",
            "1",
            "--no-verify",
            "--database-url",
            make("sqlite"),
            code=2,
        )
        assert said == "--keep-… counts verified backups only: leave out --no-verify"

    def test_names_that_are_odd_but_fine(self, make: Make, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        path = backed_up("sqlite", make("sqlite"), tmp_path / "a" / ".." / "my backup; touch $(x) 'é'.sql")
        assert sorted(files(tmp_path)) == ["my backup; touch $(x) 'é'.sql", "my backup; touch $(x) 'é'.sql.json"]
        assert memoria("sqlite", "verify-backup", path).returncode == 0


class TestScript:
    def test_from_any_folder_in_the_environment_of_cron(self, make: Make, tmp_path: Path) -> None:
        url, folder = make("sqlite"), tmp_path / "elsewhere"
        folder.mkdir()
        script = str(ROOT / "scripts" / "backup_database.py")
        variables = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "DATABASE_URL": url}
        shell = 'umask 0; exec "$@" <&-'

        def cron(*arguments: str) -> subprocess.CompletedProcess[bytes]:
            command = ["sh", "-c", shell, "sh", sys.executable, script, *arguments]
            return subprocess.run(command, cwd=folder, env=variables, capture_output=True)

        ended = cron("export/memories_backup.sql")
        assert (ended.returncode, ended.stdout) == (0, b""), ended.stderr
        assert ended.stderr.startswith(b"Backed up sqlite:///")
        path = folder / "export" / "memories_backup.sql"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        execute(url, "DELETE FROM clusters")
        restored = cron("--restore", "export/memories_backup.sql")
        assert restored.returncode == 0, restored.stderr
        assert execute(url, "SELECT count(*) FROM clusters") == [(17,)]
        assert os.listdir(folder) == ["export"]
        assert path_of(url).exists()
