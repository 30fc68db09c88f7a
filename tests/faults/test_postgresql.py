"""Servers that refuse, limit, stop or vanish in the middle of a run."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.conftest import GIVEN_SERVER, KINDS, run_manage, server
from tests.faults.faults import (
    Make,
    Proxy,
    copying,
    execute,
    gone,
    role,
    run,
    sessions,
    started,
    state,
    without_history,
)
from tests.support import postgres

pytest_plugins = ["tests.faults.fault_databases"]
POSTGRESQL = KINDS[-1]
Snapshots = Callable[[str], Path]
SECRETS = ["p@ss:/?#%'\"\\ ü", "12/34", "a;$(touch x)"]


def failed(*arguments: str | Path, code: int = 1) -> str:
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (code, b""), ended
    assert ended.is_one_sentence(), ended.stderr
    return ended.message()


@pytest.mark.skipif(GIVEN_SERVER != "", reason="needs a role of its own on a server of ours")
class TestPassword:
    @pytest.mark.parametrize("secret", SECRETS)
    def test_wrong(self, make: Make, tmp_path: Path, secret: str) -> None:
        name = make(POSTGRESQL, "migrated").rpartition("/test_")[2].partition("?")[0]
        url = server(POSTGRESQL).url(f"test_{name}", user=postgres.LOCKED_ROLE, password=secret)
        message = failed("export-data", tmp_path / "x.json", "--database-url", url)
        assert message == (
            f'cannot connect to postgresql:///test_{name}: password authentication failed for user "locked"'
        )
        assert list(tmp_path.iterdir()) == []

    def test_right(self, make: Make, snapshots: Snapshots) -> None:
        name = make(POSTGRESQL, "migrated").rpartition("/test_")[2].partition("?")[0]
        secret = postgres.LOCKED_PASSWORD
        url = server(POSTGRESQL).url(f"test_{name}", user=postgres.LOCKED_ROLE, password=secret)
        ended = run("import-data", snapshots("sample"), "--database-url", url)
        assert ended.returncode == 0
        assert secret not in ended.stderr


class TestNobodyThere:
    def test_refused(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closing:
            port = closing.getsockname()[1]
        url = f"postgresql://u:geheim@127.0.0.1:{port}/memoria"
        message = failed("export-data", tmp_path / "x.json", "--database-url", url)
        assert message == f"cannot connect to postgresql://127.0.0.1:{port}/memoria: Connection refused"
        assert list(tmp_path.iterdir()) == []

    def test_no_such_name(self, snapshots: Snapshots) -> None:
        url = "postgresql://u:geheim@no-such-host.invalid/memoria"
        for arguments in (("import-data", snapshots("sample")), ("import-data", snapshots("sample"), "--migrate")):
            message = failed(*arguments, "--database-url", url)
            assert "postgresql://no-such-host.invalid/memoria: " in message
            assert "geheim" not in message

    def test_no_such_database(self, make: Make, snapshots: Snapshots) -> None:
        url = make(POSTGRESQL, "migrated").replace("/test_", "/untest_")
        name = urlsplit(url).path[1:]
        expected = f'database "{name}" does not exist: create it first, with createdb {name}'
        assert failed("export-data", "-", "--database-url", url).endswith(expected)
        assert failed("import-data", snapshots("sample"), "--migrate", "--database-url", url).endswith(expected)

    @pytest.mark.parametrize("name", ["locked", "lock timeout"])
    def test_a_name_that_sounds_busy(self, make: Make, snapshots: Snapshots, name: str) -> None:
        url = make(POSTGRESQL, "migrated")
        url = urlsplit(url)._replace(path=f"/{quote(name)}").geturl()
        for arguments in (("import-data", snapshots("sample")), ("import-data", snapshots("sample"), "--migrate")):
            assert f'database "{name}" does not exist' in failed(*arguments, "--database-url", url)
        url = f"postgresql://{quote(name.replace(' ', '-'))}.invalid/memoria"
        assert failed("import-data", snapshots("sample"), "--migrate", "--database-url", url)


class TestLimits:
    def test_read_only(self, make: Make, snapshots: Snapshots) -> None:
        url = make(POSTGRESQL)
        before = state(url)
        with role(url, "default_transaction_read_only = on") as limited:
            for arguments in ((), ("--migrate",)):
                message = failed("import-data", snapshots("sample"), "--database-url", limited, *arguments)
                assert message.endswith(" is read-only")
            assert run("export-data", "-", "--database-url", limited).returncode == 0
        assert state(url) == before

    def test_without_rights(self, make: Make, snapshots: Snapshots) -> None:
        url = make(POSTGRESQL)
        before = state(url)
        with role(url, options="LOGIN") as stranger:
            assert "permission denied for table " in failed("export-data", "-", "--database-url", stranger)
            message = failed("import-data", snapshots("sample"), "--database-url", stranger)
            assert "permission denied for table " in message
        assert state(url) == before

    def test_times_out_like_a_web_request(self, make: Make, snapshots: Snapshots) -> None:
        url = make(POSTGRESQL, "migrated")
        settings = ("statement_timeout = 50", "idle_in_transaction_session_timeout = 50")
        with role(url, *settings) as limited:
            ended = run("import-data", snapshots("large"), "--database-url", limited)
        assert ended.returncode == 0, ended.stderr

    def test_odd_settings_change_no_value(self, make: Make, snapshots: Snapshots) -> None:
        url, plain = make(POSTGRESQL, "migrated"), make(POSTGRESQL, "migrated")
        settings = (
            "timezone = 'Asia/Kathmandu'",
            "datestyle = 'SQL, DMY'",
            "standard_conforming_strings = off",
            "client_encoding = 'LATIN1'",
        )
        with role(url, *settings) as other:
            assert run("import-data", snapshots("sample"), "--database-url", other).returncode == 0
        assert run("import-data", snapshots("sample"), "--database-url", plain).returncode == 0
        assert without_history(state(url)) == without_history(state(plain))


class TestSessionLost:
    def test_ended_by_the_administrator(self, make: Make, snapshots: Snapshots) -> None:
        url = make(POSTGRESQL)
        before = state(url)
        with (
            copying(url) as halfway,
            started("import-data", snapshots("large"), "--database-url", url) as running,
        ):
            while not halfway():
                assert running.process.poll() is None
            ((pid, *_),) = sessions(url)
            execute(url, f"SELECT pg_terminate_backend({pid})")
            ended = running.ended()
        assert ended.returncode == 1
        assert ended.is_one_sentence(), ended.stderr
        assert " was lost" in ended.message()
        assert ended.message().endswith("; nothing was changed")
        assert state(url) == before

    def test_cut_during_copy(self, make: Make, snapshots: Snapshots) -> None:
        url = make(POSTGRESQL)
        before = state(url)
        with Proxy(url, lambda data, sent: 1000 if sent > 5_000_000 else None) as proxy:
            message = failed("import-data", snapshots("large"), "--database-url", proxy.url)
            assert proxy.cuts == 1
        assert message.startswith("the connection to postgresql://127.0.0.1:")
        assert message.endswith("; nothing was changed")
        assert gone(url)
        assert state(url) == before

    @pytest.mark.parametrize("answered", [False, True], ids=["before the server had it", "after"])
    def test_cut_during_commit(self, make: Make, snapshots: Snapshots, answered: bool) -> None:
        url = make(POSTGRESQL, "migrated")
        before = state(url)

        def cut(data: bytes, sent: int) -> int | None:
            # The plan's statements commit each by itself; the one COMMIT is the import's.
            return (len(data) if answered else 0) if data.endswith(b"COMMIT\0") and sent > 100_000 else None

        with Proxy(url, cut, answered=answered) as proxy:
            message = failed("import-data", snapshots("sample"), "--database-url", proxy.url)
            assert proxy.cuts == 1
        assert message.startswith("the connection to postgresql://127.0.0.1:")
        assert message.endswith(
            " was lost during the commit: whether the rows were imported is unknown; it is safe to run the import again"
        )
        assert gone(url)
        assert (state(url) == before) is not answered
        assert run("import-data", snapshots("sample"), "--database-url", url).returncode == 0
        assert execute(url, "SELECT count(*) FROM memory_relationships") == [(138,)]

    def test_cut_during_an_export(self, make: Make, tmp_path: Path) -> None:
        url = make(POSTGRESQL, "large")
        with Proxy(url, lambda data, sent: 0 if b"COPY (" in data else None) as proxy:
            message = failed("export-data", tmp_path / "x.json", "--database-url", proxy.url)
            assert proxy.cuts == 1
        assert message.startswith("the connection to postgresql://127.0.0.1:")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(GIVEN_SERVER != "", reason="needs a server of its own")
    def test_server_stopped(self, tmp_path: Path, snapshots: Snapshots) -> None:
        version = int(POSTGRESQL.removeprefix("postgresql-"))
        own = postgres.start(version, tmp_path, os.getpid())
        try:
            with own.database() as name:
                url = own.url(name)
                assert run_manage("migrate", "-v0", env={"DATABASE_URL": url}).returncode == 0
                execute(url, "CHECKPOINT")  # a commit of the tests' servers waits for no disk
                before = state(url)
                with (
                    copying(url) as halfway,
                    started("import-data", snapshots("large"), "--database-url", url) as running,
                ):
                    while not halfway():
                        assert running.process.poll() is None
                    ((pid, *_),) = sessions(url)
                    # One session crashes: the server drops them all at once, and recovers by itself.
                    os.kill(pid, signal.SIGKILL)
                    ended = running.ended()
                assert (ended.returncode, ended.is_one_sentence()) == (1, True), ended.stderr
                assert " was lost" in ended.message()
                assert ended.message().endswith("; nothing was changed")
                _wait_for(url)
                after = state(url)
                # A server that recovers moves all sequences on, ours or not.
                assert {k: v for k, v in after.items() if not k.startswith("sequence ")} == {
                    k: v for k, v in before.items() if not k.startswith("sequence ")
                }
        finally:
            postgres.stop_all(tmp_path)


def _wait_for(url: str) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            execute(url, "SELECT 1")
            return
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def test_refused_by_a_trigger(make: Make, snapshots: Snapshots) -> None:
    """In the rehearsal, by the last table, when all others are written and their sequences moved."""
    url = make(POSTGRESQL, "migrated")
    execute(
        url,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'the trigger says no'; END$$",
        "CREATE TRIGGER refuse BEFORE INSERT ON memory_relationships FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    before = state(url)
    ended = run("import-data", snapshots("sample"), "--database-url", url)
    assert ended.returncode == 1
    assert (
        "memory_relationships '00f887ff-7a15-5a27-ad0f-4e5e8c6c3c60': the database refuses it: the trigger says no"
        in (ended.stderr)
    )
    assert ended.message().endswith(": 138 issues; nothing was changed, and --skip-invalid leaves such rows out")
    assert state(url) == before


@pytest.mark.parametrize(
    "command", [("export-data",), ("export-memories", "--output"), ("import-memories", "--dry-run")]
)
def test_rows_that_a_policy_hides_do_not_pass_for_none(make: Make, tmp_path: Path, command: tuple[str, ...]) -> None:
    url = make(POSTGRESQL)
    file = tmp_path / "all.json"
    assert run("export-data", file, "--database-url", url).returncode == 0
    with role(url, options="LOGIN") as hidden:
        user = urlsplit(hidden).netloc.partition("@")[0]
        execute(
            url,
            f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {user}",
            "ALTER TABLE long_term_memory ENABLE ROW LEVEL SECURITY",
            f"CREATE POLICY own ON long_term_memory TO {user} USING (namespace = 'mine')",
        )
        place = file if command[0] == "import-memories" else tmp_path / "some.json"
        ended = run(*command, place, "--database-url", hidden)
    assert ended.returncode == 1
    assert ended.stderr.endswith(
        'query would be affected by row-level security policy for table "long_term_memory": name a role in the URL that'
        " may, or GRANT it what it lacks\n"
    )
    assert not (tmp_path / "some.json").exists()
