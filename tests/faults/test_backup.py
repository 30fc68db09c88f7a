"""A run that is killed, starved or lied to: nothing under the final name, earlier files as they were."""

from __future__ import annotations

import os
import random
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

import psutil
import pytest

from memoria.backup.store import catalogue
from memoria.backup.store import sidecar as sidecars
from memoria.backup.store.file import BackupFile
from memoria.backup.store.publish import publish
from tests.backup.backups import (
    POSTGRESQL,
    backed_up,
    environment,
    files,
    is_root,
    listing,
    memoria,
    programs,
    refused,
    running,
    scratch_databases,
    sidecar,
)
from tests.conftest import ROOT
from tests.faults.faults import Make, connected, execute, path_of, small_disk, state

pytest_plugins = ["tests.faults.fault_databases"]
BOTH = ["sqlite", POSTGRESQL]
NAMES = {"sqlite": "x.sql.gz", POSTGRESQL: "x.dump"}
POINTS = int(os.environ.get("MEMORIA_TEST_KILLS", "3"))
"""Random moments for each case; 20 and more where there is time."""


def work(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(".work")]


class TestKilled:
    @pytest.mark.parametrize("kind", BOTH)
    def test_a_backup(self, make: Make, tmp_path: Path, kind: str) -> None:
        url, path = make(kind, "large"), tmp_path / NAMES[kind]
        backed_up(kind, url, path, "--no-verify")
        earlier, number = files(tmp_path), sidecar(path)["sequence"]
        started = time.monotonic()
        memoria(kind, "backup-database", tmp_path / "other.sql", "--database-url", url)
        whole = time.monotonic() - started
        (tmp_path / "other.sql").unlink()
        (tmp_path / "other.sql.json").unlink()
        rng = random.Random(46)
        died = 0
        for _ in range(POINTS):
            with running(kind, "backup-database", path, "--database-url", url) as run:
                time.sleep(rng.uniform(0.2, 1.0) * whole)
                run.process.kill()
                died += run.ended().returncode == -signal.SIGKILL
            found = catalogue.sidecar_of(path)
            with BackupFile(path) as file:
                file.require(found.size, found.sha256)
            if found.sequence == number:
                assert {name: data for name, data in files(tmp_path).items() if name in earlier} == earlier
            assert len(work(tmp_path)) <= 1
        assert died > 0
        backed_up(kind, url, path)
        assert sorted(os.listdir(tmp_path)) == sorted(earlier)
        if kind != "sqlite":
            assert scratch_databases(url) == []

    @pytest.mark.parametrize("kind", BOTH)
    def test_a_restore(self, make: Make, tmp_path: Path, kind: str) -> None:
        url = make(kind, "large")
        path = backed_up(kind, url, tmp_path / NAMES[kind], "--no-verify")
        if kind == "sqlite":
            execute(url, "PRAGMA journal_mode = wal")
        arguments = ("restore-database", path, "--database-url", url, "--no-safety-backup")
        full = state(url)
        execute(url, "DELETE FROM long_term_memory WHERE memory_id > 'big-00100'")
        started = time.monotonic()
        memoria(kind, *arguments)
        whole = time.monotonic() - started
        assert state(url) == full
        rng = random.Random(49)
        outcomes = set()
        for _ in range(POINTS):
            execute(url, "DELETE FROM long_term_memory WHERE memory_id > 'big-00100'")
            before = state(url)
            with running(kind, *arguments) as run:
                time.sleep(rng.uniform(0.3, 1.1) * whole)
                run.process.kill()
                run.ended()
            if kind != "sqlite":
                wait_until(lambda: not execute(url, _OTHERS))
            after = state(url)
            assert after in (before, full)
            outcomes.add(after == full)
        assert False in outcomes
        assert memoria(kind, *arguments).returncode == 0
        assert state(url) == full
        if kind == "sqlite":
            assert [name for name in os.listdir(path_of(url).parent) if name.startswith(".")] == []

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
    def test_a_restore_into_a_new_database(self, make: Make, tmp_path: Path, number: int) -> None:
        """Struck while it fills the new database: there is none of that name."""
        url = make(POSTGRESQL, "large")
        path = backed_up(POSTGRESQL, url, tmp_path / "x.sql", "--no-verify")
        arguments = ("restore-database", path, "--database-url", url, "--into", f"into_{number}")

        def names() -> list[tuple[str]]:
            return execute(url, f"SELECT datname FROM pg_database WHERE datname = 'into_{number}'")

        try:
            with running(POSTGRESQL, *arguments) as run:
                run.strike(number, lambda: scratch_databases(url))
                assert run.ended().returncode == (-number if number == signal.SIGKILL else 128 + number)
            assert names() == []
            assert memoria(POSTGRESQL, *arguments).returncode == 0
            assert names() == [(f"into_{number}",)]
            assert scratch_databases(url) == []
        finally:
            execute(url, f"DROP DATABASE IF EXISTS into_{number} WITH (FORCE)")

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    @pytest.mark.parametrize("kind", BOTH)
    def test_a_signal(self, make: Make, tmp_path: Path, kind: str, number: int) -> None:
        url = make(kind, "large")
        with running(kind, "backup-database", tmp_path / NAMES[kind], "--database-url", url) as run:
            run.strike(number, lambda: bool(work(tmp_path)))
            ended = run.ended()
        assert ended.returncode == 128 + number, ended.stderr
        assert "nothing half done is left behind" in ended.stderr
        assert os.listdir(tmp_path) == []
        if kind != "sqlite":
            assert scratch_databases(url) == []

    def test_no_child_is_left(self, make: Make, tmp_path: Path) -> None:
        url = make(POSTGRESQL, "large")
        with running(POSTGRESQL, "backup-database", tmp_path / "x.dump", "--database-url", url) as run:
            ours = psutil.Process(run.process.pid)
            children: list[psutil.Process] = []
            while not children:
                children = [child for child in ours.children(recursive=True) if child.name() == "pg_dump"]
            run.process.kill()
            run.ended()
            _, alive = psutil.wait_procs(children, timeout=5)
        assert alive == []

    @pytest.mark.parametrize("steps", [0, 1, 2])
    def test_between_the_two_names(
        self, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
    ) -> None:
        """Killed after so many renames: what is found belongs together, and the next run tidies up."""
        url = make("sqlite")
        path = backed_up("sqlite", url, tmp_path / "x.sql")
        execute(url, "DELETE FROM clusters")
        other = backed_up("sqlite", url, tmp_path / "y.sql")
        found = sidecars.read(sidecars.path_of(other))
        done = []
        replace = os.replace

        def until(source: Path, target: Path) -> None:
            if len(done) == steps:
                raise KeyboardInterrupt  # stands for the end: the code after it does not run
            done.append(target)
            replace(source, target)

        monkeypatch.setattr(os, "replace", until)
        monkeypatch.setattr(Path, "unlink", lambda self, missing_ok=False: None)
        if steps < 2:
            with pytest.raises(KeyboardInterrupt):
                publish(other, path, found)
        else:
            publish(other, path, found)
        monkeypatch.undo()
        now = catalogue.sidecar_of(path)
        with BackupFile(path) as file:
            file.require(now.size, now.sha256)
        assert (now.sha256 == found.sha256) == (steps > 0)
        assert listing(tmp_path)[0]["state"] == "verified"
        assert memoria("sqlite", "verify-backup", path).returncode == 0
        other.unlink(missing_ok=True)
        sidecars.path_of(other).unlink()
        backed_up("sqlite", url, path)
        assert sorted(os.listdir(tmp_path)) == ["x.sql", "x.sql.json"]


_OTHERS = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
)


def wait_until(true: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


class TestDisk:
    @pytest.mark.skipif(not is_root(), reason="only root can mount")
    @pytest.mark.parametrize("size", ["256k", "12m", "40m"])
    @pytest.mark.parametrize("kind", BOTH)
    def test_full(self, make: Make, tmp_path: Path, kind: str, size: str) -> None:
        """Too small for the file, and for SQLite too small for the trial."""
        if kind != "sqlite" and size == "40m":
            pytest.skip("a trial on PostgreSQL takes no room here")
        url = make(kind, "large")
        with small_disk(tmp_path / "disk", size) as disk:
            (disk / "x.sql").write_bytes(b"an earlier one")
            said = refused(kind, "backup-database", disk / "x.sql", "--database-url", url)
            assert "no space left" in said or "full" in said, said
            assert files(disk) == {"x.sql": b"an earlier one"}
            assert work(disk) == []

    @pytest.mark.skipif(not is_root(), reason="only root can mount")
    def test_less_room_than_the_last_one_took(self, make: Make, tmp_path: Path) -> None:
        """Said before the first byte is written."""
        url = make("sqlite", "large")
        with small_disk(tmp_path / "disk", "100m") as disk:
            path = backed_up("sqlite", url, disk / "x.sql")
            (disk / "filler").write_bytes(bytes(40 << 20))
            earlier = files(disk)
            said = refused("sqlite", "backup-database", path, "--database-url", url)
            assert re.fullmatch(
                rf"cannot write to {disk}: \d+ MB are free, and going by the last backup \d+ MB are needed", said
            )
            assert files(disk) == earlier

    @pytest.mark.parametrize("kind", BOTH)
    def test_limit_on_the_size_of_files(self, make: Make, tmp_path: Path, kind: str) -> None:
        limit = ("prlimit", "--fsize=2000000")
        url = make(kind, "large")
        said = refused(kind, "backup-database", tmp_path / "x.sql", "--database-url", url, program=limit)
        if kind == "sqlite":  # in the copy that spares the writers of a database that is not in WAL mode
            assert said == f"a copy of {url} in {tmp_path}: disk I/O error"
        else:
            assert said == f"cannot write {tmp_path}/x.sql: the file would be larger than the system allows (ulimit -f)"
        assert os.listdir(tmp_path) == []

    def test_a_folder_that_is_a_file(self, make: Make, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        said = refused("sqlite", "backup-database", tmp_path / "file" / "x.sql", "--database-url", make("sqlite"))
        assert said == f"cannot write to {tmp_path}/file: file exists"

    @pytest.mark.skipif(not is_root(), reason="only root can become somebody else")
    def test_a_folder_that_is_not_ours(self, make: Make) -> None:
        with small_disk(Path("/tmp") / f"memoria-backup-test-{os.getpid()}", "4m") as disk:
            disk.chmod(0o755)
            (disk / "memoria.sqlite3").write_bytes(path_of(make("sqlite", "migrated")).read_bytes())
            nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
            url = f"sqlite:///{disk}/memoria.sqlite3"
            said = refused("sqlite", "backup-database", disk / "x.sql", "--database-url", url, program=nobody)
            assert said == f"cannot write to {disk}: permission denied"
        disk.rmdir()

    @pytest.mark.skipif(not is_root(), reason="only root can mount")
    def test_a_disk_that_is_not_mounted(self, make: Make, tmp_path: Path) -> None:
        url = make("sqlite", "migrated")
        if not any(os.path.ismount(folder) for folder in [tmp_path, *tmp_path.parents][:-1]):
            said = refused("sqlite", "backup-database", tmp_path / "x.sql", "--database-url", url, "--require-mount")
            assert said.endswith("it is on the system's own disk; is the other one mounted?")
            assert os.listdir(tmp_path) == []
        with small_disk(tmp_path / "disk", "4m") as disk:
            backed_up("sqlite", url, disk / "folder" / "x.sql", "--require-mount")


class TestInTheWay:
    @pytest.mark.parametrize("name", ["x.sql", "x.sql.json"])
    @pytest.mark.parametrize("what", ["link", "folder", "pipe"])
    def test_at_the_final_name(self, make: Make, tmp_path: Path, name: str, what: str) -> None:
        folder, victim = tmp_path / "folder", tmp_path / "victim"
        folder.mkdir()
        victim.write_bytes(b"precious")
        place(what, folder / name, victim)
        said = refused("sqlite", "backup-database", folder / "x.sql", "--database-url", make("sqlite", "migrated"))
        called = {"link": "a symbolic link", "folder": "a directory", "pipe": "no ordinary file"}[what]
        assert said == f"cannot write {folder / name}: it is {called}; remove it, or choose another name"
        assert victim.read_bytes() == b"precious"
        assert os.listdir(folder) == [name]

    @pytest.mark.parametrize("what", ["link", "folder", "pipe"])
    def test_at_the_lock(self, make: Make, tmp_path: Path, what: str) -> None:
        folder, victim = tmp_path / "folder", tmp_path / "victim"
        folder.mkdir()
        victim.write_bytes(b"precious")
        place(what, folder / ".x.sql.lock", victim)
        said = refused("sqlite", "backup-database", folder / "x.sql", "--database-url", make("sqlite", "migrated"))
        assert said.startswith(f"cannot lock {folder}/.x.sql.lock: it is ")
        assert victim.read_bytes() == b"precious"
        assert os.listdir(folder) == [".x.sql.lock"]


def place(what: str, path: Path, victim: Path) -> None:
    if what == "link":
        path.symlink_to(victim)
    elif what == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)


class TestLock:
    def test_two_runs_at_once(self, make: Make, tmp_path: Path) -> None:
        url = make(POSTGRESQL, "large")
        with running(POSTGRESQL, "backup-database", tmp_path / "x.dump", "--database-url", url) as first:
            wait_until(lambda: work(tmp_path))
            first.process.send_signal(signal.SIGSTOP)
            said = refused(POSTGRESQL, "backup-database", tmp_path / "x.dump", "--database-url", url, code=4)
            assert re.fullmatch(
                rf"another run \(process {first.process.pid}, for \d+ s\) works on {tmp_path}/x.dump;"
                " try again when it is done",
                said,
            )
            backed_up(POSTGRESQL, url, tmp_path / "y.sql", "--no-verify")
            first.process.send_signal(signal.SIGCONT)
            assert first.ended(60).returncode == 0
        assert sorted(os.listdir(tmp_path)) == ["x.dump", "x.dump.json", "y.sql", "y.sql.json"]

    @pytest.mark.parametrize("content", [b"", b"1 1\n", b"999999 99999999999\n", b"\xff\0nonsense" * 100])
    def test_one_of_a_dead_process(self, make: Make, tmp_path: Path, content: bytes) -> None:
        (tmp_path / ".x.sql.lock").write_bytes(content)
        backed_up("sqlite", make("sqlite", "migrated"), tmp_path / "x.sql")
        assert sorted(os.listdir(tmp_path)) == ["x.sql", "x.sql.json"]

    def test_its_children_do_not_hold_it(self, make: Make, tmp_path: Path) -> None:
        """The holder dies, its hanging pg_dump lives on: the lock is free."""
        bin = fake(tmp_path, "sleep 300")
        url = make(POSTGRESQL)
        arguments = ("backup-database", tmp_path / "out" / "x.sql", "--database-url", url)
        with running_with(bin, *arguments) as first:
            wait_until((tmp_path / "arguments").exists)
            children = psutil.Process(first.pid).children(recursive=True)
            first.kill()
            first.wait()
            try:
                assert any(child.is_running() for child in children)
                backed_up(POSTGRESQL, url, tmp_path / "out" / "x.sql")
            finally:
                for child in children:
                    child.kill()

    @pytest.mark.parametrize("kind", BOTH)
    def test_of_the_database(self, make: Make, tmp_path: Path, kind: str) -> None:
        url = make(kind)
        lock = ["BEGIN EXCLUSIVE"] if kind == "sqlite" else ["LOCK TABLE clusters IN ACCESS EXCLUSIVE MODE"]
        with connected(url, autocommit=False) as cursor:
            for statement in lock:
                cursor.execute(statement)
            said = refused(
                kind,
                *("backup-database", tmp_path / "x.sql", "--database-url", url),
                code=4,
                env={"MEMORIA_LOCK_TIMEOUT": "0.5"},
            )
        assert "is locked by another" in said
        assert os.listdir(tmp_path) == []


def fake(tmp_path: Path, script: str, *, name: str = "pg_dump", version: str = "99.1") -> Path:
    """A folder with a program that says that it is PostgreSQL's; $REAL is the real one."""
    bin = tmp_path / "bin"
    bin.mkdir(exist_ok=True)
    real = programs(POSTGRESQL)
    for other in ("pg_dump", "pg_restore"):
        if not (bin / other).exists():
            (bin / other).symlink_to(Path(real) / other if real else f"/usr/bin/{other}")
    (bin / name).unlink()
    (bin / name).write_text(
        f'#!/bin/sh\nREAL="{Path(real) / name if real else name}"\n'
        f'[ "$1" = --version ] && {{ echo "{name} (PostgreSQL) {version}"; exit 0; }}\n'
        f'printf "%s\\n" "$@" >> "{tmp_path}/arguments"\n{script}\n'
    )
    (bin / name).chmod(0o755)
    return bin


def running_with(bin: Path, *arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment(POSTGRESQL), "MEMORIA_PG_BIN": str(bin), "DATABASE_URL": "sqlite://:memory:"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class TestPrograms:
    """pg_dump and pg_restore that fail, lie or hang."""

    @pytest.mark.parametrize(
        ("script", "said"),
        [
            ('"$REAL" "$@" | head -c 20000; exit 1', "pg_dump failed with exit code 1"),
            ('"$REAL" "$@" | head -c 20000; exit 0', "the text ends"),
            ("exit 0", "the text ends before its last line"),
            ("kill -SEGV $$", "pg_dump failed with signal SIGSEGV"),
            ("echo 'pg_dump: error: it broke' >&2; exit 3", "pg_dump failed with exit code 3: it broke"),
            ("sleep 300", "pg_dump was stopped: it wrote nothing for 2 s"),
            ('"$REAL" "$@" | head -c 100; sleep 300', "pg_dump was stopped: it wrote nothing for 2 s"),
            ('"$REAL" "$@" | grep -v Thursday', "does not hold what the database held"),
            ('"$REAL" "$@" | grep -v "^CREATE INDEX"', "does not hold what the database held: index has"),
        ],
    )
    def test_pg_dump(self, make: Make, tmp_path: Path, script: str, said: str) -> None:
        url, folder = make(POSTGRESQL), tmp_path / "out"
        backed_up(POSTGRESQL, url, folder / "{timestamp}.sql")
        earlier = files(folder)
        bin = fake(tmp_path, script)
        message = refused(
            POSTGRESQL,
            *("backup-database", folder / "{timestamp}.sql", "--database-url", url, "--stall-timeout", "2s"),
            *("--keep-last", "1"),
            env={"MEMORIA_PG_BIN": str(bin)},
        )
        assert said in message, message
        assert ".work" not in message
        assert files(folder) == earlier
        assert work(folder) == []
        assert scratch_databases(url) == []

    @pytest.mark.parametrize("script", ["exit 1", "exit 0", "sleep 300", '"$REAL" "$@" | head -c 9000; exit 0'])
    def test_pg_restore(self, make: Make, tmp_path: Path, script: str) -> None:
        url = make(POSTGRESQL)
        path = backed_up(POSTGRESQL, url, tmp_path / "out" / "x.dump")
        before = state(url)
        bin = fake(tmp_path, script, name="pg_restore")
        for command in ("restore-database", "verify-backup"):
            refused(
                POSTGRESQL,
                *(command, path, "--database-url", url, "--stall-timeout", "2s"),
                env={"MEMORIA_PG_BIN": str(bin)},
            )
        assert state(url) == before

    def test_missing(self, make: Make, tmp_path: Path) -> None:
        url = make(POSTGRESQL)
        arguments = ("backup-database", tmp_path / "out" / "x.sql", "--database-url", url)
        assert refused(POSTGRESQL, *arguments, env={"MEMORIA_PG_BIN": str(tmp_path)}) == (
            f"pg_dump was not found in {tmp_path} (MEMORIA_PG_BIN), or cannot be run"
        )
        assert refused(POSTGRESQL, *arguments, env={"MEMORIA_PG_BIN": "", "PATH": str(tmp_path)}) == (
            "pg_dump was not found on PATH; name its folder in MEMORIA_PG_BIN, or cannot be run"
        )
        (tmp_path / "pg_dump").write_text("#!/bin/sh\n")
        assert "was not found" in refused(POSTGRESQL, *arguments, env={"MEMORIA_PG_BIN": str(tmp_path)})
        (tmp_path / "pg_dump").chmod(0o755)
        said = refused(POSTGRESQL, *arguments, env={"MEMORIA_PG_BIN": str(tmp_path)})
        assert said == f"{tmp_path}/pg_dump does not say which version it is: is it PostgreSQL's pg_dump?"

    def test_too_old(self, make: Make, tmp_path: Path) -> None:
        url = make(POSTGRESQL)
        bin = fake(tmp_path, "", version="9.6.24")
        arguments = ("backup-database", tmp_path / "x.sql", "--database-url", url)
        (server,) = execute(url, "SELECT current_setting('server_version_num')::int / 10000")[0]
        assert refused(POSTGRESQL, *arguments, env={"MEMORIA_PG_BIN": str(bin)}) == (
            f"{bin}/pg_dump is of version 9, older than the server's {server}:"
            " name the folder of a newer one in MEMORIA_PG_BIN"
        )

    def test_the_server_goes(self, make: Make, tmp_path: Path) -> None:
        url = make(POSTGRESQL, "large")
        bin = fake(tmp_path, '"$REAL" "$@" | { head -c 5000000; sleep 3; cat; }; exit 1')
        process = running_with(bin, "backup-database", tmp_path / "out" / "x.sql", "--database-url", url)
        wait_until(lambda: execute(url, _OTHERS + " AND query LIKE 'COPY%'"))
        execute(
            url,
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN ({_OTHERS.replace('1', 'pid', 1)})",
        )
        assert process.wait(30) == 1
        assert not (tmp_path / "out").exists()

    def test_the_password_is_in_no_command_line(self, make: Make, tmp_path: Path) -> None:
        """Nor in any message, sidecar or report."""
        url, secret = make(POSTGRESQL), "p@ss:/?#%'\"\\ ü"
        execute(url, f"CREATE ROLE careful LOGIN SUPERUSER PASSWORD '{secret.replace(chr(39), chr(39) * 2)}'")
        try:
            bin = fake(tmp_path, '[ "$PGPASSWORD" ] && echo yes >> "$0.has"; exec "$REAL" "$@"')
            fake(tmp_path, 'exec "$REAL" "$@"', name="pg_restore")
            given = url.replace(urlsplit(url).netloc, f"careful:{quote(secret, safe='')}@", 1)
            outputs = []
            for arguments in (
                ("backup-database", tmp_path / "out" / "x.dump", "--report", tmp_path / "report", "-v3"),
                ("verify-backup", tmp_path / "out" / "x.dump"),
                ("restore-database", tmp_path / "out" / "x.dump"),
            ):
                ended = memoria(POSTGRESQL, *arguments, env={"DATABASE_URL": given, "MEMORIA_PG_BIN": str(bin)})
                assert ended.returncode == 0, ended.stderr
                outputs.append(ended.stderr)
            assert (bin / "pg_dump.has").read_text() == "yes\nyes\n"
            seen = (tmp_path / "arguments").read_text() + "".join(outputs) + (tmp_path / "report").read_text()
            seen += "".join(path.read_text() for path in (tmp_path / "out").glob("*.json"))
            for part in ("p@ss", "%40ss", "PGPASSWORD"):
                assert part not in seen
            wrong = given.replace("p%40ss", "wr%40ng")
            ended = memoria(POSTGRESQL, "backup-database", tmp_path / "x.sql", env={"DATABASE_URL": wrong})
            assert "wr@ng" not in ended.stderr
        finally:
            execute(url, "REASSIGN OWNED BY careful TO CURRENT_USER", "DROP OWNED BY careful", "DROP ROLE careful")


def test_modes_at_every_moment(make: Make, tmp_path: Path) -> None:
    """Nothing is ever readable by others, not even while it is written."""
    url = make(POSTGRESQL, "large")
    seen = set()
    os.umask(0o000)
    try:
        with running(POSTGRESQL, "backup-database", tmp_path / "out" / "x.dump", "--database-url", url) as run:
            while run.process.poll() is None:
                for folder, _, names in os.walk(tmp_path / "out"):
                    for path in (Path(folder), *(Path(folder) / name for name in names)):
                        try:
                            seen.add((path.is_dir(), stat.S_IMODE(path.stat().st_mode)))
                        except FileNotFoundError:
                            continue
            assert run.ended().returncode == 0
    finally:
        os.umask(0o022)
    assert seen == {(True, 0o700), (False, 0o600)}
