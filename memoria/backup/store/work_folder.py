"""A private folder beside the destination for what is not finished; gone at the end, or swept by the next run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from memoria.snapshot.errors import FileFailure
from memoria.snapshot.files.ownership import hold, left_behind, own_name

_SUFFIX = ".work"


@contextmanager
def work_folder(folder: Path, name: str) -> Iterator[Path]:
    """`.NAME.xxxxxxxx.work` in `folder`, mode 0700, removed with all that is in it."""
    path = folder / own_name(name, _SUFFIX)
    try:
        try:
            with _living(folder, name, path):
                yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
    finally:  # again: a signal may have stopped the first in the middle
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _living(folder: Path, name: str, path: Path) -> Iterator[None]:
    """Make the folder and hold it until the block ends, so that a later run knows a dead run's from a living one's."""
    try:
        _sweep(folder, name)
        path.mkdir(mode=0o700)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise FileFailure.of("write", f"to {folder}", error) from None
    try:
        hold(descriptor)
        yield
    finally:
        os.close(descriptor)


def _sweep(folder: Path, name: str) -> None:
    for left in left_behind(folder, name, _SUFFIX, os.O_RDONLY | os.O_DIRECTORY):
        shutil.rmtree(left, ignore_errors=True)
