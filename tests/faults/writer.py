"""Somebody who writes while we read: what holds after each of the transactions holds in every whole copy."""

from __future__ import annotations

import threading

from tests.faults.faults import LARGE_ROWS, connected, execute

AMOUNT = 1000
"""What each row has of what the writer moves."""


def prepare(url: str) -> None:
    """Of a large database."""
    execute(url, f"UPDATE long_term_memory SET access_count = {AMOUNT}")


class Writer:
    """Moves an amount between two rows and adds a parent with its child, in one transaction, for ever."""

    def __init__(self, url: str) -> None:
        self.commits = 0
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with connected(self._url) as cursor:
            if self._url.startswith("sqlite"):
                cursor.execute("PRAGMA busy_timeout = 20000")
            while not self._stop.is_set():
                number = 1000 + self.commits
                for statement in (
                    "BEGIN IMMEDIATE" if self._url.startswith("sqlite") else "BEGIN",
                    "UPDATE long_term_memory SET access_count = access_count - 1 WHERE memory_id = 'big-00001'",
                    f"INSERT INTO clusters (id, summary) VALUES ({number}, 'parent')",
                    "INSERT INTO cluster_members (id, memory_id, summary, cluster_id)"
                    f" VALUES ({number}, 'big-00001', 'child', {number})",
                    "UPDATE long_term_memory SET access_count = access_count + 1"
                    f" WHERE memory_id = 'big-{LARGE_ROWS:05}'",
                    "COMMIT",
                ):
                    cursor.execute(statement)
                self.commits += 1
