"""Faults, and what a database holds: seen over connections of the tests' own, not through our code."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg2

from tests.conftest import KINDS, ROOT, server
from tests.support import warm

CREATE = "create {} with `memoria migrate`, DATABASE_URL naming the database, or with --migrate of an import"
"""The way out where a database (it), or its tables (them), are not there."""
BOTH = ["sqlite", KINDS[-1]]
"""One of each vendor, where the versions of PostgreSQL cannot differ."""
LARGE_ROWS = 3000
LARGE_TEXT = 8000
"""Characters in each row of a large database: 24 MB in all, more than pipes and queues take."""


# Never the developer's database; and compiled once, not two hundred times.
_ENVIRONMENT = {"DATABASE_URL": "sqlite:////nonexistent/memoria.sqlite3", "PYTHONDONTWRITEBYTECODE": ""}
_LOOK = 0.0005
"""Seconds between two looks: who looks without a pause takes the processor from what is looked at."""


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


@contextlib.contextmanager
def connected(url: str, *, autocommit: bool = True) -> Iterator[Any]:
    """A driver's cursor."""
    connection: Any
    if url.startswith("sqlite"):
        connection = sqlite3.connect(path_of(url), isolation_level=None)
    else:
        connection = psycopg2.connect(url)
        connection.autocommit = autocommit
    with contextlib.closing(connection), contextlib.closing(connection.cursor()) as cursor:
        yield cursor


def execute(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """The rows of the last statement."""
    with connected(url) as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def state(url: str) -> dict[str, Any]:
    """Schema, rows and sequences: all that a refused run must leave as it was."""
    with connected(url) as cursor:
        return _sqlite_state(cursor) if url.startswith("sqlite") else _postgresql_state(cursor)


def without_history(found: dict[str, Any]) -> dict[str, Any]:
    """A state but for what tells of imports that were made."""
    own = ("memoria_import", "sequence memoria_import", "sqlite_sequence")
    return {name: rows for name, rows in found.items() if not name.startswith(own)}


def _rows(cursor: Any, sql: str) -> list[tuple[Any, ...]]:
    cursor.execute(sql)
    return list(cursor.fetchall())


def _sqlite_state(cursor: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"integrity": _rows(cursor, "PRAGMA integrity_check")}
    found["schema"] = sorted(_rows(cursor, "SELECT type, name, sql FROM sqlite_master"), key=repr)
    for (table,) in _rows(cursor, "SELECT name FROM sqlite_master WHERE type = 'table'"):
        found[table] = sorted(_rows(cursor, f'SELECT * FROM "{table}"'), key=repr)
    return found


def _postgresql_state(cursor: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "columns": _rows(
            cursor,
            "SELECT table_name, column_name, data_type, is_nullable, column_default"
            " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
        ),
        "indexes": _rows(cursor, "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"),
        "constraints": _rows(
            cursor, "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint ORDER BY 1, 2"
        ),
    }
    for (name,) in _rows(cursor, "SELECT relname FROM pg_class WHERE relkind = 'S' ORDER BY 1"):
        found[f"sequence {name}"] = _rows(cursor, f'SELECT last_value, is_called FROM "{name}"')
    for (name,) in _rows(cursor, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        found[name] = _rows(cursor, f'SELECT t::text FROM "{name}" t ORDER BY 1')
    return found


def fill_large(url: str) -> None:
    """LARGE_ROWS long-term memories in the namespace `large`."""
    text, key = f"printf('%0*d', {LARGE_TEXT}, n)", "printf('big-%05d', n)"
    series = f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s LIMIT {LARGE_ROWS})"
    if not url.startswith("sqlite"):
        text, key = f"lpad(n::text, {LARGE_TEXT}, '0')", "'big-' || lpad(n::text, 5, '0')"
        series = f"WITH s AS (SELECT n FROM generate_series(1, {LARGE_ROWS}) n)"
    when = "'2026-01-02 03:04:05'"
    execute(
        url,
        "INSERT INTO long_term_memory (memory_id, processed_data, importance_score, category_primary,"
        " retention_type, namespace, timestamp, created_at, searchable_content, summary, classification,"
        f" memory_importance, extraction_timestamp) {series} SELECT {key}, '{{}}', 0.5, 'fact', 'long_term',"
        f" 'large', {when}, {when}, {text}, 'one of many', 'conversational', 'medium', {when} FROM s",
    )


Make = Callable[..., str]
"""make(kind, content) -> URL of a new database: "migrated", "sample" (510 rows) or "large"."""


@dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: bytes
    stderr: str

    def is_one_sentence(self) -> bool:
        """One line that a person can read, and no more."""
        return self.stderr.count("\n") == 1 and self.stderr.endswith("\n") and "Traceback" not in self.stderr

    def message(self) -> str:
        """What the last line of stderr says; it holds no traceback and no control characters."""
        assert "Traceback" not in self.stderr
        assert self.stderr.replace("\n", "").isprintable(), self.stderr
        return self.stderr.rstrip("\n").rpartition("\n")[2].removeprefix("CommandError: ")


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[bytes]

    def ended(self, timeout: float = 30) -> Ended:
        out, err = self.process.communicate(timeout=timeout)
        return Ended(self.process.returncode, out or b"", (err or b"").decode())

    def strike(self, number: int, when: Callable[[], object], timeout: float = 30) -> None:
        """Send the signal at the moment when `when` is true; fail if the process ends before."""
        end = time.monotonic() + timeout
        while not when():
            assert self.process.poll() is None, f"it ended too early: {self.ended()}"
            assert time.monotonic() < end, "the moment never came"
            time.sleep(_LOOK)
        self.process.send_signal(signal.SIGSTOP)
        assert when(), "the moment passed too quickly"
        # In this order: one that is sent to a stopped process may reach any of its threads.
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(number)


@contextlib.contextmanager
def started(
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    program: tuple[str, ...] = (),
    fresh: bool = False,
    **options: Any,
) -> Iterator[Running]:
    """`manage.py` as a process that the test can watch and strike; it is gone when the block ends.

    With `program` that is what starts it; `fresh`, or with other options than streams, it is no fork of a warm one.
    """
    words, environment = list(map(str, arguments)), {**os.environ, **_ENVIRONMENT, **(env or {})}
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    if program or fresh:
        command = [*program, sys.executable, "manage.py", *words]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, **options)
    else:
        process = warm.start(*words, environment=environment, **options)
    try:
        yield Running(process)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def run(*arguments: str | Path, env: Mapping[str, str] | None = None, **options: Any) -> Ended:
    """`manage.py`, to its end."""
    with started(*arguments, env=env, **options) as running:
        return running.ended()


def partials(folder: Path) -> list[Path]:
    return list(folder.glob(".*.partial"))


def grown(folder: Path, size: int = 1) -> Callable[[], bool]:
    """Whether a file that is being written in the folder holds so many bytes."""

    def look() -> bool:
        with contextlib.suppress(FileNotFoundError):
            return any(partial.stat().st_size >= size for partial in partials(folder))
        return False

    return look


def sessions(url: str, condition: str = "true") -> list[tuple[Any, ...]]:
    """Our sessions on the test's database, as their server sees them."""
    return execute(
        url,
        "SELECT pid, state, query FROM pg_stat_activity"
        f" WHERE datname = current_database() AND application_name = 'memoria' AND {condition}",
    )


def gone(url: str, within: float = 5) -> bool:
    """Whether none of our sessions is left."""
    end = time.monotonic() + within
    while sessions(url):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class Watch:
    """Asks one question of a server again and again, over one connection."""

    def __init__(self, url: str, sql: str) -> None:
        self._connection = psycopg2.connect(url)
        self._connection.autocommit = True
        self._sql = sql

    def __enter__(self) -> Callable[[], bool]:
        return self._look

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _look(self) -> bool:
        with self._connection.cursor() as cursor:
            cursor.execute(self._sql)
            return bool(cursor.fetchone())


def copying(url: str) -> Watch:
    """Whether an import into the database is in the middle of its rows."""
    return Watch(
        url,
        "SELECT 1 FROM pg_stat_progress_copy p WHERE datname = current_database()"
        " AND relid = 'long_term_memory'::regclass AND tuples_processed > 0",
    )


@contextlib.contextmanager
def role(url: str, *settings: str, options: str = "LOGIN SUPERUSER") -> Iterator[str]:
    """The same database's URL for a role of this test's, with settings of its own."""
    name = f"role_{secrets.token_hex(4)}"
    execute(url, f"CREATE ROLE {name} {options}", *(f"ALTER ROLE {name} SET {setting}" for setting in settings))
    try:
        yield server(KINDS[-1]).url(urlsplit(url).path[1:], user=name)
    finally:
        execute(url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


class Proxy:
    """Stands between a client and a server, and cuts the connection when `cut` says so.

    `cut` takes what the client sent and the bytes it sent before, and returns how much of it still goes
    through, or None for all. With `answered` the server takes that, and its answer is kept back. With `stalls`
    nothing is cut: from then on, or after so many bytes of answers, nothing goes through any more, in any connection,
    and all of them stay open.
    """

    def __init__(
        self,
        url: str,
        cut: Callable[[bytes, int], int | None],
        *,
        answered: bool = False,
        stalls: bool = False,
        stalls_at: float = float("inf"),
    ) -> None:
        self._stalls = stalls
        self._stalls_at = stalls_at
        self._received = 0
        self._stalled = threading.Event()
        self._ended = threading.Event()
        self._url = url
        self._cut = cut
        self._answered = answered
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.cuts = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._ended.set()

    @property
    def url(self) -> str:
        parts = urlsplit(self._url)
        credentials = parts.netloc.rpartition("@")[0]
        return f"postgresql://{credentials}@127.0.0.1:{self._listener.getsockname()[1]}{parts.path}?sslmode=disable"

    def _upstream(self) -> socket.socket:
        parts = urlsplit(self._url)
        host = parse_qs(parts.query).get("host", [""])[0]
        if not host.startswith("/"):
            return socket.create_connection((unquote(parts.hostname or host), parts.port or 5432))
        upstream = socket.socket(socket.AF_UNIX)
        upstream.connect(next(str(path) for path in Path(host).glob(".s.PGSQL.*") if path.suffix != ".lock"))
        return upstream

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                upstream = self._upstream()
                held = threading.Event()
                threading.Thread(target=self._answers, args=(upstream, client, held), daemon=True).start()
                threading.Thread(target=self._requests, args=(client, upstream, held), daemon=True).start()

    def _requests(self, client: socket.socket, upstream: socket.socket, held: threading.Event) -> None:
        sent = 0
        with client, upstream, contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                through = self._cut(data, sent)
                if self._stalls and (through is not None or self._stalled.is_set()):
                    self.cuts += not self._stalled.is_set()
                    self._stalled.set()
                    self._ended.wait()
                    for end in (client, upstream):
                        end.shutdown(socket.SHUT_RDWR)
                    return
                if through is None:
                    upstream.sendall(data)
                    sent += len(data)
                    continue
                self.cuts += 1
                if self._answered:
                    held.set()
                upstream.sendall(data[:through])
                if self._answered:
                    time.sleep(0.3)  # the answer stays here
                for end in (client, upstream):
                    end.shutdown(socket.SHUT_RDWR)
                return

    def _answers(self, upstream: socket.socket, client: socket.socket, held: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := upstream.recv(1 << 16):
                self._received += len(data)
                if self._stalls and self._received > self._stalls_at:
                    self._stalled.set()
                if self._stalled.is_set():
                    self._ended.wait()
                    for end in (client, upstream):
                        end.shutdown(socket.SHUT_RDWR)
                    return
                if not held.is_set():
                    client.sendall(data)


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
