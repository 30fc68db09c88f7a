"""Keeps what is written to a SQLite database, or takes it back."""

from __future__ import annotations

import sqlite3
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from memoria.snapshot.database.base import Writer
from memoria.snapshot.database.sqlite.adapter import SQLiteAdapter
from memoria.snapshot.errors import DatabaseFailure

_WHOLE = ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
_PART = ("SAVEPOINT part", "RELEASE part", "ROLLBACK TO part")


class Transactions(SQLiteAdapter, Writer):
    _steps = _WHOLE

    @abstractmethod
    def _forget(self) -> None:
        """What a transaction left to be done at its end."""

    def lock(self, table: str) -> None:
        pass  # a transaction has the whole database

    @contextmanager
    def around(self) -> Iterator[sqlite3.Connection]:
        with self.transaction([]):
            self._steps = _PART
            try:
                yield self._database
            finally:
                self._steps = _WHOLE

    @contextmanager
    def transaction(self, tables: Sequence[str]) -> Iterator[None]:
        begin, commit, roll_back = self._steps
        self.query(begin)
        try:
            with self._guard(self):
                yield
            self.query(commit)
        except BaseException:
            if self._database.in_transaction:
                self._database.execute(roll_back)
            self._forget()
            raise

    @contextmanager
    def rehearsal(self, tables: Sequence[str]) -> Iterator[None]:
        begun = self._database.in_transaction
        if not begun:
            self.query("BEGIN IMMEDIATE")
        self.query("SAVEPOINT rehearsal")
        try:
            yield
        finally:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK TO rehearsal" if begun else "ROLLBACK")
            self._forget()

    @contextmanager
    def part(self) -> Iterator[None]:
        self.query("SAVEPOINT batch")
        try:
            yield
        except DatabaseFailure:
            self.query("ROLLBACK TO batch")
            raise
        self.query("RELEASE batch")
