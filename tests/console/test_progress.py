"""memoria.console.progress: bars on a terminal, silence anywhere else."""

from __future__ import annotations

import io
import sys

import pytest

from memoria.console.progress import TerminalProgress


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(monkeypatch: pytest.MonkeyPatch, *, quiet: bool = False) -> str:
    screen = Screen()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys, "stderr", screen)
    with TerminalProgress(quiet=quiet) as progress:
        progress.stage("Exporting", rows=4000)
        progress.advance(rows=1000, size=5_000_000)
        progress._bars.refresh()
        with progress.hidden():
            screen.write("<question>")
        progress.stage("Checking", size=1_000_000)
        progress.advance(rows=10, size=250_000)
        progress.stage("Finishing")
        progress._bars.refresh()
    return screen.getvalue()


def test_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = drawn(monkeypatch)
    assert "Exporting" in text
    assert " 25%" in text
    assert "1,000 rows, " in text
    assert "/s, 5.0 MB" in text
    assert "Finishing" in text
    assert "so far" in text


def test_the_question_has_the_terminal_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    before, _, after = drawn(monkeypatch).partition("<question>")
    assert before.endswith("\x1b[?25h\r\x1b[1A\x1b[2K"), before[-40:]
    assert after.startswith("\x1b[?25l"), after[:40]


def test_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(monkeypatch, quiet=True) == "<question>"


def test_not_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with TerminalProgress() as progress:
        progress.stage("Exporting", rows=4000)
        progress.advance(rows=1000, size=5_000_000)
    assert capsys.readouterr() == ("", "")
