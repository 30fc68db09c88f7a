"""What an import leaves behind when something goes wrong: one sentence, an exit code, and the database as it was."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import KINDS, ROOT
from tests.faults.faults import (
    BOTH,
    Ended,
    Make,
    connected,
    copying,
    execute,
    gone,
    path_of,
    run,
    small_disk,
    started,
    state,
    without_history,
)
from tests.support.terminals import Terminal, on_a_terminal

pytest_plugins = ["tests.faults.fault_databases"]
POSTGRESQL = KINDS[-1]
Snapshots = Callable[[str], Path]


@contextmanager
def unchanged(url: str) -> Iterator[None]:
    before = state(url)
    yield
    assert state(url) == before


@contextmanager
def same_rows(url: str) -> Iterator[None]:
    """After an import that wrote what was there."""
    before = without_history(state(url))
    yield
    assert without_history(state(url)) == before


def load(url: str, source: str | Path, *arguments: str, **options: Any) -> Ended:
    return run("import-data", source, "--database-url", url, *arguments, **options)


def refused(url: str, source: str | Path, *arguments: str, **options: Any) -> str:
    """The sentence of an import that changed nothing."""
    with unchanged(url):
        ended = load(url, source, *arguments, **options)
    assert (ended.returncode, ended.stdout) == (1, b""), ended
    return ended.message()


Edit = Callable[[list[bytes]], list[bytes]]


def edited(snapshots: Snapshots, folder: Path, edit: Edit, *, content: str = "sample") -> Path:
    """The snapshot with other lines, and counts and digest to match."""
    *lines, _ = edit(snapshots(content).read_bytes().splitlines())
    counts = dict.fromkeys(json.loads(lines[0])["metadata"]["tables"], 0)
    for line in lines[2:]:
        table = json.loads(line)["table"]
        counts[table] = counts.get(table, 0) + 1
    body = b"".join(line + b"\n" for line in lines)
    footer = {"integrity": {"counts": counts, "sha256": hashlib.sha256(body).hexdigest()}}
    path = folder / "edited.ndjson"
    path.write_bytes(body + json.dumps(footer).encode() + b"\n")
    return path


def with_rows(change: Callable[[str, dict[str, Any]], object]) -> Edit:
    def edit(lines: list[bytes]) -> list[bytes]:
        changed = []
        for line in lines[2:-1]:
            row = json.loads(line)
            change(row["table"], row["data"])
            changed.append(json.dumps(row).encode())
        return [*lines[:2], *changed, lines[-1]]

    return edit


def rows_of(path: Path, table: str) -> list[dict[str, Any]]:
    rows = map(json.loads, path.read_bytes().splitlines()[2:-1])
    return [row["data"] for row in rows if row["table"] == table]


class TestFile:
    def test_not_there(self, make: Make, tmp_path: Path) -> None:
        assert refused(make("sqlite"), tmp_path / "none") == f"cannot read {tmp_path}/none: no such file"

    def test_directory(self, make: Make, tmp_path: Path) -> None:
        assert refused(make("sqlite"), tmp_path) == f"cannot read {tmp_path}: it is a directory"

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
    def test_no_permission(self, make: Make, snapshots: Snapshots) -> None:
        folder = Path("/tmp") / f"memoria-test-import-{os.getpid()}"
        with small_disk(folder, "4m") as disk:
            (disk / "in.ndjson").write_bytes(snapshots("sample").read_bytes())
            (disk / "in.ndjson").chmod(0o600)
            nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
            message = refused(make("sqlite"), disk / "in.ndjson", program=nobody)
            assert message == f"cannot read {disk}/in.ndjson: permission denied"
        folder.rmdir()

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "the file is empty"),
            (b"not JSON at all\n", "the file is not a snapshot: it does not begin with '{'"),
            (b"SQLite format 3\0" + bytes(100), "the file is not a snapshot: it is a SQLite database; write"),
        ],
    )
    def test_no_snapshot(self, make: Make, tmp_path: Path, content: bytes, reason: str) -> None:
        path = tmp_path / "in.json"
        path.write_bytes(content)
        assert refused(make("sqlite"), path).startswith(f"{path}: {reason}")

    @pytest.mark.parametrize("kind", BOTH)
    def test_cut(self, make: Make, snapshots: Snapshots, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "cut.ndjson"
        path.write_bytes(snapshots("sample").read_bytes()[:200_000])
        assert refused(make(kind), path).startswith(f"{path}: ")

    def test_counts_that_are_wrong(self, make: Make, snapshots: Snapshots, tmp_path: Path) -> None:
        lines = snapshots("sample").read_bytes().splitlines(keepends=True)
        path = tmp_path / "short.ndjson"
        path.write_bytes(b"".join(lines[:10] + lines[11:]))
        message = refused(make("sqlite"), path, "--allow-edited")
        assert "159" in message
        assert "160" in message

    def test_edited(self, make: Make, snapshots: Snapshots, tmp_path: Path) -> None:
        path = tmp_path / "edited.ndjson"
        data = snapshots("sample").read_bytes()
        path.write_bytes(data.replace(b'"retention_type":"long_term"', b'"retention_type":"forever"', 1))
        assert path.read_bytes() != data
        url = make("sqlite")
        assert "--allow-edited" in refused(url, path)
        ended = load(url, path, "--allow-edited")
        assert ended.returncode == 0
        assert "The file was edited after its export; accepted because of --allow-edited." in ended.stderr
        assert execute(url, "SELECT count(*) FROM long_term_memory WHERE retention_type = 'forever'") == [(1,)]

    def test_standard_input_closed(self, make: Make, snapshots: Snapshots) -> None:
        url = make("sqlite")
        script = 'exec "$0" manage.py import-data "$2" --database-url "$1" <&-'
        for source, code in (("-", 1), (str(snapshots("sample")), 0)):
            with unchanged(url) if code else same_rows(url):
                arguments = ["sh", "-c", script, sys.executable, url, source]
                ended = subprocess.run(arguments, cwd=ROOT, capture_output=True)
            assert ended.returncode == code, ended.stderr
            assert ended.stderr == b"CommandError: cannot read <stdin>: it is closed\n" or code == 0

    @pytest.mark.parametrize("change", ["shrunk", "grown", "rewritten", "replaced"])
    def test_changes_between_the_plan_and_the_import(
        self, make: Make, snapshots: Snapshots, tmp_path: Path, change: str
    ) -> None:
        path, url = tmp_path / "in.ndjson", make("sqlite")
        data = snapshots("sample").read_bytes()
        path.write_bytes(data)
        before = state(url)
        with asked(url, path) as terminal:
            if change == "shrunk":
                os.truncate(path, len(data) // 2)
            elif change == "grown":
                path.write_bytes(data + b"\n")
            elif change == "rewritten":
                path.write_bytes(data.replace(b'"long_term"', b'"eternally"'[:11], 1))
            else:
                (tmp_path / "other").write_bytes(b"{}")
                (tmp_path / "other").replace(path)
            code, text = terminal.answer("yes\n")
        if change == "replaced":  # the one that was opened is the one that was shown
            assert code == 0, text
            assert without_history(state(url)) == without_history(before)
        else:
            assert code == 1, text
            assert "changed while it was" in text
            assert "Traceback" not in text
            assert state(url) == before


class TestRows:
    @pytest.mark.parametrize("kind", BOTH)
    def test_that_do_not_fit(self, make: Make, snapshots: Snapshots, tmp_path: Path, kind: str) -> None:
        def spoil(table: str, row: dict[str, Any]) -> None:
            if table == "long_term_memory" and row["memory_id"] == first["memory_id"]:
                row["created_at"] = "yesterday"
            if table == "long_term_memory" and row["memory_id"] == third["memory_id"]:
                row["access_count"] = "often"

        first, _, third = rows_of(snapshots("sample"), "long_term_memory")[:3]
        path, url = edited(snapshots, tmp_path, with_rows(spoil)), make(kind)
        with unchanged(url):
            ended = load(url, path)
        assert ended.returncode == 1
        assert ended.message() == f"{path}: 2 issues; nothing was changed, and --skip-invalid leaves such rows out"
        assert ended.stderr.count(f"{path} line 3, long_term_memory {first['memory_id']!r}: created_at ") == 1
        assert f"  {path} line 5, long_term_memory {third['memory_id']!r}: access_count " in ended.stderr

        report = tmp_path / "report.json"
        dry = load(url, path, "--skip-invalid", "--dry-run", "--report", str(report))
        planned = json.loads(report.read_text())
        ended = load(url, path, "--skip-invalid", "--report", str(report))
        done = json.loads(report.read_text())
        assert (dry.returncode, ended.returncode) == (3, 3), ended.stderr
        counts = {name: table["inserted"] for name, table in done["tables"].items()}
        assert counts == {name: table["inserted"] for name, table in planned["tables"].items()}
        assert done["tables"]["long_term_memory"] | {"seconds": 0} == {
            **{"rows": 160, "inserted": 158, "deleted": 160, "skipped": 2, "seconds": 0},
            **{"defaulted": {}, "nulled": {}, "rounded": {}, "ignored": {}},
            **{"overwritten": 0, "differing": {}},
        }
        assert execute(url, "SELECT count(*) FROM long_term_memory") == [(158,)]
        assert (done["exit_code"], done["issue_count"], len(done["issues"])) == (3, 2, 2)

    @pytest.mark.parametrize("kind", BOTH)
    def test_whose_key_stands_twice(self, make: Make, snapshots: Snapshots, tmp_path: Path, kind: str) -> None:
        path = edited(snapshots, tmp_path, lambda lines: [*lines[:3], lines[2], *lines[3:]])
        url = make(kind)
        assert "line 4, " in (message := refused(url, path))
        assert "its key stands on line 3 already" in message
        assert "already exists" in refused(url, path, "--no-validate") or kind == "sqlite"

    def test_unknown(self, make: Make, snapshots: Snapshots, tmp_path: Path) -> None:
        extra = b'{"table": "dreams", "data": {"id": 1}}'

        def edit(lines: list[bytes]) -> list[bytes]:
            lines[0] = lines[0].replace(b'"long_term_memory"', b'"dreams", "long_term_memory"', 1)
            mood = with_rows(lambda table, row: row.update(mood=1) if table == "clusters" else None)(lines)
            return [*mood[:2], extra, *mood[2:]]

        path, url = edited(snapshots, tmp_path, edit), make("sqlite")
        ended = load(url, path)
        assert ended.returncode == 1
        assert "dreams" in ended.stderr
        assert "mood" in ended.stderr
        assert "--ignore-unknown" in ended.stderr
        ended = load(url, path, "--ignore-unknown")
        assert ended.returncode == 3, ended.stderr
        assert "clusters.mood: unknown; left out of 17 rows." in ended.stderr
        assert "dreams" in ended.stderr
        assert execute(url, "SELECT count(*) FROM clusters") == [(17,)]

    @pytest.mark.parametrize("kind", BOTH)
    def test_that_only_the_database_refuses(self, make: Make, snapshots: Snapshots, tmp_path: Path, kind: str) -> None:
        url = make(kind)
        last = rows_of(snapshots("sample"), "memory_relationships")[-1]["relationship_id"]

        def spoil(table: str, row: dict[str, Any]) -> None:
            if row.get("relationship_id") == last:
                row["created_at"] = "yesterday"

        path = edited(snapshots, tmp_path, with_rows(spoil))
        assert f"line 512, memory_relationships {last!r}: created_at" in refused(url, path, "--no-validate")

    @pytest.mark.parametrize("kind", BOTH)
    def test_of_which_the_database_has_some(self, make: Make, snapshots: Snapshots, kind: str) -> None:
        url = make(kind)
        with unchanged(url):
            ended = load(url, snapshots("sample"), "--no-truncate")
        assert ended.returncode == 1
        assert ended.stderr.count("its key is in the database already") == 1
        assert ended.message().endswith(": 510 issues; nothing was changed, and --skip-invalid leaves such rows out")
        assert "… and 410 more" in ended.stderr
        with same_rows(url):
            ended = load(url, snapshots("sample"), "--no-truncate", "--skip-invalid")
        assert ended.returncode == 3


class TestReferences:
    @pytest.mark.parametrize(
        ("kind", "cascade", "arguments"),
        [
            ("sqlite", False, ()),
            ("sqlite", True, ("--no-validate",)),
            (POSTGRESQL, False, ("--no-validate",)),
            (POSTGRESQL, True, ()),
            (POSTGRESQL, True, ("--no-validate",)),
        ],
    )
    def test_members_of_clusters_that_would_go(
        self,
        make: Make,
        snapshots: Snapshots,
        tmp_path: Path,
        kind: str,
        cascade: bool,
        arguments: tuple[str, ...],
    ) -> None:
        url = make(kind)
        if cascade:
            self._cascade(url)
        gone = rows_of(snapshots("sample"), "clusters")[0]["id"]
        is_cluster = b'{"table": "clusters"'
        fewer = edited(
            snapshots,
            tmp_path,
            lambda lines: [x for x in lines if not (is_cluster in x and json.loads(x)["data"]["id"] == gone)],
        )
        assert len(rows_of(fewer, "clusters")) == 16
        message = refused(url, fewer, "--table", "clusters", *arguments)
        assert "cluster_members" in message, message
        with same_rows(url):
            whole = load(url, snapshots("sample"), "--table", "clusters", *arguments)
        assert whole.returncode == 0, whole.stderr

    def _cascade(self, url: str) -> None:
        """As databases that SQLAlchemy created have it."""
        if url.startswith("sqlite"):
            ((sql,),) = execute(url, "SELECT sql FROM sqlite_master WHERE name = 'cluster_members'")
            columns = sql.partition("REFERENCES")[0]
            execute(
                url,
                "ALTER TABLE cluster_members RENAME TO old",
                columns + ' REFERENCES "clusters" ("id") ON DELETE CASCADE)',
                "INSERT INTO cluster_members SELECT * FROM old",
                "DROP TABLE old",
            )
            return
        ((name,),) = execute(
            url, "SELECT conname FROM pg_constraint WHERE conrelid = 'cluster_members'::regclass AND contype = 'f'"
        )
        execute(
            url,
            f'ALTER TABLE cluster_members DROP CONSTRAINT "{name}"',
            "ALTER TABLE cluster_members ADD FOREIGN KEY (cluster_id) REFERENCES clusters ON DELETE CASCADE",
        )

    def test_unknown_table(self, make: Make, snapshots: Snapshots) -> None:
        ended = load(make("sqlite"), snapshots("sample"), "--table", "dreams")
        assert ended.returncode == 2
        assert "invalid choice: 'dreams'" in ended.stderr


class TestTarget:
    @pytest.mark.parametrize("kind", KINDS)
    def test_without_tables(self, make_database: Make, snapshots: Snapshots, tmp_path: Path, kind: str) -> None:
        url, path = make_database(kind), snapshots("sample")
        assert (
            "has no tables yet: create them with `memoria migrate`, DATABASE_URL naming the database, or with --migrate"
            in refused(url, path)
        )
        if kind == KINDS[1]:
            return
        refused(url, path, "--migrate", "--dry-run")
        assert load(url, path, "--migrate").returncode == 0
        assert execute(url, "SELECT count(*) FROM cluster_members") == [(158,)]
        assert ("memoria", "0001_initial") in execute(url, "SELECT app, name FROM django_migrations")

    def test_missing_file(self, snapshots: Snapshots, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/new.sqlite3"
        for arguments in ((), ("--dry-run",), ("--migrate", "--dry-run")):
            ended = load(url, snapshots("sample"), *arguments)
            assert ended.returncode == 1
            assert ended.message().startswith(f"{url} does not exist")
            assert list(tmp_path.iterdir()) == []
        assert load(url, snapshots("sample"), "--migrate").returncode == 0

    def test_dry_run_leaves_every_byte(self, make: Make, snapshots: Snapshots) -> None:
        url = make("sqlite")
        before = path_of(url).read_bytes()
        ended = load(url, snapshots("sample"), "--dry-run")
        assert ended.returncode == 0
        assert "Dry run: 510 rows would be imported into " in ended.message()
        assert path_of(url).read_bytes() == before
        assert [p.name for p in path_of(url).parent.iterdir()] == ["memoria.sqlite3"]

    @pytest.mark.parametrize("kind", BOTH)
    def test_locked(self, make: Make, snapshots: Snapshots, kind: str) -> None:
        url = make(kind)
        lock = "BEGIN EXCLUSIVE" if kind == "sqlite" else "LOCK TABLE clusters IN ACCESS EXCLUSIVE MODE"
        for arguments in ((), ("--migrate",)):
            with connected(url, autocommit=False) as cursor:
                cursor.execute(lock)
                environment = {"MEMORIA_LOCK_TIMEOUT": "0.2"}
                ended = load(url, snapshots("sample"), *arguments, env=environment)
            assert ended.returncode == 4, ended.stderr
            assert ended.is_one_sentence()
            assert " is locked by another " in ended.message()

    def test_a_writer_that_stays(self, make: Make, snapshots: Snapshots) -> None:
        url = make("sqlite")
        with connected(url) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            ended = load(url, snapshots("sample"), env={"MEMORIA_LOCK_TIMEOUT": "0.2"})
        assert (ended.returncode, ended.is_one_sentence()) == (4, True), ended.stderr

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
    def test_full_disk(self, make: Make, snapshots: Snapshots, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", "6m") as disk:
            url = f"sqlite:///{disk}/memoria.sqlite3"
            path_of(url).write_bytes(path_of(make("sqlite")).read_bytes())
            message = refused(url, snapshots("large"))
            assert message == f"{url}: no space left on the device; nothing was changed"
            assert [p.name for p in disk.iterdir()] == ["memoria.sqlite3"]
            execute(url, "UPDATE clusters SET summary = 'still writable'")

    def test_schema_changed_after_the_plan(self, make: Make, snapshots: Snapshots) -> None:
        url = make("sqlite")
        with asked(url, snapshots("sample")) as terminal:
            execute(url, "ALTER TABLE clusters ADD COLUMN mood TEXT")
            before = state(url)
            code, text = terminal.answer("yes\n")
        assert (code, "the schema of clusters changed since the plan was made" in text) == (4, True), text
        assert state(url) == before

    def test_rows_changed_after_the_plan(self, make: Make, snapshots: Snapshots) -> None:
        url = make(POSTGRESQL)
        with asked(url, snapshots("sample")) as terminal:
            execute(url, "DELETE FROM memory_relationships")
            before = state(url)
            code, text = terminal.answer("yes\n")
        assert code == 4
        assert "the rows of memory_relationships changed since the plan was made; run the import again" in text
        assert state(url) == before


class TestSignals:
    @pytest.mark.parametrize(
        ("number", "code", "journal"),
        [
            (signal.SIGINT, 130, "delete"),
            (signal.SIGTERM, 143, "wal"),
            (signal.SIGKILL, -9, "delete"),
            (signal.SIGKILL, -9, "wal"),
        ],
    )
    def test_sqlite(self, make: Make, snapshots: Snapshots, number: signal.Signals, code: int, journal: str) -> None:
        url = make("sqlite")
        execute(url, f"PRAGMA journal_mode = {journal}")
        side = Path(f"{path_of(url)}-{'journal' if journal == 'delete' else 'wal'}")
        with unchanged(url):
            with started("import-data", snapshots("large"), "--database-url", url) as running:
                running.strike(number, lambda: side.exists() and side.stat().st_size > 0)
                ended = running.ended()
            assert ended.returncode == code
            if code > 0:
                assert ended.stderr == f"Stopped by {number.name}; nothing half done is left behind.\n"
        assert load(url, snapshots("sample")).returncode == 0

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
    def test_postgresql(self, make: Make, snapshots: Snapshots, number: signal.Signals, code: int) -> None:
        url = make(POSTGRESQL)
        with unchanged(url):
            with (
                copying(url) as halfway,
                started("import-data", snapshots("large"), "--database-url", url) as running,
            ):
                running.strike(number, halfway)
                ended = running.ended()
            assert ended.returncode == code, ended
            if code > 0:
                assert ended.stderr == f"Stopped by {number.name}; nothing half done is left behind.\n"
            assert gone(url)


@contextmanager
def asked(url: str, path: Path, *arguments: str) -> Iterator[Terminal]:
    with on_a_terminal("import-data", path, "--database-url", url, *arguments) as terminal:
        terminal.read_until("Continue? [y/N] ")
        yield terminal


class TestQuestion:
    @pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\n", 1), ("\x04", 1), ("\x03", 130)])
    def test_on_a_terminal(self, make: Make, snapshots: Snapshots, answer: str, code: int) -> None:
        url = make("sqlite")
        execute(url, "DELETE FROM memory_relationships")
        before = state(url)
        with asked(url, snapshots("sample")) as terminal:
            assert terminal.question() == (
                f"This replaces rows of {url} (before → after): long_term_memory 160 → 160, short_term_memory 37 → 37,"
                " clusters 17 → 17, cluster_members 158 → 158, memory_relationships 0 → 138. Continue? [y/N]"
            )
            ended, text = terminal.answer(answer)
        assert ended == code, text
        if code == 0:
            assert execute(url, "SELECT count(*) FROM memory_relationships") == [(138,)]
        else:
            assert state(url) == before
            assert ("not confirmed; nothing was changed" in text) == (code == 1)

    def test_not_when_nothing_is_deleted_or_asked_for(self, make: Make, snapshots: Snapshots) -> None:
        for url, arguments in ((make("sqlite", "migrated"), ()), (make("sqlite"), ("--no-input",))):
            with on_a_terminal("import-data", snapshots("sample"), "--database-url", url, *arguments) as terminal:
                code, text = terminal.answer("")
            assert code == 0, text
            assert "Continue?" not in text


class TestAgain:
    @pytest.mark.parametrize("kind", BOTH)
    def test_twice_is_once_and_new_rows_go_on(self, make: Make, snapshots: Snapshots, kind: str) -> None:
        url = make(kind, "migrated")
        assert load(url, snapshots("sample")).returncode == 0
        with same_rows(url):
            assert load(url, snapshots("sample")).returncode == 0
        script = (
            "import django; django.setup()\n"
            "from memoria.models import Cluster\n"
            "cluster = Cluster.objects.create(summary='new')\n"
            "member = cluster.members.create(memory_id='m', summary='new')\n"
            "print(cluster.pk, member.pk)"
        )
        environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "memoria_site.settings"}
        command = [sys.executable, "-c", script]
        created = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
        highest = [max(row["id"] for row in rows_of(snapshots("sample"), t)) for t in ("clusters", "cluster_members")]
        assert [int(pk) for pk in created.stdout.split()] == [pk + 1 for pk in highest]

    def test_one_line_from_database_to_database(self, make: Make) -> None:
        source, target = make("sqlite"), make(POSTGRESQL, "migrated")
        script = (
            'set -o pipefail; "$0" manage.py export-data - --database-url "$1"'
            ' | "$0" manage.py import-data - --database-url "$2"'
        )
        command = ["bash", "-c", script, sys.executable, source, target]
        assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0
        command = [sys.executable, "manage.py", "compare-data", source, target]
        assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0

    def test_a_pipe_whose_writer_fails(self, make: Make) -> None:
        target = make("sqlite")
        script = (
            '"$0" manage.py export-data - --database-url sqlite:////nonexistent'
            ' | "$0" manage.py import-data - --database-url "$1"'
        )
        with unchanged(target):
            ended = subprocess.run(["bash", "-c", script, sys.executable, target], cwd=ROOT, capture_output=True)
        assert ended.returncode == 1
        assert b"CommandError: <stdin>: the file is empty\n" in ended.stderr
