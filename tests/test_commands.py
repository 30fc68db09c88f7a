"""The doors export-data and import-data: their help, their options, their reports, and their use from Python."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import KINDS
from tests.faults.faults import Make, execute, path_of, run
from tests.support.samples.databases import CORE, EVERY

pytest_plugins = ["tests.faults.fault_databases"]
Snapshots = Callable[[str], Path]
EPILOG = """\
exit codes:
  0  done
  1  refused or failed; nothing was changed, or the message says what was
  2  wrong arguments
  3  done, some rows left out on request
  4  busy: another run holds the lock
  128 + n  stopped by signal n (130 Ctrl-C, 143 SIGTERM); nothing was changed, or all was done

environment:
  MEMORIA_LOCK_TIMEOUT  seconds to wait for a lock that another connection holds (default: 10)
"""
ROWS = dict.fromkeys(EVERY, 0) | dict(zip(CORE, (160, 37, 17, 158, 138), strict=True))


@pytest.mark.parametrize("command", ["export-data", "import-data"])
def test_help_ends_with_the_exit_codes(command: str) -> None:
    ended = run(command, "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    words = ended.stdout.decode().split()
    assert words[-len(EPILOG.split()) :] == EPILOG.split()


@pytest.mark.parametrize("command", ["undo-import", "list-imports", "backup-database", "restore-database"])
def test_no_help_explains_an_exit_code_that_its_command_never_gives(command: str) -> None:
    text = run(command, "--help").stdout.decode()
    assert "  2  wrong arguments\n  4  busy" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export-data",), "the following arguments are required: DEST"),
        (("export-data", "-", "--jobs", "0"), "argument --jobs: '0' is not a whole number above zero"),
        (("export-data", "-", "--jobs", "²"), "argument --jobs: '²' is not a whole number above zero"),
        (("import-data", "-", "--format", "xml"), "argument --format: invalid choice: 'xml'"),
        (("import-data", "-", "--database", "a", "--database-url", "b"), "not allowed with argument"),
    ],
)
def test_wrong_arguments(arguments: tuple[str, ...], said: str) -> None:
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert said in ended.stderr


class TestExport:
    @pytest.mark.parametrize(
        ("name", "arguments", "format"),
        [
            ("x", (), "json"),
            ("x.jsonl.gz", (), "ndjson"),
            ("x.ndjson", ("--format", "json"), "json"),
        ],
    )
    def test_format(self, make: Make, tmp_path: Path, name: str, arguments: tuple[str, ...], format: str) -> None:
        ended = run("export-data", tmp_path / name, "--database-url", make("sqlite"), *arguments)
        assert ended.returncode == 0
        data = (tmp_path / name).read_bytes()
        data = gzip.decompress(data) if name.endswith(".gz") else data
        assert data.startswith(b'{\n"metadata": {' if format == "json" else b'{"metadata": {')

    def test_report(self, make: Make, tmp_path: Path) -> None:
        url, path, report = make("sqlite"), tmp_path / "x.ndjson", tmp_path / "reports" / "report.json"
        ended = run("export-data", path, "--database-url", url, "--report", report, "-v0")
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", "")
        written = json.loads(report.read_text())
        assert list(written) == [
            *("report_version", "operation", "database", "file", "dry_run", "refused", "tables", "left_out"),
            *("notes", "issues", "issue_count", "issue_kinds", "seconds", "merge", "import_id", "rows", "exit_code"),
        ]
        assert written["file"] == {
            "name": str(path),
            "size": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "layout": "1",
            "format": "ndjson",
            "compression": "",
            "exported_at": json.loads(path.read_bytes().splitlines()[0])["metadata"]["exported_at"],
        }
        assert {name: table["rows"] for name, table in written["tables"].items()} == ROWS
        assert (written["operation"], written["database"]) == ("export", url)
        assert (written["rows"], written["exit_code"], written["issues"]) == (510, 0, [])

    def test_report_that_cannot_be_written_is_told_before(self, make: Make, tmp_path: Path) -> None:
        path = tmp_path / "x.ndjson"
        for report, code, said in (
            (tmp_path, 1, f"cannot write {tmp_path}: it is a directory"),
            ("-", 2, "--report takes a file or a device, not -: standard output is for what the command prints"),
        ):
            ended = run("export-data", path, "--database-url", make("sqlite"), "--report", report)
            assert (ended.returncode, ended.message()) == (code, said)
            assert list(tmp_path.iterdir()) == []

    def test_rows_that_no_snapshot_can_hold(self, make: Make, tmp_path: Path) -> None:
        url, path, report = make("sqlite"), tmp_path / "x.ndjson", tmp_path / "report.json"
        execute(url, "UPDATE clusters SET size = 'large' WHERE id = 1")
        ended = run("export-data", path, "--database-url", url, "--report", report)
        assert ended.returncode == 1
        assert f"{url}, clusters '1': size is 'large' where a whole number belongs." in ended.message()
        assert "no file was written" in ended.message()
        assert not path.exists()
        assert json.loads(report.read_text())["issues"][0]["key"] == "1"
        ended = run("export-data", path, "--database-url", url, "--skip-invalid")
        assert ended.returncode == 3
        assert json.loads(path.read_bytes().splitlines()[-1])["integrity"]["counts"]["clusters"] == 16

    def test_some_tables(self, make: Make) -> None:
        url = make("sqlite")
        arguments = ("--table", "clusters", "--table", "cluster_members")
        ended = run("export-data", "-", "--database-url", url, *arguments)
        snapshot = json.loads(ended.stdout)
        assert snapshot["integrity"]["counts"] == {"clusters": 17, "cluster_members": 158}
        assert [name for name in snapshot["payload"] if name in EVERY] == ["clusters", "cluster_members"]


class TestImport:
    def test_report(self, make: Make, snapshots: Snapshots, tmp_path: Path) -> None:
        url, report = make("sqlite"), tmp_path / "report.json"
        ended = run("import-data", snapshots("sample"), "--database-url", url, "--report", report, "--dry-run", "-v0")
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", "")
        written = json.loads(report.read_text())
        assert (written["operation"], written["dry_run"], written["exit_code"]) == ("import", True, 0)
        assert written["file"]["sha256"] == hashlib.sha256(snapshots("sample").read_bytes()).hexdigest()
        assert {name: table["deleted"] for name, table in written["tables"].items()} == ROWS

    def test_what_a_person_reads(self, make: Make, snapshots: Snapshots) -> None:
        url = make(KINDS[-1])
        ended = run("import-data", snapshots("sample"), "--database-url", url)
        lines = ended.stderr.splitlines()
        assert " ".join(lines[0].split()) == "table rows inserted deleted skipped seconds to write"
        held = {name: str(count) for name, count in ROWS.items() if count}
        assert [line.split()[:5] for line in lines[1:6]] == [[name, n, n, n, "0"] for name, n in held.items()]
        assert lines[6] == "15 tables without rows."
        assert lines[7].startswith("Imported 510 rows into postgresql://")
        assert len(lines) == 8

    def test_format_by_content_and_by_force(self, make: Make, snapshots: Snapshots, tmp_path: Path) -> None:
        path = tmp_path / "misnamed.json"
        path.write_bytes(snapshots("sample").read_bytes())
        url = make("sqlite")
        assert run("import-data", path, "--database-url", url).returncode == 0
        assert run("import-data", path, "--database-url", url, "--format", "json").returncode == 1

    def test_some_tables(self, make: Make, snapshots: Snapshots) -> None:
        url = make("sqlite")
        execute(url, "DELETE FROM memory_relationships", "DELETE FROM short_term_memory")
        arguments = ("--table", "memory_relationships")
        ended = run("import-data", snapshots("sample"), "--database-url", url, *arguments)
        assert ended.returncode == 0, ended.stderr
        assert "Not in this import: cluster_members (158 rows), clusters (17 rows), " in ended.stderr
        assert execute(url, "SELECT count(*) FROM memory_relationships") == [(138,)]
        assert execute(url, "SELECT count(*) FROM short_term_memory") == [(0,)]


class TestFromPython:
    """No exit, no traceback of ours to read: a CommandError that says the exit code."""

    def test_failure(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/none.sqlite3"
        with pytest.raises(CommandError, match=r"does not exist: create it with `memoria migrate`") as refusal:
            call_command("export-data", str(tmp_path / "x.json"), database_url=url)
        assert refusal.value.returncode == 1
        with pytest.raises(CommandError) as refusal:
            call_command("import-data", str(tmp_path / "x.json"), database="other", verbosity=0)
        assert refusal.value.returncode == 2
        with pytest.raises(CommandError, match="there is no table 'dreams': choose from teams, workspaces, "):
            call_command("import-data", str(tmp_path / "x.json"), tables=["dreams"])

    def test_done(self, make: Make, tmp_path: Path) -> None:
        url, path = make("sqlite"), tmp_path / "x.ndjson"
        assert call_command("export-data", str(path), database_url=url, verbosity=0) is None
        assert call_command("import-data", str(path), database_url=url, verbosity=0, no_input=True) is None

    def test_done_without_some_rows(self, make: Make, tmp_path: Path) -> None:
        url, path = make("sqlite"), tmp_path / "x.ndjson"
        execute(url, "UPDATE clusters SET size = 'large' WHERE id = 1")
        with pytest.raises(CommandError) as told:
            call_command("export-data", str(path), database_url=url, skip_invalid=True, verbosity=0)
        assert told.value.returncode == 3
        assert str(told.value) == "done, but some rows were left out on request"
        assert path.exists()
        assert path_of(url).exists()
