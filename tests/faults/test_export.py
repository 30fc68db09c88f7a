"""What an export leaves behind when something goes wrong: one sentence, an exit code, and no file."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import KINDS, ROOT
from tests.faults.faults import (
    BOTH,
    CREATE,
    LARGE_ROWS,
    Make,
    Running,
    connected,
    execute,
    gone,
    grown,
    partials,
    path_of,
    role,
    run,
    sessions,
    small_disk,
    started,
    state,
)
from tests.faults.writer import AMOUNT, Writer, prepare

pytest_plugins = ["tests.faults.fault_databases"]
POSTGRESQL = KINDS[-1]
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def refused(*arguments: str | Path, **options: Any) -> str:
    ended = run("export-data", *arguments, **options)
    assert ended.returncode == 1, ended
    assert ended.stdout == b""
    assert ended.is_one_sentence(), ended.stderr
    return ended.message()


class TestDestination:
    def test_a_directory(self, make: Make, tmp_path: Path) -> None:
        message = refused(tmp_path, "--database-url", make("sqlite"))
        assert message == f"cannot write {tmp_path}: it is a directory"
        assert list(tmp_path.iterdir()) == []

    def test_folders_that_do_not_exist_are_created(self, make: Make, tmp_path: Path) -> None:
        path = tmp_path / "a" / "b" / ("ü" * 120 + ".ndjson.gz")
        ended = run("export-data", path, "--database-url", make("sqlite"))
        assert ended.returncode == 0, ended.stderr
        assert [p.name for p in path.parent.iterdir()] == [path.name]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
    def test_no_permission(self, make: Make) -> None:
        # Not below pytest's own folder, which nobody else may enter.
        with small_disk(Path("/tmp") / f"memoria-test-{os.getpid()}", "4m") as disk:
            (disk / "memoria.sqlite3").write_bytes(path_of(make("sqlite")).read_bytes())
            locked = disk / "locked"
            locked.mkdir(mode=0o755)
            url = f"sqlite:///{disk}/memoria.sqlite3"
            message = refused(locked / "out.json", "--database-url", url, program=NOBODY)
            assert message == f"cannot write {locked}/out.json: permission denied"
            assert list(locked.iterdir()) == []

            (disk / "memoria.sqlite3").chmod(0o600)
            disk.chmod(0o777)
            message = refused(disk / "out.json", "--database-url", url, program=NOBODY)
            assert message == f"cannot open {url}: permission denied"
            assert sorted(p.name for p in disk.iterdir()) == ["locked", "memoria.sqlite3"]
        disk.rmdir()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
    @pytest.mark.parametrize("name", ["out.ndjson", "out.json.zst"])
    def test_full_disk(self, make: Make, tmp_path: Path, name: str) -> None:
        size = "1m" if name == "out.ndjson" else "4k"
        with small_disk(tmp_path / "disk", size) as disk:
            (disk / name).write_bytes(b"the earlier one")
            message = refused(disk / name, "--database-url", make("sqlite", "large"))
            assert message == (
                f"cannot write {disk}/{name}: no space left on the device; free some, or name another folder"
            )
            assert (disk / name).read_bytes() == b"the earlier one"
            assert partials(disk) == []

    @pytest.mark.parametrize("kind", BOTH)
    def test_limit_on_the_size_of_files(self, make: Make, tmp_path: Path, kind: str) -> None:
        # COPY hands over rows from within the driver: the failure has to come out through it.
        message = refused(
            tmp_path / "out.json",
            "--database-url",
            make(kind, "large"),
            program=("prlimit", "--fsize=2000000"),
        )
        assert message == (
            f"cannot write {tmp_path}/out.json: the file would be larger than the system allows (ulimit -f)"
        )
        assert list(tmp_path.iterdir()) == []

    def test_standard_output_closed(self, make: Make) -> None:
        script = 'exec "$0" manage.py export-data - --database-url "$1" >&-'
        arguments = ["sh", "-c", script, sys.executable, make(POSTGRESQL)]
        ended = subprocess.run(arguments, cwd=ROOT, capture_output=True)
        assert ended.returncode == 1
        assert ended.stderr == b"CommandError: cannot write <stdout>: it is closed\n"

    def test_standard_error_closed(self, make: Make, tmp_path: Path) -> None:
        script = 'exec "$0" manage.py export-data "$2" --database-url "$1" 2>&- >&- <&-'
        path = tmp_path / "out.ndjson"
        arguments = ["sh", "-c", script, sys.executable, make(POSTGRESQL), str(path)]
        assert subprocess.run(arguments, cwd=ROOT).returncode == 0
        assert json.loads(path.read_bytes().splitlines()[-1])["integrity"]["counts"]["clusters"] == 17


SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


class TestSignals:
    @pytest.mark.parametrize(
        ("kind", "number", "code"), [*(("sqlite", *each) for each in SIGNALS), (POSTGRESQL, *SIGNALS[1])]
    )
    def test_in_the_middle_of_the_rows(
        self, make: Make, tmp_path: Path, kind: str, number: signal.Signals, code: int
    ) -> None:
        url, path = make(kind, "large"), tmp_path / "out.ndjson"
        path.write_bytes(b"the earlier one")
        with started("export-data", path, "--database-url", url) as running:
            running.strike(number, grown(tmp_path, {130: 1, 143: 4_000_000, 129: 8_000_000}[code]))
            ended = running.ended()
        assert (ended.returncode, ended.stdout) == (code, b"")
        assert ended.stderr == f"Stopped by {number.name}; nothing half done is left behind.\n"
        assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("out.ndjson", b"the earlier one")]
        assert kind == "sqlite" or gone(url)

    def test_at_the_very_beginning(self, make: Make, tmp_path: Path) -> None:
        url = make("sqlite", "large")
        with started("export-data", tmp_path / "x.json", "--database-url", url) as running:
            running.strike(signal.SIGTERM, lambda: partials(tmp_path))
            assert running.ended().returncode == 143
        assert list(tmp_path.iterdir()) == []

    def test_killed_and_swept_by_the_next_run(self, make: Make, tmp_path: Path) -> None:
        url, path = make("sqlite", "large"), tmp_path / "out.[a].json"
        with started("export-data", path, "--database-url", url) as running:
            running.strike(signal.SIGKILL, grown(tmp_path))
            ended = running.ended()
        assert (ended.returncode, ended.stderr) == (-signal.SIGKILL, "")
        (left,) = tmp_path.iterdir()
        assert left.name.startswith(".out.[a].json.")
        assert left.name.endswith(".partial")
        assert run("export-data", path, "--database-url", url, "-v0").returncode == 0
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("kind", BOTH)
    def test_while_nobody_reads(self, make: Make, kind: str) -> None:
        url = make(kind, "large")
        with started("export-data", "-", "--database-url", url) as running:
            assert running.process.stdout is not None
            running.process.stdout.read(1)
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(timeout=10) == 143
        assert kind == "sqlite" or gone(url)

    def test_while_it_waits_for_a_lock(self, make: Make, tmp_path: Path) -> None:
        url = make(POSTGRESQL)
        with connected(url, autocommit=False) as cursor:
            cursor.execute("LOCK TABLE long_term_memory")
            with started("export-data", tmp_path / "x.json", "--database-url", url) as running:
                running.strike(signal.SIGTERM, lambda: sessions(url, "wait_event_type = 'Lock'"))
                assert running.process.wait(timeout=5) == 143
            assert gone(url)
        assert list(tmp_path.iterdir()) == []

    def test_ignored_under_nohup(self, make: Make, tmp_path: Path) -> None:
        path = tmp_path / "out.json"
        arguments = ("export-data", path, "--database-url", make("sqlite", "large"))
        with started(*arguments, program=("nohup",)) as running:
            running.strike(signal.SIGHUP, grown(tmp_path))
            assert running.ended().returncode == 0
        assert path.exists()

    def test_asked_twice(self, make: Make, tmp_path: Path) -> None:
        url = make("sqlite", "large")
        with started("export-data", tmp_path / "x.json", "--database-url", url) as running:
            running.strike(signal.SIGINT, grown(tmp_path))
            for _ in range(20):
                running.process.send_signal(signal.SIGINT)
            ended = running.ended()
        assert ended.returncode == 130
        assert ended.stderr == "Stopped by SIGINT; nothing half done is left behind.\n"
        assert list(tmp_path.iterdir()) == []


class TestReaderLeavesEarly:
    @pytest.mark.parametrize("kind", BOTH)
    @pytest.mark.parametrize("content", ["sample", "large"])
    def test_head(self, make: Make, kind: str, content: str) -> None:
        script = '"$0" manage.py export-data - --database-url "$1" | head -n 1; exit "${PIPESTATUS[0]}"'
        arguments = ["bash", "-c", script, sys.executable, make(kind, content)]
        ended = subprocess.run(arguments, cwd=ROOT, capture_output=True, timeout=30)
        assert ended.stdout == b"{\n"
        assert (ended.returncode, ended.stderr) == (141, b"")

    def test_jobs(self, make: Make) -> None:
        url = make(POSTGRESQL, "large")
        with started("export-data", "-", "--database-url", url, "--jobs", "2") as running:
            assert running.process.stdout is not None
            running.process.stdout.read(3_000_000)
            running.process.stdout.close()
            assert running.process.wait(timeout=10) == 141
            assert running.process.stderr is not None
            assert running.process.stderr.read() == b""
        assert gone(url)


class TestFolder:
    @pytest.mark.parametrize("command", [("export-data",), ("export-memories", "--output")])
    def test_one_that_was_made_for_a_file_goes_with_it(
        self, make: Make, tmp_path: Path, command: tuple[str, ...]
    ) -> None:
        none, url = f"sqlite:///{tmp_path}/none.sqlite3", make("sqlite")
        (tmp_path / "there").mkdir()
        for place in ("new/newer/x.json", "there/new/x.json"):
            path = tmp_path / place
            assert run(*command, path, "--database-url", none).returncode == 1
            assert [name.name for name in tmp_path.rglob("*")] == ["there"]
            assert run(*command, path, "--database-url", url).returncode == 0
            assert path.is_file()
            path.unlink()
            shutil.rmtree(tmp_path / "new", ignore_errors=True)
            shutil.rmtree(tmp_path / "there" / "new", ignore_errors=True)


class TestSource:
    def test_missing_file_is_not_created(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/none.sqlite3"
        message = refused(tmp_path / "x.json", "--database-url", url)
        assert message == f"{url} does not exist: {CREATE.format('it')}"
        assert list(tmp_path.iterdir()) == []

    def test_not_a_database(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("Dear diary, " * 100)
        message = refused(tmp_path / "x.json", "--database-url", f"sqlite:///{path}")
        assert message == f"sqlite:///{path} is not a SQLite database"
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("kind", BOTH)
    def test_without_tables(self, make_database: Make, tmp_path: Path, kind: str) -> None:
        message = refused(tmp_path / "x.json", "--database-url", make_database(kind))
        assert message.endswith(f" has no tables yet: {CREATE.format('them')}")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("kind", BOTH)
    def test_locked(self, make: Make, tmp_path: Path, kind: str) -> None:
        url = make(kind)
        lock = "BEGIN EXCLUSIVE" if kind == "sqlite" else "LOCK TABLE clusters IN ACCESS EXCLUSIVE MODE"
        with connected(url, autocommit=False) as cursor:
            cursor.execute(lock)
            arguments = ("export-data", tmp_path / "x.json", "--database-url", url)
            ended = run(*arguments, env={"MEMORIA_LOCK_TIMEOUT": "0.2"})
        assert ended.returncode == 4
        assert ended.is_one_sentence()
        assert " is locked by another " in ended.message()
        assert list(tmp_path.iterdir()) == []

    def test_lock_timeout_that_is_none(self, make: Make) -> None:
        message = refused("-", "--database-url", make("sqlite"), env={"MEMORIA_LOCK_TIMEOUT": "soon"})
        assert message == "MEMORIA_LOCK_TIMEOUT is 'soon': write seconds, such as 10 or 0.5, up to 86400"

    def test_session_ended_by_the_administrator(self, make: Make) -> None:
        url = make(POSTGRESQL, "large")
        with started("export-data", "-", "--database-url", url) as running:
            assert running.process.stdout is not None
            running.process.stdout.read(1)
            (pid,) = [row[0] for row in sessions(url)]
            execute(url, f"SELECT pg_terminate_backend({pid})")
            ended = running.ended()
        assert ended.returncode == 1
        assert ended.is_one_sentence(), ended.stderr
        lost = r"the connection to postgresql://\S+ was lost(?: \([^()]+\))?; nothing was changed"
        assert re.fullmatch(lost, ended.message())

    def test_limits_of_the_role_are_for_web_requests(self, make: Make, tmp_path: Path) -> None:
        url = make(POSTGRESQL, "large")
        settings = ("statement_timeout = 50", "idle_in_transaction_session_timeout = 50", "work_mem = '64kB'")
        with role(url, *settings) as limited:
            ended = run("export-data", tmp_path / "x.json", "--database-url", limited)
        assert ended.returncode == 0, ended.stderr


class TestTwoAtOnce:
    def test_into_one_name(self, make: Make, tmp_path: Path) -> None:
        path = tmp_path / "out.ndjson"
        arguments = ("export-data", path, "--database-url", make("sqlite", "large"), "-v0")
        environment = {"SOURCE_DATE_EPOCH": "1767225600"}
        with started(*arguments, env=environment) as one, started(*arguments, env=environment) as other:
            assert [one.ended().returncode, other.ended().returncode] == [0, 0]
        assert list(tmp_path.iterdir()) == [path]
        lines = path.read_bytes().splitlines()
        assert len(lines) == LARGE_ROWS + 3
        assert json.loads(lines[-1])["integrity"]["counts"]["long_term_memory"] == LARGE_ROWS


class TestOneMoment:
    @pytest.mark.parametrize(
        ("kind", "arguments"),
        [
            ("sqlite-wal", ()),
            ("sqlite-delete", ()),
            (KINDS[1], ()),
            (KINDS[-1], ("--jobs", "2")),
        ],
    )
    def test_a_writer_commits_meanwhile(
        self, make: Make, tmp_path: Path, kind: str, arguments: tuple[str, ...]
    ) -> None:
        vendor, _, journal = kind.partition("-") if kind.startswith("sqlite") else (kind, "", "")
        url, path = make(vendor, "large"), tmp_path / "out.ndjson"
        if journal:
            execute(url, f"PRAGMA journal_mode = {journal}")
        prepare(url)
        with (
            Writer(url) as writer,
            started("export-data", path, "--database-url", url, *arguments) as running,
        ):
            begun, during = self._commits_while_rows_flow(running, tmp_path, writer)
            ended = running.ended()
        assert ended.returncode == 0, ended.stderr
        # With a rollback journal writers wait for the reader; everywhere else they go on.
        assert during == 0 if kind == "sqlite-delete" else during > 0, during
        assert writer.commits > begun > 0
        memories, clusters, members = {}, set(), set()
        for line in path.read_bytes().splitlines()[2:-1]:
            row = json.loads(line)
            if row["table"] == "long_term_memory":
                memories[row["data"]["memory_id"]] = row["data"]["access_count"]
            elif row["table"] == "clusters":
                clusters.add(row["data"]["id"])
            else:
                members.add(row["data"]["cluster_id"])
        assert sum(memories.values()) == AMOUNT * LARGE_ROWS
        assert clusters == members
        assert memories["big-00001"] == AMOUNT - len(clusters)

    def _commits_while_rows_flow(self, running: Running, folder: Path, writer: Writer) -> tuple[int, int]:
        """Commits before, and while the export stood still between two of its rows."""
        running.strike(signal.SIGSTOP, grown(folder))
        begun = writer.commits
        waited = threading.Event()
        for _ in range(30):
            waited.wait(0.01)
        during = writer.commits - begun
        running.process.send_signal(signal.SIGCONT)
        return begun, during


class TestSameBytesEverywhere:
    def test_environments(self, make: Make) -> None:
        environments = [
            {},
            {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu"},
            {
                "LC_ALL": "tr_TR.UTF-8",
                "PYTHONHASHSEED": "2",
                "TZ": "Australia/Lord_Howe",
                "PGTZ": "Asia/Tokyo",
                "PGDATESTYLE": "German",
                "PGOPTIONS": "-c IntervalStyle=sql_standard",
            },
        ]
        for kind in BOTH:
            url = make(kind)
            files = {self._exported(url, environment) for environment in environments}
            assert len(files) == 1

    def test_settings_of_the_role(self, make: Make) -> None:
        url = make(POSTGRESQL)
        settings = (
            "timezone = 'America/St_Johns'",
            "datestyle = 'SQL, DMY'",
            "intervalstyle = 'iso_8601'",
            "extra_float_digits = -10",
            "bytea_output = 'escape'",
            "standard_conforming_strings = off",
            "client_encoding = 'LATIN1'",
        )
        with role(url, *settings) as other:
            files = {self._exported(url), self._exported(other), self._exported(other, {}, "--jobs", "2")}
        assert len(files) == 1

    def test_rows_in_another_place(self, make: Make) -> None:
        url = make(POSTGRESQL, "sample")
        before = self._exported(url)
        execute(url, "UPDATE long_term_memory SET summary = summary WHERE memory_id > 'm'", "VACUUM FULL")
        assert self._exported(url) == before

    def _exported(self, url: str, environment: dict[str, str] | None = None, *arguments: str) -> bytes:
        environment = {"SOURCE_DATE_EPOCH": "1767225600", **(environment or {})}
        ended = run("export-data", "-", "--database-url", url, *arguments, env=environment)
        assert ended.returncode == 0, ended.stderr
        assert b'"exported_at":"2026-01-01T00:00:00.000000Z"' in ended.stdout.replace(b": ", b":")
        return ended.stdout


def test_the_database_is_only_read(make: Make, tmp_path: Path) -> None:
    for kind in BOTH:
        url = make(kind)
        before = state(url)
        assert run("export-data", tmp_path / "x.json", "--database-url", url).returncode == 0
        assert state(url) == before


def test_sessions_of_a_lost_client_end(make: Make) -> None:
    url = make(POSTGRESQL, "large")
    with started("export-data", "-", "--database-url", url, "--jobs", "2") as running:
        assert running.process.stdout is not None
        running.process.stdout.read(1)
        running.process.kill()
    assert gone(url)
