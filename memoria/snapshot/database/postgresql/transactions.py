"""Keeps what is written to a PostgreSQL database, or takes it back."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from memoria.snapshot.database.base import Writer
from memoria.snapshot.database.postgresql import connection as postgresql
from memoria.snapshot.database.postgresql.adapter import PostgreSQLAdapter
from memoria.snapshot.database.sql import quoted
from memoria.snapshot.errors import DatabaseFailure


class Transactions(PostgreSQLAdapter, Writer):
    """A plan stages keys in temporary tables, each statement by itself; only `transaction` spans statements.

    Behind a pooler nothing may outlast a transaction, and so one spans all.
    """

    _is_pooled: bool
    _is_part = False

    @abstractmethod
    def _forget(self) -> None:
        """What a transaction left to be done at its end."""

    def _be_between(self) -> None:
        """Ready for what comes before, between and after the transactions."""
        if self._is_pooled:
            postgresql.begin(self._database, self._connection, self._name)
        else:
            self._database.autocommit = True

    def lock(self, table: str) -> None:
        self.query(f"LOCK TABLE {quoted(table)} IN SHARE ROW EXCLUSIVE MODE")

    @contextmanager
    def around(self) -> Iterator[Any]:
        with self.transaction([]):
            self._is_part = True
            try:
                yield self._database
            finally:
                self._is_part = False

    @contextmanager
    def transaction(self, tables: Sequence[str]) -> Iterator[None]:
        is_part = self._is_part
        if is_part:
            self.query("SAVEPOINT part")
        elif not self._is_pooled:
            self._database.autocommit = False
        try:
            for table in tables:
                self.lock(table)
            self._compress_quickly()
            with self._guard(self):
                yield
            if is_part:
                self.query("RELEASE part")
            else:
                self._commit()
                self._be_between()
        except BaseException:
            with contextlib.suppress(psycopg2.Error):  # without a connection the server rolls back by itself
                self._roll_back(is_part=is_part)
            self._forget()
            raise

    @contextmanager
    def rehearsal(self, tables: Sequence[str]) -> Iterator[None]:
        begun = self._database.info.transaction_status != TRANSACTION_STATUS_IDLE
        if not begun:
            self._database.autocommit = False
        self.query("SAVEPOINT rehearsal")
        try:
            for table in tables:
                self.lock(table)
            self._judge_at_once()
            yield
        finally:
            self._forget()
            with contextlib.suppress(psycopg2.Error):
                self._cursor.execute("ROLLBACK TO rehearsal")
                if not begun:
                    self._database.rollback()
                    self._database.autocommit = True

    def _judge_at_once(self) -> None:
        """What would be looked at in the commit, but for references, whose targets may be written later."""
        found = self.query(
            "SELECT DISTINCT conname, connamespace::regnamespace::text FROM pg_constraint"
            " WHERE condeferrable AND contype <> 'f' AND conrelid <> 0 AND pg_table_is_visible(conrelid)"
        )
        if found:
            self.query(f"SET CONSTRAINTS {', '.join(f'{schema}.{quoted(name)}' for name, schema in found)} IMMEDIATE")

    @contextmanager
    def part(self) -> Iterator[None]:
        self.query("SAVEPOINT batch")
        try:
            yield
        except DatabaseFailure:
            self._cursor.execute("ROLLBACK TO batch")
            self._forget()
            raise
        self.query("RELEASE batch")

    def _roll_back(self, *, is_part: bool) -> None:
        if is_part:
            self._cursor.execute("ROLLBACK TO part")
        else:
            self._database.rollback()
            self._be_between()

    def _commit(self) -> None:
        if self._is_pooled:
            for (name,) in self.query(
                "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'"
            ):
                self.query(f"DROP TABLE pg_temp.{quoted(name)}")
        with self.failures():
            try:
                self._database.commit()
            except psycopg2.Error as error:
                if not postgresql.is_lost(error):
                    raise
                raise DatabaseFailure(
                    f"the connection to {self._name} was lost during the commit: whether the rows were imported is"
                    " unknown; it is safe to run the import again"
                ) from error

    def _compress_quickly(self) -> None:
        offered = self.query("SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
        if offered == [(True,)]:
            # Compressing long values is most of the server's work, and lz4 does it in a fraction of the time.
            self.query("SET LOCAL default_toast_compression = 'lz4'")
