"""Writes a report to a file that replaces nothing but an earlier report."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from django.core.management.base import CommandError

from memoria.console.words import all_in_options
from memoria.snapshot.errors import FileFailure, SnapshotError
from memoria.snapshot.files import OutputFile
from memoria.snapshot.files.urls import require_local

_BEGINNING = b'{\n "report_version": '


class Kept(Protocol):
    def as_dict(self) -> dict[str, Any]: ...


@contextmanager
def report_file(path: str | None) -> Iterator[OutputFile | None]:
    """Opened before the run: what cannot be written is said before, not after."""
    require_local("write", path or "")
    if path is None:
        yield None
    elif path == "-":
        raise CommandError(
            "--report takes a file or a device, not -: standard output is for what the command prints", returncode=2
        )
    elif not _may_be_replaced(path):
        raise CommandError(f"--report would replace {path}, which is no report; name another file", returncode=2)
    else:
        with OutputFile(path, "") as file:
            yield file


def report_text(report: Kept) -> str:
    return json.dumps(all_in_options(report.as_dict()), indent=1, ensure_ascii=False) + "\n"


def write_report(report: Kept, file: OutputFile) -> None:
    file.write(report_text(report).encode("utf-8", "backslashreplace"))
    if not _may_be_replaced(file.name):  # it is what the run itself has made
        raise SnapshotError(f"it would replace {file.name}, which is no report")
    file.commit()


def _may_be_replaced(path: str) -> bool:
    """Whether nothing is there, or an earlier report; or a device or a pipe, which nothing replaces."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or not status.st_size:
            return True
        with open(path, "rb") as file:
            return file.read(len(_BEGINNING)) == _BEGINNING
    except FileNotFoundError:
        return True
    except OSError as error:
        raise FileFailure.of("read", path, error) from None
