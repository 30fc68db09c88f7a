"""memoria.console.render: literal texts."""

from __future__ import annotations

import re
import sys

import pytest

from memoria.console.render import print_report
from memoria.snapshot.report import FileReport, Issue, LeftOut, MergeReport, Report, TableReport
from memoria.text import size, visible
from tests.console.test_progress import Screen


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (569_254, "569.3 kB"),
        (546_600_000, "546.6 MB"),
        (12_345_678_901_234, "12.3 TB"),
    ],
)
def test_size(count: int, text: str) -> None:
    assert size(count) == text


def test_visible_has_no_power_over_the_terminal() -> None:
    assert visible("a\x1b[2Jb\r\nc\u202ed\u2028e\x00\x7f") == "a\\x1b[2Jb\\r\\nc\\u202ed\\u2028e\\x00\\x7f"
    assert visible("héllo 記憶 🧠") == "héllo 記憶 🧠"


def report(operation: str = "import", **changes: object) -> Report:
    found = Report(operation, "sqlite:///m.sqlite3", FileReport("m.ndjson", size=1234, sha256="ab" * 32))
    found.tables["long_term_memory"] = TableReport(rows=1204, inserted=1203, deleted=7, skipped=1, seconds=1.234)
    found.tables["\x1b[31m[bold]"] = TableReport(rows=1, skipped=1)
    found.seconds = 2.05
    for name, value in changes.items():
        setattr(found, name, value)
    return found


def printed(found: Report, capsys: pytest.CaptureFixture[str]) -> list[str]:
    print_report(found)
    out, err = capsys.readouterr()
    assert out == ""
    return [line.rstrip() for line in err.splitlines()]


def test_import(capsys: pytest.CaptureFixture[str]) -> None:
    found = report(notes=["A note."], omissions=[LeftOut("dreams", 3), LeftOut("visions", 0), LeftOut("omens", 0)])
    found.tables["long_term_memory"].defaulted = {"summary": 2}
    found.add(Issue("long_term_memory", "summary is \x1b", line=3, key="m-1"))
    assert printed(found, capsys) == [
        "table              rows  inserted  deleted  skipped  seconds to write",
        "long_term_memory  1,204     1,203        7        1              1.23",
        "\\x1b[31m[bold]        1         0        0        1              0.00",
        "A note.",
        "long_term_memory.summary: missing in 2 rows, filled with its default.",
        "Not in this import: dreams (3 rows) and 2 tables without rows.",
        "  m.ndjson line 3, long_term_memory 'm-1': summary is \\x1b.",
        "Imported 1,203 rows into sqlite:///m.sqlite3, replacing 7, in 2.0 s (1.2 kB, sha256 " + "ab" * 32 + ").",
    ]


def test_dry_run(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(report(dry_run=True), capsys)
    assert lines[0].split() == ["table", "rows", "inserted", "deleted", "skipped"]
    assert lines[-1].startswith(
        "Dry run: 1,203 rows would be imported into sqlite:///m.sqlite3, replacing 7; nothing was changed (1.2 kB, "
    )


def test_edges_that_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    crossing = LeftOut("memory_relationships", 2, crossing="to other namespaces")
    found = [LeftOut("clusters", 1), LeftOut("memory_relationships", 107), crossing, LeftOut("chats", 3)]
    assert (
        "Not in this snapshot: clusters (1 row), memory_relationships (107 rows, of these 2 to other namespaces),"
        " chats (3 rows)."
    ) in printed(report("export", omissions=found), capsys)


def test_a_merge_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    there = MergeReport("clusters", "", "", 2, identical=1, duplicate=1)
    different = MergeReport("clusters", "", "", 1, different=1)
    left_out = MergeReport("chats", "a", "a", 1, left_out=1)
    last = printed(report("merge", merge=[there], dry_run=True), capsys)[-1]
    assert last.startswith("Dry run: nothing to import into sqlite:///m.sqlite3: every row is there already (1.2 kB, ")
    for other in (left_out, different):
        last = printed(report("merge", merge=[there, other]), capsys)[-1]
        assert last.startswith("Nothing to import into sqlite:///m.sqlite3: no row is new (1.2 kB, ")


@pytest.mark.parametrize("undone", [{"dry_run": True}, {"refused": True}])
def test_what_would_be_done_is_not_said_to_be_done(capsys: pytest.CaptureFixture[str], undone: dict[str, bool]) -> None:
    found = report(**undone)
    found.tables["long_term_memory"].defaulted["summary"] = 2
    found.tables["long_term_memory"].nulled["team_id"] = 1
    found.tables["long_term_memory"].ignored["mood"] = 3
    lines = printed(found, capsys)
    assert "long_term_memory.summary: missing in 2 rows, would be filled with its default." in lines
    assert "long_term_memory.team_id: 1 reference would be set to NULL, because the target is not there." in lines
    assert "long_term_memory.mood: unknown; would be left out of 3 rows." in lines


def test_export(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(report("export"), capsys)
    assert " ".join(lines[0].split()) == "table rows skipped seconds to read"
    assert lines[-1].startswith("Exported 1,205 rows of sqlite:///m.sqlite3 to m.ndjson in 2.0 s (1.2 kB, ")


def test_many_issues(capsys: pytest.CaptureFixture[str]) -> None:
    found = report()
    for number in range(130):
        found.add(Issue("clusters", f"no {number}", line=number + 1))
    lines = printed(found, capsys)
    assert sum(line.startswith("  m.ndjson line ") for line in lines) == 20
    assert "  … and 110 more (--report FILE keeps the first 100)" in lines


def test_issues_of_one_reason(capsys: pytest.CaptureFixture[str]) -> None:
    found = report(refused=True)
    for number in range(1000, 1080):
        found.add(Issue("clusters", "no", line=number, key=str(number)))
    for table in ("threads", "threads", "chats"):
        found.add(Issue(table, "no"))
    assert [line for line in printed(found, capsys) if line.startswith("  ")] == [
        "  m.ndjson line 1000, clusters '1000': no (so in 80 rows: lines 1000, 1001, 1002 …).",
        "  m.ndjson, threads: no (so in 2 rows).",
        "  m.ndjson, chats: no.",
    ]


PARTS = [
    MergeReport("memory_relationships", "research", "prod", 40, insert=38, invalid=2),
    MergeReport("clusters", "", "", 4, identical=4),
]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (
            120,
            [
                "table                 namespace         rows  insert  overwrite  identical  duplicate  different"
                "  left out  invalid",
                "memory_relationships  research -> prod    40      38          0          0          0          0"
                "         0        2",
                "clusters                                   4       0          0          4          0          0"
                "         0        0",
            ],
        ),
        (
            80,
            [
                "table                 namespace         rows  insert  identical  invalid",
                "memory_relationships  research -> prod    40      38          0        2",
                "clusters                                   4       0          4        0",
            ],
        ),
        (
            60,
            [
                "memory_relationships, research -> prod: 40 rows: 38 insert,",
                "2 invalid.",
                "clusters: 4 rows: 4 identical.",
            ],
        ),
    ],
)
def test_a_merge_fits_the_terminal(width: int, expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(sys, "stderr", screen)
    print_report(report("merge", merge=PARTS))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines()
    assert [line.rstrip() for line in lines][: len(expected)] == expected
