"""The tutorial of merges is run line by line, and prints what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Sums, digests and seconds, which the page says that it leaves out; of a refusal its sentence, which repeats a line.
LEFT_OUT = re.compile("Dry run: |Imported |Import [0-9]+ of |Read |CommandError: ")


def steps(page: str) -> list[tuple[str, str]]:
    """The shell lines of each block, and what the block below says they print."""
    blocks = re.findall(r"```(sh|text)\n(.*?)```", (ROOT / "docs" / page).read_text("utf-8"), re.DOTALL)
    found: list[tuple[str, str]] = []
    for kind, text in blocks:
        if kind == "sh":
            found.append((text, ""))
        else:
            found[-1] = (found[-1][0], text)
    return found


def test_the_tutorial(tmp_path: Path) -> None:
    if shutil.which("sqlite3") is None:
        pytest.skip("this machine has no sqlite3")
    program = tmp_path / "bin" / "memoria"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/manage.py" "$@"\n')
    program.chmod(0o755)
    place = {"PATH": f"{program.parent}:{os.environ['PATH']}", "DATABASE_URL": f"sqlite:///{tmp_path}/mine.sqlite3"}
    printed = 0
    for shell, expected in steps("tutorial-merge.md"):
        done = subprocess.run(
            ["sh", "-ec", shell],
            cwd=tmp_path,
            env={**os.environ, **place},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout
        lines = [line.rstrip() for line in done.stdout.splitlines() if not LEFT_OUT.match(line)]
        assert lines == expected.splitlines(), shell
        printed += len(lines)
    assert printed == 54
