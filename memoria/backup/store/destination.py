"""Parses where backups go: a folder and the pattern of their names."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from memoria.backup.errors import WrongArguments
from memoria.file_names import filled, plain_name
from memoria.snapshot.errors import FileFailure
from memoria.snapshot.files import compression, require_no_database
from memoria.snapshot.files.urls import require_local

SQL, CUSTOM = "sql", "custom"
SIDECAR = ".json"
_TIMESTAMPS = r"\d{8}T\d{6}Z"
_LONGEST = 200
"""Bytes of a name; what is added to it must fit into 255."""


@dataclass(frozen=True)
class Destination:
    """`{timestamp}` and `{database}` in the pattern stand for the moment in UTC and the database's name."""

    folder: Path
    pattern: str
    dump: str
    """SQL or CUSTOM."""
    compression: str

    @classmethod
    def parse(cls, text: str) -> Destination:
        require_local("write", text)
        pattern = os.path.basename(text)
        folder = Path(os.path.dirname(text) or ".")
        if not pattern or pattern in (".", ".."):
            raise WrongArguments(f"{text!r} names no file: write FOLDER/NAME.sql, or .dump for PostgreSQL")
        if not text.isprintable() and not _is_only_undecodable(text):
            raise WrongArguments(f"{text!r} has characters that do not print: choose another name")
        if unknown := [word for word in re.findall(r"\{.*?\}|[{}]", text) if word not in _FILLED]:
            raise WrongArguments(f"{text!r}: {unknown[0]} is unknown; there are {{timestamp}} and {{database}}")
        if "{" in str(folder):
            raise WrongArguments(f"{text!r}: only the name of the file is filled in, not that of the folder")
        if len(os.fsencode(pattern)) > _LONGEST:
            raise WrongArguments(f"the name {pattern!r} is longer than {_LONGEST} bytes")
        dump, compression = dump_by_name(pattern)
        return cls(folder, pattern, dump, compression)

    @property
    def keeps_several(self) -> bool:
        return "{timestamp}" in self.pattern

    def name(self, moment: datetime, database: str) -> str:
        return filled(self.pattern, moment, database)

    def regex(self, database: str | None = None) -> re.Pattern[str]:
        """Names of this destination's backups; of any database if none is given."""
        timed = re.escape(self.pattern).replace(re.escape("{timestamp}"), _TIMESTAMPS)
        wanted = re.escape(plain_name(database)) if database is not None else r"[\w.-]+"
        return re.compile(timed.replace(re.escape("{database}"), wanted), re.ASCII)

    def require_mount(self) -> None:
        """The folder is on a disk of its own: a disk that is not mounted leaves an empty folder in its place."""
        folder = Path(os.path.realpath(self.folder))
        if not any(os.path.ismount(place) for place in [folder, *folder.parents][:-1]):
            raise FileFailure(
                f"cannot write to {self.folder}: it is on the system's own disk; is the other one mounted?"
            )

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """The folder exists; one that was made for a run that fails goes with it."""
        made: list[Path] = []
        try:
            made += [place for place in (self.folder, *self.folder.parents) if not place.exists()]
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not os.access(self.folder, os.W_OK | os.X_OK):
                raise PermissionError(13, "permission denied")
        except OSError as error:
            raise FileFailure.of("write", f"to {self.folder}", error) from None
        try:
            yield
        except BaseException:
            with contextlib.suppress(OSError):  # unless somebody has put something there
                for place in made:
                    place.rmdir()
            raise


_FILLED = ("{timestamp}", "{database}")


def dump_by_name(name: str) -> tuple[str, str]:
    """The kind of dump and its compression, by the extension."""
    compressed, plain = compression.by_name(name), compression.stem(name)
    if plain.endswith(".sql"):
        return SQL, compressed
    if plain.endswith(".dump") and not compressed:
        return CUSTOM, ""
    if plain.endswith(".dump"):
        raise WrongArguments(f"{name!r}: .dump is compressed already; leave out the last extension")
    raise WrongArguments(f"{name!r}: the extension decides: .sql, .sql.gz, .sql.zst, or .dump for PostgreSQL")


def require_file_or_nothing(path: Path) -> None:
    """Never through a link, and never in place of a folder, a pipe or a database."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise FileFailure.of("write", str(path), error) from None
    if not stat.S_ISREG(mode):
        what = "a symbolic link" if stat.S_ISLNK(mode) else "a directory" if stat.S_ISDIR(mode) else "no ordinary file"
        raise FileFailure(f"cannot write {path}: it is {what}; remove it, or choose another name")
    require_no_database(path)


def _is_only_undecodable(text: str) -> bool:
    return all(character.isprintable() or 0xDC80 <= ord(character) <= 0xDCFF for character in text)
