"""What a monitor sees: list-backups, check-backups, the ping; and a thousand nights in one test."""

from __future__ import annotations

import http.server
import json
import os
import random
import re
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memoria.backup.backup import Backup
from memoria.backup.errors import InvalidBackup
from memoria.backup.freshness import freshness
from memoria.backup.store import catalogue
from memoria.backup.store import sidecar as sidecars
from memoria.backup.store.destination import Destination
from memoria.backup.store.file import BackupFile
from memoria.backup.store.retention import Policy
from memoria.console.backups import print_list
from memoria.databases import connection_for
from memoria.snapshot.errors import FileFailure, SnapshotError
from memoria.snapshot.times import spelled
from tests.backup.backups import backed_up, files, listing, memoria, refused
from tests.backup.test_verify import resealed
from tests.console.test_progress import Screen
from tests.faults.faults import Make, run

pytest_plugins = ["tests.faults.fault_databases"]


@pytest.fixture
def backup(make: Make, tmp_path: Path) -> Path:
    return backed_up("sqlite", make("sqlite", "migrated"), tmp_path / "x.sql")


def dated(path: Path, **ago: float) -> None:
    resealed(path, created_at=spelled(sidecars.now() - timedelta(**ago)))


class TestList:
    def test_text(self, backup: Path) -> None:
        (backup.parent / "foreign.sql").write_bytes(b"")
        (backup.parent / "notes.txt").write_bytes(b"")
        dated(backup, hours=49)
        ended = run("list-backups", backup.parent)
        assert (ended.returncode, ended.stderr) == (0, "")
        lines = [re.sub(" +", " ", line).strip() for line in ended.stdout.decode().splitlines()]
        assert lines[0] == "created (UTC) age size rows state name"
        assert lines[1] == "- - - - no sidecar foreign.sql"
        assert re.fullmatch(r"20\S+ \S+ 49 h [\d.]+ kB \d+ verified x\.sql", lines[2])
        assert len(lines) == 3

    def test_json(self, backup: Path) -> None:
        (entry,) = listing(backup.parent)
        assert entry["sha256"] == sidecars.read(sidecars.path_of(backup)).sha256
        assert (entry["name"], entry["state"], entry["sequence"], entry["verified"]) == (
            "x.sql",
            "verified",
            1,
            "restored",
        )
        assert 0 <= entry["age_seconds"] < 60

    def test_a_name_that_moves_the_cursor(self, tmp_path: Path) -> None:
        (tmp_path / "\x1b[2J\n.sql").write_bytes(b"")
        ended = run("list-backups", tmp_path)
        assert b"\\x1b[2J\\n.sql" in ended.stdout
        assert b"\x1b" not in ended.stdout

    @pytest.mark.parametrize(("columns", "apart"), [("200", False), ("60", True)])
    def test_on_a_terminal(self, backup: Path, monkeypatch: pytest.MonkeyPatch, columns: str, apart: bool) -> None:
        screen = Screen()
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setattr(sys, "stdout", screen)
        name = "memories_" + "x" * 30 + ".sql"
        entry = catalogue.Entry(backup.with_name(name), "verified", sidecars.read(sidecars.path_of(backup)))
        print_list([entry], datetime.now(UTC))
        ends = [line.split()[-1] for line in screen.getvalue().splitlines()]
        assert ends == (["state", "name", "verified", name] if apart else ["name", name])

    def test_no_backups(self, tmp_path: Path) -> None:
        ended = run("list-backups", tmp_path)
        assert (ended.returncode, ended.stdout.decode()) == (0, f"No backups in {tmp_path}.\n")

    def test_no_folder(self, tmp_path: Path) -> None:
        assert (
            refused("sqlite", "list-backups", tmp_path / "none" / "x.sql")
            == f"cannot read {tmp_path}/none: no such folder"
        )

    def test_no_folder_and_no_pattern(self, tmp_path: Path) -> None:
        for command in ("list-backups", "check-backups"):
            assert refused("sqlite", command, tmp_path / "none") == f"cannot read {tmp_path}/none: no such folder"

    def test_many_files(self, tmp_path: Path) -> None:
        for number in range(20_000):
            (tmp_path / f"{number}.txt").touch()
        started = datetime.now(UTC)
        assert catalogue.listed(str(tmp_path)) == []
        assert (datetime.now(UTC) - started).total_seconds() < 2


class TestCheck:
    def test_a_part_of_all_is_read_each_time(self, make: Make, tmp_path: Path) -> None:
        for name in ("a.sql", "b.sql", "c.sql"):
            backed_up("sqlite", make("sqlite", "migrated"), tmp_path / name)

        def read() -> list[str]:
            before = {path: path.stat().st_mtime_ns for path in tmp_path.glob(".*.read")}
            told = json.loads(run("check-backups", tmp_path, "--read-subset", "34%", "--json").stdout)
            after = {path: path.stat().st_mtime_ns for path in tmp_path.glob(".*.read")}
            assert told["read"] == 1
            return [path.name for path in after if after[path] != before.get(path)]

        assert [read() for _ in range(4)] == [[f".{name}.sql.read"] for name in ("a", "b", "c", "a")]
        spoiled = bytearray((tmp_path / "b.sql").read_bytes())
        spoiled[-9] ^= 1
        (tmp_path / "b.sql").write_bytes(spoiled)
        ended = run("check-backups", tmp_path, "--read-subset", "34%")
        assert (ended.returncode, ended.message()) == (1, f"{tmp_path}/b.sql: damaged")
        assert run("check-backups", tmp_path, "--quick").message() == f"{tmp_path}/b.sql: refused"
        for wrong in ("0%", "101%", "10", "x%"):
            ended = run("check-backups", tmp_path, "--read-subset", wrong)
            assert ended.returncode == 2
            assert f"'{wrong}' is no share: write a number from 1 to 100 and %, such as 10%" in ended.stderr
        assert run("prune-backups", tmp_path / "{database}-{timestamp}.sql", "--keep-last", "1").returncode == 0

    def test_metrics(self, backup: Path, tmp_path: Path) -> None:
        file = tmp_path / "memoria.prom"
        assert run("check-backups", backup.parent, "--metrics", file).returncode == 0
        (entry,) = listing(backup.parent)
        made = int(datetime.fromisoformat(entry["created_at"]).timestamp())
        lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
        label = f'{{database="{entry["database"]}"}}'
        assert lines == [
            "memoria_backups_fine 1",
            "memoria_backups 1",
            "memoria_backups_broken 0",
            "memoria_backups_read 1",
            f"memoria_backup_created_seconds{label} {made}",
            f"memoria_backup_size_bytes{label} {entry['size']}",
            f"memoria_backup_rows{label} {entry['rows']}",
        ]
        assert file.stat().st_mode & 0o777 == 0o644
        backup.unlink()
        assert run("check-backups", backup.parent, "--metrics", file).returncode == 1
        assert "memoria_backups_fine 0\n" in file.read_text()
        assert "memoria_backups_broken 1\n" in file.read_text()
        ended = run("check-backups", backup.parent, "--metrics", tmp_path / "none" / "x")
        assert ended.message() == f"cannot write {tmp_path}/none/x: no such file"

    def test_json(self, backup: Path) -> None:
        dated(backup, hours=28)
        ended = run("check-backups", backup.parent, "--json")
        told = json.loads(ended.stdout)
        (newest,) = told.pop("newest")
        assert (ended.returncode, newest["name"], newest["state"]) == (1, "x.sql", "verified")
        assert told == {
            "report_version": 1,
            "operation": "check",
            "fine": False,
            "sentence": f"{backup} is 28 h old; allowed are 26 h",
            "backups": 1,
            "read": 1,
            "broken": {},
            "exit_code": 1,
        }

    def check(self, backup: Path, *arguments: str) -> tuple[int, str]:
        ended = run("check-backups", backup.parent, *arguments)
        assert (ended.stdout.decode() + ended.stderr).count("\n") == 1
        said = (ended.stdout.decode() + ended.stderr).strip().replace(str(backup), "FILE")
        return ended.returncode, said

    def test_fine(self, backup: Path) -> None:
        code, said = self.check(backup)
        assert code == 0
        assert re.fullmatch(r"FILE is verified and \d+ s old, \d+ rows", said)

    @pytest.mark.parametrize(("limit", "code"), [("26h", 1), ("27h", 1), ("29h", 0), ("2d", 0), ("1w", 0)])
    def test_age(self, backup: Path, limit: str, code: int) -> None:
        dated(backup, hours=28)
        found, said = self.check(backup, "--max-age", limit)
        assert found == code
        if code:
            assert said == f"CommandError: FILE is 28 h old; allowed are {limit.removesuffix('h')} h"

    def test_the_future(self, backup: Path) -> None:
        dated(backup, hours=-5)
        assert self.check(backup) == (
            1,
            "CommandError: FILE says that it was made in the future: one of the clocks is wrong",
        )

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (lambda path: os.truncate(path, 9), "FILE: wrong size"),
            (lambda path: path.unlink(), "FILE: missing"),
            (lambda path: sidecars.path_of(path).write_bytes(b"{"), "FILE: damaged sidecar"),
            (
                lambda path: resealed(path, verified=None),
                "FILE: unverified; there is no verified backup of it in FOLDER",
            ),
            (
                lambda path: resealed(path, suspicious="few"),
                "FILE: suspicious; there is no verified backup of it in FOLDER",
            ),
        ],
    )
    def test_not_as_it_should_be(self, backup: Path, spoil, said: str) -> None:  # type: ignore[no-untyped-def]
        spoil(backup)
        assert self.check(backup) == (1, "CommandError: " + said.replace("FOLDER", str(backup.parent)))

    def test_none(self, tmp_path: Path) -> None:
        assert self.check(tmp_path / "x.sql") == (1, f"CommandError: there is no backup in {tmp_path}")

    def test_each_database_counts(self, backup: Path, make: Make) -> None:
        """A young backup of one database says nothing of another's."""
        backed_up("sqlite", make("sqlite"), backup.parent / "y.sql")
        assert self.check(backup)[0] == 0
        dated(backup, hours=28)
        assert self.check(backup) == (1, "CommandError: FILE is 28 h old; allowed are 26 h")

    def test_what_a_restore_replaced_is_left_aside(self, backup: Path) -> None:
        dated(backup, hours=28)
        safety = backup.with_name("before-restore-x.sql")
        shutil.copy(backup, safety)
        shutil.copy(sidecars.path_of(backup), sidecars.path_of(safety))
        dated(safety, hours=1)
        assert [entry["state"] for entry in listing(backup.parent)] == ["verified", "before restore"]
        assert self.check(backup) == (1, "CommandError: FILE is 28 h old; allowed are 26 h")

    def test_a_later_one_that_is_unverified(self, backup: Path, make: Make) -> None:
        later = backed_up("sqlite", make("sqlite"), backup.parent / "y.sql", "--no-verify")
        said = f"CommandError: {later}: unverified; there is no verified backup of it in {backup.parent}"
        assert self.check(backup) == (1, said)
        resealed(later, database=sidecars.read(sidecars.path_of(backup)).database)
        assert self.check(backup) == (1, f"CommandError: the newest backup, {later}, is unverified")


@contextmanager
def web(status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


class TestPing:
    def test_on_success_only(self, make: Make, tmp_path: Path) -> None:
        url = make("sqlite", "migrated")
        with web() as (address, asked):
            ping = ("--ping-url", f"{address}/done")
            ended = memoria("sqlite", "backup-database", tmp_path / "x.sql", "--database-url", url, *ping)
            assert ended.returncode == 0
            assert asked == ["/done"]
            assert memoria("sqlite", "check-backups", tmp_path, *ping).returncode == 0
            assert asked == ["/done", "/done"]
            (tmp_path / "x.sql").unlink()
            (tmp_path / "x.sql").mkdir()
            assert (
                memoria("sqlite", "backup-database", tmp_path / "x.sql", "--database-url", url, *ping).returncode == 1
            )
            assert memoria("sqlite", "check-backups", tmp_path, *ping).returncode == 1
            assert asked == ["/done", "/done"]

    def test_one_that_fails_changes_nothing(self, make: Make, tmp_path: Path) -> None:
        url = make("sqlite", "migrated")
        with web(500) as (address, asked):
            for target in (address, "http://127.0.0.1:9/closed"):
                ended = memoria(
                    "sqlite", "backup-database", tmp_path / "x.sql", "--database-url", url, "--ping-url", target
                )
                assert ended.returncode == 0
                assert "The ping failed (" in ended.stderr
        assert asked == ["/"]

    def test_user_and_password_are_shown_to_nobody_else(self, make: Make, tmp_path: Path) -> None:
        backed_up("sqlite", make("sqlite", "migrated"), tmp_path / "x.sql")
        with web() as (address, asked):
            target = address.replace("://", "://user:s%40cret@") + "/done"
            ended = memoria("sqlite", "check-backups", tmp_path, "--ping-url", target)
            assert (ended.returncode, ended.stderr, asked) == (0, "", ["/done"])
        for target in ("http://user:s%40cret@127.0.0.1:9/x", "http://user:s%40cret@127.0.0.1:port/x"):
            ended = memoria("sqlite", "check-backups", tmp_path, "--ping-url", target)
            assert ended.returncode == 0
            assert "The ping failed (" in ended.stderr
            assert ended.is_one_sentence()
            assert "cret" not in ended.stderr

    def test_an_answer_that_is_none(self, make: Make, tmp_path: Path) -> None:
        backed_up("sqlite", make("sqlite", "migrated"), tmp_path / "x.sql")
        with socket.create_server(("127.0.0.1", 0)) as server:

            def answer() -> None:
                client, _ = server.accept()
                with client:
                    client.recv(1 << 16)
                    client.sendall(b"\x1b[2J nonsense\r\n\r\n")

            threading.Thread(target=answer, daemon=True).start()
            target = f"http://127.0.0.1:{server.getsockname()[1]}/"
            ended = memoria("sqlite", "check-backups", tmp_path, "--ping-url", target)
        assert ended.returncode == 0
        assert ended.message() == "The ping failed (\\x1b[2J nonsense\\r\\n); the run itself did not."

    def test_only_when_the_report_is_kept(self, make: Make, tmp_path: Path) -> None:
        url = make("sqlite", "migrated")
        with web() as (address, asked):
            arguments = ("--database-url", url, "--ping-url", address, "--report", "/dev/full")
            said = refused("sqlite", "backup-database", tmp_path / "x.sql", *arguments)
            assert said.startswith("all is done, but the report of it was not kept: cannot write /dev/full: ")
        assert asked == []


DAYS = int(os.environ.get("MEMORIA_TEST_DAYS", "150"))
"""1,000 where there is time."""


def test_a_thousand_nights(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs fail, are killed, find the disk full; files rot, and the clock jumps. Each morning: a backup that restores,
    an age that is true, a verdict that is true, and a disk that does not fill."""
    folder = tmp_path / "backups"
    destination = Destination.parse(str(folder / "{database}-{timestamp}.sql.gz"))
    connection = connection_for(url=make("sqlite", "migrated"))
    policy = Policy(last=3, daily=7, weekly=4)
    rng = random.Random(145)
    clock = [datetime(2026, 1, 1, 3, 15, tzinfo=UTC)]
    monkeypatch.setattr(sidecars, "now", lambda: clock[0])
    happened = {"made": 0, "failed": 0, "killed": 0, "full": 0, "rotten": 0, "jumps": 0}
    made_at: datetime | None = None

    for _ in range(DAYS):
        clock[0] += timedelta(days=1)
        if rng.random() < 0.02:
            clock[0] += rng.choice((-1, 1)) * timedelta(hours=rng.choice((1, 24)))
            happened["jumps"] += 1
        clock[0] += timedelta(seconds=rng.randrange(60))
        fate = rng.random()
        before = files(folder) if folder.exists() else {}
        with monkeypatch.context() as patch:
            if fate < 0.10:
                patch.setattr("memoria.backup.sqlite.engine.SQLiteEngine.dump", raising(SnapshotError("it broke")))
            elif fate < 0.15:
                patch.setattr("memoria.backup.backup.publish", killing(patch))
            elif fate < 0.17:
                patch.setattr("memoria.backup.store.sidecar.os.fsync", raising(OSError(28, "No space left on device")))
            try:
                Backup(destination, connection, "the database", policy=policy).run()
            except (SnapshotError, KeyboardInterrupt):
                outcome = "failed" if fate < 0.10 else "killed" if fate < 0.15 else "full"
                assert files(folder) == before
            else:
                outcome, made_at = "made", clock[0]
            happened[outcome] += 1
            assert (outcome == "made") == (fate >= 0.17)
        entries = catalogue.entries(folder, destination.regex())
        good = [entry for entry in entries if entry.is_good]
        if rng.random() < 0.01 and len(good) > 2:
            rot(rng.choice(good).path, rng)
            happened["rotten"] += 1
        if made_at is None:
            continue
        assert any(restorable(entry.path) for entry in good)
        verdict = freshness(str(folder / destination.pattern), 26 * 3600).check
        age = (clock[0] - made_at).total_seconds()
        assert verdict.is_fine == (-300 <= age <= 26 * 3600), verdict.sentence
        assert len(entries) <= 3 + 7 + 4 + 2
        assert len([name for name in os.listdir(folder) if name.endswith(".work")]) <= 1
    assert happened["made"] > DAYS * 0.7
    assert DAYS < 150 or all(happened[what] for what in ("failed", "killed"))
    assert sum(happened.values()) >= DAYS


def killing(patch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Stands for the end of the process: what would clean up after it does not run."""

    def die(*args: object) -> None:
        patch.setattr("memoria.backup.store.work_folder.shutil.rmtree", lambda *args, **options: None)
        raise KeyboardInterrupt

    return die


def raising(error: BaseException):  # type: ignore[no-untyped-def]
    def fail(*args: object, **options: object) -> None:
        raise error

    return fail


def rot(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1
    path.write_bytes(data)


def restorable(path: Path) -> bool:
    try:
        found = catalogue.sidecar_of(path)
        with BackupFile(path) as file:
            file.require(found.size, found.sha256)
    except (InvalidBackup, FileFailure):
        return False
    return True


def test_the_clock_goes_back(make: Make, tmp_path: Path) -> None:
    url, destination = make("sqlite", "migrated"), tmp_path / "{timestamp}.sql"
    first = backed_up("sqlite", url, destination)
    (path,) = [path for path in tmp_path.iterdir() if path.suffix == ".sql"]
    later = tmp_path / "20990101T000000Z.sql"
    path.rename(later)
    sidecars.path_of(path).rename(sidecars.path_of(later))
    resealed(later, created_at="2099-01-01T00:00:00.000000Z")
    ended = memoria("sqlite", "backup-database", first, "--database-url", url, "--keep-last", "1")
    assert ended.returncode == 0
    assert "The clock went back: the backup before this one says 2099-01-01T00:00:00.000000Z." in ended.stderr
    assert "Removed 1 older backup: 20990101T000000Z.sql." in ended.stderr
    assert [entry["sequence"] for entry in listing(destination)] == [2]


def test_pruning_touches_nothing_else(make: Make, tmp_path: Path) -> None:
    """Names of other destinations and databases, files without sidecars, unverified ones."""
    url = make("sqlite", "migrated")
    others = {
        "20200101T000000Z.sql": b"no sidecar",
        "other-20200101T000000Z.sql": b"another destination",
        "notes.txt": b"",
        "20200101T000000Z.sql.bak": b"",
    }
    for name, content in others.items():
        (tmp_path / name).write_bytes(content)
    destination = tmp_path / "{timestamp}.sql"
    backed_up("sqlite", url, destination, "--no-verify")
    unverified = {name: data for name, data in files(tmp_path).items() if name not in others}
    backed_up("sqlite", url, destination, "--keep-last", "1")
    dry = memoria(
        "sqlite", "backup-database", destination, "--database-url", url, "--keep-last", "1", "--prune-dry-run"
    )
    assert "Would remove 1 older backup: " in dry.stderr
    assert "Would keep " in dry.stderr
    before = files(tmp_path)
    backed_up("sqlite", url, destination, "--keep-last", "1")
    after = files(tmp_path)
    removed = before.keys() - after.keys()
    assert len(removed) == 4
    assert all(re.fullmatch(r"\d{8}T\d{6}Z\.sql(\.json)?", name) for name in removed)
    assert {name: after[name] for name in others} == others
    assert {name: after[name] for name in unverified} == unverified


def test_json_of_a_damaged_one(backup: Path) -> None:
    sidecars.path_of(backup).write_bytes(b"")
    (entry,) = json.loads(run("list-backups", backup.parent, "--json").stdout)
    assert {key for key, value in entry.items() if value is not None} == {"name", "state"}
