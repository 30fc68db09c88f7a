"""Somebody who writes while we read: what holds after each of the transactions holds in every whole copy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from psycopg2.errors import DeadlockDetected

from tests.faults.faults import LARGE_ROWS, connected, execute

AMOUNT = 1000
"""What each row has of what the writer moves."""
Statements = Callable[[int], Sequence[str]]
"""The number of a transaction -> what is done in it."""


def prepare(url: str) -> None:
    """Of a large database."""
    execute(url, f"UPDATE long_term_memory SET access_count = {AMOUNT}")


def moves(giver: str, taker: str, *between: str) -> list[str]:
    """One of the amount goes from a row to another."""
    change = "UPDATE long_term_memory SET access_count = access_count {} 1 WHERE memory_id = '{}'"
    return [change.format("-", giver), *between, change.format("+", taker)]


def moves_and_adds(number: int) -> list[str]:
    return moves(
        "big-00001",
        f"big-{LARGE_ROWS:05}",
        f"INSERT INTO clusters (id, summary) VALUES ({number}, 'parent')",
        "INSERT INTO cluster_members (id, memory_id, summary, cluster_id)"
        f" VALUES ({number}, 'big-00001', 'child', {number})",
    )


class Writer:
    """Moves an amount between two rows and adds a parent with its child, in one transaction, for ever.

    Or does what other `statements` say, whose updates are of one row each.
    """

    def __init__(
        self, url: str, statements: Statements = moves_and_adds, *, first: int = 1000, pause: float = 0
    ) -> None:
        """`first`: the number of the first transaction. `pause`: seconds after each, when others have their turn."""
        self.commits = 0
        self._url = url
        self._statements = statements
        self._first = first
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        is_sqlite = self._url.startswith("sqlite")
        with connected(self._url) as cursor:
            if is_sqlite:
                cursor.execute("PRAGMA busy_timeout = 20000")
            while not self._stop.is_set():
                cursor.execute("BEGIN IMMEDIATE" if is_sqlite else "BEGIN")
                try:
                    for statement in self._statements(self._first + self.commits):
                        cursor.execute(statement)
                        assert cursor.rowcount == 1, statement
                except DeadlockDetected:  # two waited for each other, and the server chose us
                    cursor.execute("ROLLBACK")
                    continue
                cursor.execute("COMMIT")
                self.commits += 1
                self._stop.wait(self._pause)
