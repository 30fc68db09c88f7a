"""Ends a wait for a server from which nothing comes through any more.

A link may stop in the middle and still acknowledge every byte, as a proxy or a firewall does: TCP's own limits notice
nothing. Only the server knows whether it is at work. So where a wait is longer than a limit, a second connection asks
for the first one. If nobody answers, or the server itself waits for us, the first connection is shut down, and the
wait ends as with a connection that was lost. A server that is at work, or waits for a lock, is left alone.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from psycopg2 import extensions

from memoria.snapshot.errors import DatabaseFailure

VARIABLE = "MEMORIA_STALL_TIMEOUT"
_DEFAULT = 60.0
_LONGEST = 86_400
_PATIENCE = 5
"""Seconds, beside those to connect, that the second connection has for its question."""
_ASK = "SELECT state, wait_event FROM pg_stat_activity WHERE pid = %s"
_WAITS_FOR_US = ("ClientRead", "ClientWrite")


def stall_timeout() -> float:
    """Seconds, from the environment."""
    text = os.environ.get(VARIABLE) or str(_DEFAULT)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= _LONGEST:
        raise DatabaseFailure(f"{VARIABLE} is {text!r}: write seconds, from 1 up to {_LONGEST}")
    return seconds


class Connection(extensions.connection):
    """Watched while it waits for its server, once `watch` was called."""

    _limit = 0.0
    _options: Mapping[str, Any] = {}
    _process = 0

    def watch(self, options: Mapping[str, Any]) -> None:
        """`options`: how a second connection to the same server is made."""
        with self.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self._process = cursor.fetchone()[0]
        self._limit, self._options = stall_timeout(), options
        _Watchdog.start_one()

    def commit(self) -> None:
        with _waiting(self):
            super().commit()


class Cursor(extensions.cursor):
    connection: Connection

    def execute(self, query: Any, vars: Any = None) -> None:
        with _waiting(self.connection):
            super().execute(query, vars)

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        with _waiting(self.connection) as wait:
            super().copy_expert(sql, _Moving(file, wait), size)


class _Wait:
    """One call of the driver. `since` is when it last began to wait for the server."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.since = time.monotonic()
        self.is_stalled = False


class _Moving:
    """The file of a COPY. While it reads or writes, nobody waits for the server."""

    def __init__(self, file: Any, wait: _Wait) -> None:
        self._file = file
        self._wait = wait

    def read(self, size: int) -> Any:
        self._wait.since = float("inf")
        data = self._file.read(size)
        self._wait.since = time.monotonic()
        return data

    def write(self, data: Any) -> None:
        self._wait.since = float("inf")
        self._file.write(data)
        self._wait.since = time.monotonic()


_waits: set[_Wait] = set()


@contextmanager
def _waiting(connection: Connection) -> Iterator[_Wait]:
    wait = _Wait(connection)
    _waits.add(wait)
    try:
        yield wait
    except psycopg2.Error:
        if wait.is_stalled:
            raise psycopg2.OperationalError(f"nothing came through for {connection._limit:g} s") from None
        raise
    finally:
        _waits.discard(wait)


class _Watchdog(threading.Thread):
    _running: _Watchdog | None = None

    @classmethod
    def start_one(cls) -> None:
        """A fork has none of its parent's."""
        if cls._running is None or not cls._running.is_alive():
            cls._running = cls(name="stall-watch", daemon=True)
            cls._running.start()

    def run(self) -> None:
        while True:
            time.sleep(0.5)
            for wait in list(_waits):
                limit = wait.connection._limit
                if limit and time.monotonic() - wait.since > limit:
                    self._look_after(wait)

    def _look_after(self, wait: _Wait) -> None:
        asked = wait.since
        stalled = _is_stalled(wait.connection)
        if wait.since != asked or wait not in _waits:  # something came meanwhile
            return
        if stalled:
            wait.is_stalled = True
            _shut_down(wait.connection)
        wait.since = time.monotonic()


def _is_stalled(connection: Connection) -> bool:
    answer: list[bool] = []

    def ask() -> None:
        try:
            with closing(psycopg2.connect(**connection._options)) as second, second.cursor() as cursor:
                cursor.execute(_ASK, (connection._process,))
                found = cursor.fetchone()
            # Behind a pooler the number may be another's: nothing is known then.
            answer.append(found is not None and (found[0] != "active" or found[1] in _WAITS_FOR_US))
        except psycopg2.Error as error:
            answer.append("FATAL:" not in str(error))  # a server that lets nobody in is there all the same

    asking = threading.Thread(target=ask, name="stall-question", daemon=True)
    asking.start()
    asking.join(float(connection._options.get("connect_timeout", 10)) + _PATIENCE)
    return answer[0] if answer else True


def _shut_down(connection: Connection) -> None:
    with contextlib.suppress(OSError, psycopg2.Error), socket.socket(fileno=os.dup(connection.fileno())) as ended:
        ended.shutdown(socket.SHUT_RDWR)
