"""The documents say what the code does: tables, help texts, options, reports, links and shell lines are checked.

Tables and help texts are generated. After a change of the models or of an option, write them anew with

    REFRESH_DOCS=1 python -m pytest tests/test_docs.py
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.management import load_command_class
from django.db.models import CASCADE, SET_NULL, ForeignKey

from memoria.backup.report import BackupReport
from memoria.backup.store.catalogue import Entry
from memoria.backup.store.sidecar import Sidecar
from memoria.snapshot import errors, report
from memoria.snapshot.compare import compare
from memoria.snapshot.history.history import Imported
from memoria.snapshot.schema import registry
from memoria.snapshot.schema.facts import Column, Kind, Table
from tests.conftest import ROOT, MakeDatabase, RunMemoria
from tests.support.samples.databases import CORE, EVERY, script
from tests.support.samples.engine import export

COMMANDS = (
    *("export-data", "export-memories", "import-data", "import-memories", "inspect-snapshot", "compare-data"),
    "load-sample-data",
    *("list-imports", "undo-import"),
    *("backup-database", "restore-database", "verify-backup", "list-backups", "check-backups", "prune-backups"),
)
IMPORTED = Imported(1, "", "", "", "", None, "", "", "", {}, {})
FORMAT = ROOT / "docs" / "format.md"
PAGES = [*(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")), *ROOT.glob("docs/*.md")]

# Written by the benchmark run, which is not part of the tests.
GENERATED = {ROOT / "docs" / "benchmarks.md"}

# Places that stand for anybody's; the last two are in Django's help and in a script.
INVENTED = (
    "/srv/memoria",
    "/etc/systemd/system/",
    "/var/backups/memoria",
    "/path/to/",
    "/data",
    "/home/djangoprojects/",
    "/bin/sh",
)

DJANGOS_OWN = {"--version", "--settings", "--pythonpath", "--traceback", "--no-color", "--force-color", "--skip-checks"}


def block(path: Path, name: str) -> str:
    """What stands between the markers of a generated block."""
    found = re.search(_block(name), path.read_text("utf-8"), re.DOTALL)
    assert found, f"{path.name} has no block {name!r}"
    return found[2]


def require_block(path: Path, name: str, wanted: str, *, normalised: Any = str) -> None:
    if os.environ.get("REFRESH_DOCS"):
        text = path.read_text("utf-8")
        path.write_text(re.sub(_block(name), lambda m: m[1] + wanted + m[3], text, flags=re.DOTALL), "utf-8")
    assert normalised(block(path, name)) == normalised(wanted), "write it anew with REFRESH_DOCS=1"


def _block(name: str) -> str:
    return rf"(<!-- {re.escape(name)} -->\n)(.*?)(<!-- end -->)"


def section(path: Path, heading: str) -> str:
    """The text below a heading, up to the next one of the same or a higher level."""
    level = len(heading) - len(heading.lstrip("#"))
    text = path.read_text("utf-8")
    start = text.index(f"\n{heading}\n") + len(heading) + 2
    following = re.compile(rf"^#{{1,{level}}} ", re.MULTILINE).search(text, start)
    return text[start : following.start() if following else len(text)]


def first_column(text: str) -> list[str]:
    """The code words that begin the rows of the tables in a section; several in a cell are one entry."""
    return re.findall(r"^\| `([^|]+)` \|", text, re.MULTILINE)


# Tables


def table_of(table: Table) -> str:
    rows = [
        f"| `{c.name}` | {c.kind.value} | {'yes' if c.null else 'no'} | {remarks(table, c)} |" for c in table.columns
    ]
    heading = "| column | kind | null | remarks |\n|---|---|---|---|\n"
    return f"\n{heading}" + "\n".join(row.replace("|  |", "| |") for row in rows) + "\n\n"


def remarks(table: Table, column: Column) -> str:
    default = ""
    if column.default is not None:
        value = "the moment of the import" if column.kind is Kind.TIME else f"`{json.dumps(column.default())}`"
        default = f"if missing: {value}"
    limits = f"{column.minimum:g} to {column.maximum:g}" if column.minimum is not None else ""
    length = f"at most {column.max_length} characters" if column.max_length is not None else ""
    older = f"`{column.older_name}` in older databases" if column.older_name else ""
    reference = REFERENCES.get((table.name, column.name), "")
    return "; ".join(filter(None, ("key" if column is table.key else "", reference, length, limits, default, older)))


AFTER_DELETION = {CASCADE: "deleted with it", SET_NULL: "NULL when it is deleted"}
REFERENCES = {
    (model._meta.db_table, field.column): (
        f"refers to `{field.related_model._meta.db_table}`, {AFTER_DELETION[field.remote_field.on_delete]}"
    )
    for model in registry.MODELS
    for field in model._meta.concrete_fields
    if isinstance(field, ForeignKey)
}


@pytest.mark.parametrize("table", registry.TABLES, ids=lambda table: table.name)
def test_a_table_in_format_md_is_that_of_the_registry(table: Table) -> None:
    assert f"\n### `{table.name}`\n" in FORMAT.read_text("utf-8")
    require_block(FORMAT, f"table {table.name}", table_of(table))


def test_format_md_has_no_other_tables() -> None:
    named = re.findall(r"^### `(.+)`$", section(FORMAT, "## Tables"), re.MULTILINE)
    assert named == [table.name for table in registry.TABLES]


def test_every_kind_of_value_is_specified() -> None:
    assert first_column(section(FORMAT, "### Values")) == [kind.value for kind in Kind]


# Commands

COMMANDS_PAGE = ROOT / "docs" / "commands.md"


def parser_of(command: str) -> ArgumentParser:
    parser: ArgumentParser = load_command_class("memoria", command).create_parser("memoria", command)
    return parser


def _same_in_every_python(text: str) -> list[str]:
    """Words only: versions of Python differ in where they break lines, and in how they write two spellings."""
    return re.sub(r"-v \{[0-3,]+\}, --verbosity", "-v, --verbosity", text).split()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_in_commands_md_is_that_of_the_command(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    help = parser_of(command).format_help()
    assert max(map(len, help.partition("\n\n")[2].splitlines())) <= 80
    wanted = f"```text\n{help}```\n"
    require_block(COMMANDS_PAGE, f"help {command}", wanted, normalised=_same_in_every_python)


def test_the_program_prints_that_help() -> None:
    program = "import sys; sys.argv[0] = 'memoria'; from memoria.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", program, COMMANDS[0], "--help"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "DATABASE_URL": "sqlite://:memory:"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    printed = block(COMMANDS_PAGE, f"help {COMMANDS[0]}").removeprefix("```text\n").removesuffix("```\n")
    assert _same_in_every_python(result.stdout) == _same_in_every_python(printed)


def test_every_command_has_a_section() -> None:
    there = {path.stem for path in ROOT.glob("memoria/management/commands/*-*.py")}
    assert there == set(COMMANDS)
    assert all(f"\n## {command}\n" in COMMANDS_PAGE.read_text("utf-8") for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained_below_its_command(command: str) -> None:
    text = re.sub(_block(f"help {command}"), "", section(COMMANDS_PAGE, f"## {command}"), flags=re.DOTALL)
    explained = {option for words in first_column(text) for option in re.findall(r"--?[a-z][a-z-]*", words)}
    actions = [action for action in parser_of(command)._actions if DJANGOS_OWN.isdisjoint(action.option_strings)]
    options = {option for action in actions for option in action.option_strings} - {"-h", "--help", "-v", "--verbosity"}
    assert explained - {"-"} == options


def test_every_exit_code_is_explained() -> None:
    codes = first_column(section(COMMANDS_PAGE, "## Exit codes"))
    assert codes == ["0", "1", "2", "3", "4", "128 + n"]
    assert {errors.SnapshotError.exit_code, errors.DatabaseBusy.exit_code} == {1, 4}


@pytest.mark.parametrize(
    ("heading", "fields"),
    [
        ("### Export and import", [*report.Report("", "", report.FileReport("")).as_dict()]),
        ("#### `file`", [field.name for field in dataclasses.fields(report.FileReport)]),
        ("#### `tables`", [field.name for field in dataclasses.fields(report.TableReport)]),
        ("#### `merge`", [field.name for field in dataclasses.fields(report.MergeReport)]),
        ("### Undo", [*report.UndoReport(1, "").as_dict()]),
        ("#### Objects of `list-imports --json`", [*IMPORTED.as_dict()]),
        ("#### `issues`", [field.name for field in dataclasses.fields(report.Issue)]),
        ("### Comparison", [*compare.Comparison("", "", {}, {}).as_dict()]),
        ("#### `tables` of a comparison", [field.name for field in dataclasses.fields(compare.TableComparison)]),
        ("### Backups", [*BackupReport("", "", "").as_dict()]),
        ("#### Objects of `list-backups --json`", [*Entry(Path("x"), "").as_dict(datetime.now(UTC))]),
    ],
)
def test_the_fields_of_a_report_are_listed(heading: str, fields: list[str]) -> None:
    own = section(COMMANDS_PAGE, heading).partition("\n####")[0]
    assert sorted(first_column(own)) == sorted(fields)


def test_the_fields_of_a_sidecar_are_listed() -> None:
    listed = first_column(section(ROOT / "docs" / "backups.md", "## The sidecar"))
    assert listed == [*Sidecar.__struct_fields__]


def test_a_report_has_the_shape_that_the_example_shows(
    run_memoria: RunMemoria, make_database: MakeDatabase, tmp_path: Path
) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", section(COMMANDS_PAGE, "## Reports"), re.DOTALL)
    url = make_database("sqlite", migrated=True)
    # As an older database, or the example would be long.
    script(url, "".join(f"DROP TABLE {table};" for table in reversed(EVERY) if table not in CORE))
    result = run_memoria(
        "export-data",
        tmp_path / "a.json",
        "--table",
        "clusters",
        "--report",
        tmp_path / "report",
        "--database-url",
        url,
    )
    assert result.returncode == 0, result.stderr.decode()
    assert shape(json.loads(example)) == shape(json.loads((tmp_path / "report").read_text("utf-8")))


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    return type(value).__name__


# Shell lines of format.md


@pytest.fixture
def snapshots(run_memoria: RunMemoria, make_database: MakeDatabase, tmp_path: Path) -> Path:
    """A folder with one export per name that format.md uses."""
    url = make_database("sqlite", migrated=True)
    loaded = run_memoria("load-sample-data", env={"DATABASE_URL": url})
    assert loaded.returncode == 0, loaded.stderr.decode()
    for name in ("memories.json", "memories.ndjson", "memories.json.gz", "memories.ndjson.zst"):
        export(url, tmp_path / name)
    return tmp_path


def shell_checks() -> list[str]:
    """The lines that check a digest, one per file."""
    lines = re.findall(r"```sh\n(.*?)```", section(FORMAT, "### Checking a file in a shell"), re.DOTALL)
    return [line for line in "".join(lines).splitlines() if line]


def checked_file(line: str) -> str:
    (name,) = set(re.findall(r"memories\.[a-z.]+[a-z]", line))
    return name


def test_the_shell_lines_name_one_file_each() -> None:
    assert sorted(map(checked_file, shell_checks())) == [
        "memories.json",
        "memories.json.gz",
        "memories.ndjson",
        "memories.ndjson.zst",
    ]


def run_shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("line", shell_checks(), ids=checked_file)
def test_a_shell_line_accepts_an_export_and_refuses_an_edited_one(line: str, snapshots: Path) -> None:
    path = snapshots / checked_file(line)
    tool, undo = {".gz": ("gunzip -c", "gzip -c"), ".zst": ("zstd -qdc", "zstd -qc")}.get(path.suffix, ("cat", "cat"))
    if run_shell(f"command -v {tool.split()[0]}", snapshots).returncode:
        pytest.skip(f"this machine has no {tool.split()[0]}")

    good = run_shell(line, snapshots)
    assert (good.returncode, good.stdout) == (0, "unchanged\n")

    before = path.read_bytes()
    edit = f"{tool} {path.name} | sed 's/Thursdays/Fridays/' | {undo} > edited && mv edited {path.name}"
    assert run_shell(edit, snapshots).returncode == 0
    assert path.read_bytes() != before
    bad = run_shell(line, snapshots)
    assert bad.returncode != 0
    assert bad.stdout == ""


def test_the_shell_lines_refuse_an_empty_file(tmp_path: Path) -> None:
    for line in shell_checks():
        (tmp_path / checked_file(line)).touch()
        assert run_shell(line, tmp_path).returncode != 0


# All pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / unquote(name)).resolve() if name else page
        if target in GENERATED:
            continue
        assert target.exists(), f"{page.name} links to {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name} links to {link}"


def anchors(page: Path) -> set[str]:
    """Headings as the links to them spell them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_mentions_this_machine(page: Path) -> None:
    text = page.read_text("utf-8")
    assert not re.search("/work/|/root/", text)
    absolute = re.findall(r"(?<![\w.:/*-])/[a-z]+/[\w./-]+", text)
    assert [path for path in absolute if not path.startswith(INVENTED)] == []


def test_the_environment_variables_of_the_settings_are_documented() -> None:
    code = "".join(path.read_text("utf-8") for path in [*ROOT.glob("memoria_site/*.py"), *ROOT.glob("memoria/**/*.py")])
    # Those of libpq are its own.
    used = set(re.findall(r'(?:environ\.get\(|flag\(|seconds\(|number\(|VARIABLE = )"(?!PG)([A-Z_]+)"', code))
    documented = set(first_column((ROOT / "docs" / "operations.md").read_text("utf-8")))
    assert used - documented == set()
