"""Every remedy of the engine is an option of the commands, and a box or a word of the pages."""

from __future__ import annotations

import re
import tokenize
from io import StringIO
from pathlib import Path

import pytest

from memoria.admin.snapshots.forms import WORDS, boxed
from memoria.console.words import OPTIONS, all_in_options, in_options
from memoria.snapshot.remedy import Remedy

SENTENCE = f"correct them, or leave them out with {Remedy.SKIP_INVALID}"


def test_commands() -> None:
    assert in_options(SENTENCE) == "correct them, or leave them out with --skip-invalid"


def test_pages() -> None:
    assert boxed(SENTENCE) == "correct them, or leave them out with “Leave out rows that do not fit”"


def test_reports() -> None:
    report = {"issues": [{"reason": SENTENCE, "line": 1}], "notes": (SENTENCE,), "seconds": 0.5}
    told = "correct them, or leave them out with --skip-invalid"
    assert all_in_options(report) == {"issues": [{"reason": told, "line": 1}], "notes": [told], "seconds": 0.5}


@pytest.mark.parametrize("words", [OPTIONS, WORDS], ids=["commands", "pages"])
def test_none_is_forgotten(words: dict[Remedy, str]) -> None:
    assert set(words) == set(Remedy)


def test_the_engine_names_no_option() -> None:
    named = {}
    for path in Path("memoria/snapshot").rglob("*.py"):
        tokens = tokenize.generate_tokens(StringIO(path.read_text()).readline)
        texts = [token.string for token in tokens if token.type == tokenize.STRING]
        if found := re.findall(r"--[a-z][a-z-]+", "".join(texts)):
            named[str(path)] = found
    assert named == {}
