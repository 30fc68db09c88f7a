"""The names that the engine has for its callers."""

from __future__ import annotations

import subprocess
import sys

import pytest

import memoria.snapshot


def test_every_name_is_there() -> None:
    assert [name for name in memoria.snapshot.__all__ if getattr(memoria.snapshot, name, None) is None] == []


def test_another_name_is_none() -> None:
    with pytest.raises(AttributeError, match=r"^module 'memoria.snapshot' has no attribute 'Exports'$"):
        memoria.snapshot.Exports  # noqa: B018


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    program = "import sys, memoria.snapshot; print([name for name in sys.modules if name.startswith('memoria.')])"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "['memoria.snapshot']\n"
