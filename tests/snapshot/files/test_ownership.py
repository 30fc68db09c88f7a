"""What a living run holds, and what a dead one left."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from memoria.snapshot.files.ownership import hold, left_behind, may_hold, own_name


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT)


def test_one_at_a_time(tmp_path: Path) -> None:
    one, other = _opened(tmp_path / "x"), _opened(tmp_path / "x")
    hold(one)
    assert (may_hold(other), may_hold(other, shared=True)) == (False, False)
    os.close(one)
    assert may_hold(other)
    os.close(other)


def test_who_only_reads_shares_it(tmp_path: Path) -> None:
    one, other = _opened(tmp_path / "x"), _opened(tmp_path / "x")
    assert (may_hold(one, shared=True), may_hold(other, shared=True), may_hold(other)) == (True, True, False)
    os.close(one)
    os.close(other)


def test_patience(tmp_path: Path) -> None:
    one, other = _opened(tmp_path / "x"), _opened(tmp_path / "x")
    hold(one)
    begun = time.monotonic()
    assert not may_hold(other, 0.05)
    assert time.monotonic() - begun >= 0.05
    threading.Timer(0.05, os.close, [one]).start()
    assert may_hold(other, 60)
    os.close(other)


def test_what_was_left(tmp_path: Path) -> None:
    stem = "a[b]*"
    dead, living = tmp_path / own_name(stem, ".partial"), tmp_path / own_name(stem, ".partial")
    assert dead != living
    dead.touch()
    held = _opened(living)
    hold(held)
    (tmp_path / own_name("ab", ".partial")).touch()
    (tmp_path / own_name(stem, ".work")).touch()
    (tmp_path / own_name(stem, ".partial")).symlink_to(dead)
    assert list(left_behind(tmp_path, stem, ".partial", os.O_RDWR)) == [dead]
    os.close(held)
    assert set(left_behind(tmp_path, stem, ".partial", os.O_RDWR)) == {dead, living}


def test_folders(tmp_path: Path) -> None:
    path = tmp_path / own_name("x", ".work")
    path.mkdir()
    assert list(left_behind(tmp_path, "x", ".work", os.O_RDONLY | os.O_DIRECTORY)) == [path]
