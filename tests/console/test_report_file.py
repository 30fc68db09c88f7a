"""A report replaces nothing but an earlier report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults.faults import Make, path_of, run


def test_an_earlier_report(make: Make, tmp_path: Path) -> None:
    url, report = make("sqlite"), tmp_path / "r.json"
    report.touch()  # as mktemp leaves it
    for path in ("a.json", "b.json"):
        assert run("export-data", tmp_path / path, "--database-url", url, "--report", report).returncode == 0
        assert json.loads(report.read_bytes())["file"]["name"] == str(tmp_path / path)


def test_anything_else_is_told_before(make: Make, tmp_path: Path) -> None:
    url, other = make("sqlite"), tmp_path / "other.json"
    other.write_text('{"not": "ours"}')
    ended = run("export-data", tmp_path / "a.json", "--database-url", url, "--report", other)
    assert (ended.returncode, ended.message()) == (
        2,
        f"--report would replace {other}, which is no report; name another file",
    )
    assert sorted(tmp_path.glob("*.json")) == [other]
    assert other.read_text() == '{"not": "ours"}'
    ended = run("export-data", tmp_path / "a.json", "--database-url", url, "--report", path_of(url))
    assert ended.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "made"),
    [
        (("backup-database", "FOLDER/x.sql"), "x.sql.json"),
        (("export-memories", "--output", "FOLDER/{}x.json"), "x.json"),
    ],
)
def test_what_the_run_has_made(make: Make, tmp_path: Path, arguments: tuple[str, ...], made: str) -> None:
    url, report = make("sqlite"), tmp_path / made
    given = [text.replace("FOLDER", str(tmp_path)).replace("{}", "./") for text in arguments]
    ended = run(*given, "--database-url", url, "--report", report)
    assert ended.returncode in (1, 2)
    assert str(report) in ended.message() or "--report names the snapshot itself" in ended.message()
    if ended.returncode == 1:
        assert run("verify-backup", tmp_path / "x.sql").returncode == 0
    assert not report.exists() or "report_version" not in report.read_text()


def test_a_database_that_the_run_has_made(make: Make, tmp_path: Path) -> None:
    snapshot, new = tmp_path / "s.json", tmp_path / "new.sqlite3"
    run("export-data", snapshot, "--database-url", make("sqlite"))
    ended = run("import-data", snapshot, "--migrate", "--database-url", f"sqlite:///{new}", "--report", new)
    assert (ended.returncode, ended.message()) == (
        1,
        f"all is done, but the report of it was not kept: it would replace {new}, which is no report",
    )
    assert run("compare-data", snapshot, f"sqlite:///{new}").returncode == 0
