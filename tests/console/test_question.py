"""memoria.console.question: what is asked before rows are lost, and who is asked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.faults.faults import BOTH, Make, execute, run, state
from tests.support.terminals import on_a_terminal

pytest_plugins = ["tests.faults.fault_databases"]
Snapshots = Callable[[str], Path]
DECLINED = "CommandError: not confirmed; nothing was changed"


@pytest.fixture
def empty(make: Make, tmp_path: Path) -> Path:
    """The snapshot of a database with tables and no rows."""
    path = tmp_path / "empty.json"
    assert run("export-data", path, "--database-url", make("sqlite", "migrated")).returncode == 0
    return path


@pytest.fixture
def others(snapshots: Snapshots, tmp_path: Path) -> Path:
    """The sample, with another summary in four memories."""
    path = tmp_path / "others.ndjson"
    lines = snapshots("sample").read_text().splitlines(keepends=True)
    first = next(n for n, line in enumerate(lines) if line.startswith('{"table": "long_term_memory"'))
    for n in range(first, first + 4):
        lines[n] = re.sub(r'"summary": ?"', r"\g<0>Other: ", lines[n], count=1)
    path.write_text("".join(lines))
    return path


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), ("y\n", 0)])
def test_a_file_without_rows(make: Make, empty: Path, kind: str, answer: str, code: int) -> None:
    url = make(kind)
    before = state(url)
    with on_a_terminal("import-data", empty, "--database-url", url) as terminal:
        assert terminal.question().endswith(
            " (before → after): long_term_memory 160 → 0, short_term_memory 37 → 0, clusters 17 → 0, cluster_members"
            " 158 → 0, memory_relationships 138 → 0. Continue? [y/N]"
        )
        assert terminal.answer(answer)[0] == code
    assert (state(url) == before) == (code == 1)
    assert execute(url, "SELECT count(*) FROM clusters") == [(17 if code else 0,)]


class TestPipe:
    @pytest.mark.parametrize(("answer", "code"), [("n\n", 1), ("\x04", 1), ("y\n", 0)])
    def test_it_asks_on_the_terminal_of_the_run(self, make: Make, empty: Path, answer: str, code: int) -> None:
        url = make("sqlite")
        before = state(url)
        with (
            subprocess.Popen(["cat", empty], stdout=subprocess.PIPE) as pipe,
            on_a_terminal("import-data", "-", "--database-url", url, stdin=pipe.stdout) as terminal,
        ):
            assert "long_term_memory 160 → 0" in terminal.question()
            ended, text = terminal.answer(answer)
        assert (ended, DECLINED in text) == (code, code == 1)
        assert (state(url) == before) == (code == 1)

    @pytest.mark.parametrize("source", ["-", "/dev/stdin"])
    def test_a_file_as_standard_input(self, make: Make, empty: Path, source: str) -> None:
        url = make("sqlite")
        with (
            empty.open("rb") as stdin,
            on_a_terminal("import-data", source, "--database-url", url, stdin=stdin) as terminal,
        ):
            terminal.question()
            assert terminal.answer("n\n")[0] == 1
        assert execute(url, "SELECT count(*) FROM clusters") == [(17,)]

    def test_into_a_merge(self, make: Make, others: Path) -> None:
        url = make("sqlite")
        arguments = ("import-memories", "-", "--on-conflict", "overwrite", "--allow-edited", "--database-url", url)
        with others.open("rb") as stdin, on_a_terminal(*arguments, stdin=stdin) as terminal:
            assert terminal.question() == (
                f"This overwrites rows of {url} with those of <stdin>: long_term_memory 4 rows overwritten, 0 new."
                " Continue? [y/N]"
            )
            assert terminal.answer("y\n")[0] == 0
        assert execute(url, "SELECT count(*) FROM long_term_memory WHERE summary LIKE 'Other: %'") == [(4,)]

    def test_not_when_told_so(self, make: Make, empty: Path) -> None:
        url = make("sqlite")
        arguments = ("import-data", "-", "--no-input", "--database-url", url)
        with empty.open("rb") as stdin, on_a_terminal(*arguments, stdin=stdin) as terminal:
            code, text = terminal.answer("")
        assert (code, "Continue?" in text) == (0, False)
        assert execute(url, "SELECT count(*) FROM clusters") == [(0,)]

    def test_without_a_terminal_there_is_nobody_to_ask(self, make: Make, empty: Path) -> None:
        url = make("sqlite")
        command = [sys.executable, "manage.py", "import-data", "-", "--database-url", url]
        with empty.open("rb") as stdin:
            ended = subprocess.run(
                command, cwd=ROOT, stdin=stdin, capture_output=True, start_new_session=True, env={**os.environ}
            )
        assert ended.returncode == 0, ended.stderr
        assert execute(url, "SELECT count(*) FROM clusters") == [(0,)]


class TestMerge:
    @pytest.mark.parametrize("kind", BOTH)
    def test_what_is_overwritten(self, make: Make, others: Path, kind: str) -> None:
        url = make(kind)
        execute(url, "UPDATE short_term_memory SET summary = 'mine'", "DELETE FROM memory_relationships")
        before = state(url)
        arguments = ("import-memories", others, "--on-conflict", "overwrite", "--allow-edited", "--database-url", url)
        for answer, code in (("n\n", 1), ("y\n", 0)):
            with on_a_terminal(*arguments) as terminal:
                assert terminal.question().endswith(
                    f" with those of {others}: long_term_memory 4 rows overwritten, 0 new, short_term_memory 37 rows"
                    " overwritten, 0 new, memory_relationships 0 rows overwritten, 138 new. Continue? [y/N]"
                )
                ended, text = terminal.answer(answer)
            assert (ended, DECLINED in text) == (code, code == 1)
            assert (state(url) == before) == (code == 1)
        assert execute(url, "SELECT count(*) FROM long_term_memory WHERE summary LIKE 'Other: %'") == [(4,)]

    def test_nobody_waits_for_the_answer_and_what_they_write_is_asked_about(self, make: Make, others: Path) -> None:
        url = make(BOTH[-1])
        arguments = ("import-memories", others, "--on-conflict", "overwrite", "--allow-edited", "--database-url", url)
        with on_a_terminal(*arguments) as terminal:
            assert "long_term_memory 4 rows overwritten, 0 new." in terminal.question()
            execute(url, "SET lock_timeout = 1000", "UPDATE short_term_memory SET summary = 'mine'")
            os.write(terminal._ours, b"y\n")
            terminal.read_until("short_term_memory 37 rows")
            assert terminal.answer("n\n")[0] == 1
        assert execute(url, "SELECT count(*) FROM long_term_memory WHERE summary LIKE 'Other: %'") == [(0,)]

    def test_nothing_is_asked_where_nothing_is_overwritten(
        self, make: Make, others: Path, snapshots: Snapshots
    ) -> None:
        url = make("sqlite")
        for arguments in ((others, "--allow-edited"), (snapshots("sample"), "--on-conflict", "overwrite")):
            with on_a_terminal("import-memories", *arguments, "--database-url", url) as terminal:
                code, text = terminal.answer("")
            assert (code, "Continue?" in text) == (0, False), text
