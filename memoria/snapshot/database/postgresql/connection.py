"""A PostgreSQL connection of the engine's own, and what a PostgreSQL schema says of itself."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote
from weakref import WeakKeyDictionary

import psycopg2
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import errors

from memoria.snapshot.database import with_way_out
from memoria.snapshot.database.locks import lock_timeout
from memoria.snapshot.database.postgresql import encoding as postgresql_encoding
from memoria.snapshot.database.postgresql import pooler as postgresql_pooler
from memoria.snapshot.database.postgresql import stall as postgresql_stall
from memoria.snapshot.database.postgresql.types import kinds
from memoria.snapshot.errors import DatabaseBusy, DatabaseFailure, ReferenceRefused, RowRefused
from memoria.snapshot.schema.facts import ColumnFacts, Reference, TableFacts

_CONNECT_TIMEOUT = 10
"""Seconds to wait for a server that does not answer."""

_SILENCE_TIMEOUT = 60
"""Seconds after which data that the other side does not acknowledge means that the connection is lost."""
DJANGOS = {"client_encoding", "cursor_factory", "context", "prepare_threshold", "isolation_level"}
"""Parameters that are for Django's own connection."""

_SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "quote_all_identifiers": "off",
    # A connection pooler or a role may set limits meant for a web request.
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "row_security": "off",
    # Rows are sorted by their keys, with long values left where they are: some 1.5 kB a row.
    "work_mem": "64MB",
}

_OF_ROWS = errors.RaiseException | errors.AssertFailure | errors.ProgramLimitExceeded
"""What triggers say of a row, and indexes of one that is too long for them."""

_LIMITS = {"transaction_timeout": 170000, "idle_session_timeout": 140000}
"""Limits that only newer servers have -> since which version."""

BASE_TYPES = """
    WITH RECURSIVE layers (domain, type, modifier) AS (
        SELECT oid, typbasetype, typtypmod FROM pg_type WHERE typtype = 'd'
        UNION ALL
        SELECT l.domain, t.typbasetype, t.typtypmod FROM layers l JOIN pg_type t ON t.oid = l.type AND t.typtype = 'd'
    ), bases AS (SELECT l.* FROM layers l JOIN pg_type t ON t.oid = l.type AND t.typtype <> 'd')
"""
"""What domains are made of, which may be domains themselves: `bases` has each domain, its type and its modifier."""
_COLUMNS = f"""
    {BASE_TYPES}
    SELECT c.relname, a.attname, format_type(m.type, NULL), NOT a.attnotnull,
           CASE WHEN m.type IN ('varchar'::regtype, 'bpchar'::regtype) AND m.modifier > 4 THEN m.modifier - 4 END,
           CASE WHEN m.type = 'numeric'::regtype AND m.modifier >= 4 THEN (((m.modifier - 4) & 2047) # 1024) - 1024
                WHEN m.type IN ('timestamp'::regtype, 'timestamptz'::regtype) AND m.modifier >= 0 THEN m.modifier
                WHEN m.type = 'date'::regtype THEN 0 END,
           a.attgenerated <> '', a.attidentity = 'a',
           CASE WHEN NOT co.collisdeterministic THEN a.attcollation::regcollation::text ELSE '' END,
           a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = ''
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN bases b ON b.domain = a.atttypid
      LEFT JOIN pg_collation co ON co.oid = a.attcollation
      CROSS JOIN LATERAL (SELECT coalesce(b.type, a.atttypid), coalesce(b.modifier, a.atttypmod)) m (type, modifier)
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND pg_table_is_visible(c.oid)
       AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
       AND c.relpersistence <> 't'
     ORDER BY c.relname, a.attnum
"""
_REFERENCES = """
    SELECT DISTINCT child.relname, a.attname, parent.relname, t.attname, NOT a.attnotnull
      FROM pg_constraint f
      JOIN pg_class child ON child.oid = f.conrelid AND pg_table_is_visible(child.oid)
      JOIN pg_class parent ON parent.oid = f.confrelid AND pg_table_is_visible(parent.oid)
      JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
      JOIN pg_attribute t ON t.attrelid = f.confrelid AND t.attnum = f.confkey[1]
     WHERE f.contype = 'f' AND cardinality(f.conkey) = 1
     ORDER BY 1, 2, 3
"""
_UNSEEN_REFERENCES = """
    SELECT DISTINCT parent.relname, f.conrelid::regclass::text
      FROM pg_constraint f
      JOIN pg_class parent ON parent.oid = f.confrelid AND pg_table_is_visible(parent.oid)
     WHERE f.contype = 'f' AND f.conrelid <> f.confrelid
       AND (NOT pg_table_is_visible(f.conrelid) OR cardinality(f.conkey) > 1)
     ORDER BY 1, 2
"""
_UNIQUES = """
    SELECT DISTINCT c.relname, array_agg(a.attname::text ORDER BY k.position)
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indrelid AND pg_table_is_visible(c.oid)
      CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (number, position)
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
     WHERE i.indisunique AND NOT i.indisprimary AND i.indpred IS NULL AND i.indexprs IS NULL
       AND k.position <= i.indnkeyatts AND c.relnamespace <> 'pg_catalog'::regnamespace
     GROUP BY c.relname, i.indexrelid
     ORDER BY 1, 2
"""
# Rows of tables that inherit are read with a table, and stand in none of its indexes.
_DISTINCT = """
    SELECT DISTINCT c.relname, a.attname
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indrelid AND pg_table_is_visible(c.oid)
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
     WHERE i.indisunique AND i.indisvalid AND i.indimmediate AND i.indnkeyatts = 1 AND i.indpred IS NULL
       AND i.indexprs IS NULL AND c.relnamespace <> 'pg_catalog'::regnamespace
       AND NOT (c.relkind = 'r' AND EXISTS (SELECT 1 FROM pg_inherits h WHERE h.inhparent = c.oid))
"""
_CHILDREN = """
    SELECT p.relname, string_agg(i.inhrelid::regclass::text, ', ' ORDER BY i.inhrelid::regclass::text)
      FROM pg_inherits i
      JOIN pg_class p ON p.oid = i.inhparent AND p.relkind = 'r' AND pg_table_is_visible(p.oid)
     GROUP BY p.relname
"""
# A table is locked against other writers, for which the privilege to INSERT alone is not enough.
_FORBIDDEN = """
    SELECT c.relname, array_agg(p.action)
      FROM pg_class c,
           (VALUES ('INSERT', 'INSERT'), ('UPDATE', 'UPDATE'), ('DELETE', 'DELETE'),
                   ('LOCK', 'UPDATE, DELETE, TRUNCATE')) AS p (action, privilege)
     WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid) AND c.relnamespace <> 'pg_catalog'::regnamespace
       AND NOT has_table_privilege(c.oid, p.privilege)
     GROUP BY c.relname
"""
# Its owner restarts it, anybody else sets it.
_SEQUENCES = """
    SELECT c.relname, min(s.oid::regclass::text)
      FROM pg_depend d
      JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
      JOIN pg_class c ON c.oid = d.refobjid AND pg_table_is_visible(c.oid)
      JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary AND i.indkey[0] = d.refobjsubid
     WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
       AND NOT (pg_has_role(s.relowner, 'USAGE')
                OR has_sequence_privilege(s.oid, 'SELECT') AND has_sequence_privilege(s.oid, 'UPDATE'))
     GROUP BY c.relname
"""
# Those that Memoria makes fill search_vector, which is derived.
_TRIGGERS = """
    SELECT relname, array_agg(name ORDER BY name) FROM (
        SELECT c.relname, t.tgname::text AS name
          FROM pg_trigger t
          JOIN pg_class c ON c.oid = t.tgrelid AND pg_table_is_visible(c.oid)
          JOIN pg_proc f ON f.oid = t.tgfoid
         WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype::integer & 28 <> 0
           AND f.proname !~ '^update_.+_search_vector$' AND f.proname !~ '^tsvector_update_trigger'
        UNION ALL
        SELECT c.relname, r.rulename || ' (a rule)'
          FROM pg_rewrite r
          JOIN pg_class c ON c.oid = r.ev_class AND pg_table_is_visible(c.oid)
         WHERE c.relkind IN ('r', 'p') AND r.ev_enabled IN ('O', 'A')
           AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    ) found
     GROUP BY relname
"""
# What a column tells of itself is not here: its type and length, NOT NULL, one value once only.
_RULES = f"""
    {BASE_TYPES},
    tables AS (
        SELECT * FROM pg_class WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid)
           AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    ), columns AS (
        SELECT c.relname, a.*, coalesce(b.type, a.atttypid) AS base, coalesce(b.modifier, a.atttypmod) AS modifier
          FROM tables c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          LEFT JOIN bases b ON b.domain = a.atttypid
    )
    SELECT relname, array_agg(DISTINCT rule ORDER BY rule) FROM (
        SELECT c.relname, k.conname::text AS rule
          FROM tables c
          JOIN pg_constraint k ON k.conrelid = c.oid
         WHERE k.contype IN ('c', 'x') OR k.contype = 'f' AND cardinality(k.conkey) > 1
        UNION ALL
        SELECT c.relname, i.indexrelid::regclass::text
          FROM tables c
          JOIN pg_index i ON i.indrelid = c.oid AND i.indisunique
         WHERE i.indpred IS NOT NULL OR i.indexprs IS NOT NULL OR to_jsonb(i) ->> 'indnullsnotdistinct' = 'true'
        UNION ALL
        SELECT a.relname, i.indexrelid::regclass::text
          FROM columns a
          JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisunique AND a.attnum = ANY (i.indkey)
          LEFT JOIN pg_collation l ON l.oid = a.attcollation
         WHERE NOT l.collisdeterministic OR a.base NOT IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype,
                              'bigint'::regtype, 'integer'::regtype, 'smallint'::regtype)
        UNION ALL
        SELECT a.relname, k.conname::text
          FROM columns a
          JOIN (SELECT domain, domain AS type FROM layers UNION SELECT domain, type FROM layers) d
            ON d.domain = a.atttypid
          JOIN pg_constraint k ON k.contypid = d.type
        UNION ALL
        SELECT a.relname, format('%s %s', a.attname, format_type(a.base, a.modifier))
          FROM columns a
         WHERE a.base = 'numeric'::regtype AND a.modifier >= 4 OR a.attgenerated <> '' AND a.base <> 'tsvector'::regtype
        UNION ALL
        SELECT relname, 'its partitions' FROM tables WHERE relkind = 'p'
    ) found
     GROUP BY relname
"""
_INDEXED = """
    SELECT DISTINCT c.relname, a.attname
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indrelid AND pg_table_is_visible(c.oid)
      JOIN pg_class x ON x.oid = i.indexrelid
      JOIN pg_am m ON m.oid = x.relam AND m.amname = 'btree'
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
     WHERE a.atttypid IN ('text'::regtype, 'varchar'::regtype) AND a.atttypmod < 0
       AND c.relnamespace <> 'pg_catalog'::regnamespace
"""
_ELSEWHERE = """
    SELECT lower(c.relname), c.relname, n.nspname, c.relkind IN ('v', 'm', 'f'), pg_table_is_visible(c.oid),
           array_position(current_schemas(false), n.nspname)
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
       AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
     ORDER BY pg_table_is_visible(c.oid), n.nspname DESC
"""


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def failures(name: str) -> Iterator[None]:
    """Turn the driver's errors into the engine's."""
    try:
        yield
    except psycopg2.Error as error:
        raise _translated(error, name) from error


def _translated(error: psycopg2.Error, name: str) -> DatabaseFailure:
    text = (error.diag.message_primary or str(error).strip().partition("\n")[0]).strip()
    if isinstance(error, errors.DeadlockDetected | errors.SerializationFailure):
        return DatabaseBusy(f"{name} is in use by another transaction ({text}); nothing was changed, try again")
    if isinstance(error, errors.LockNotAvailable):
        return DatabaseBusy(f"{name} is locked by another transaction; try again when it is done")
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return DatabaseFailure(f"{name} is read-only{_of_standby(error)}")
    if isinstance(error, errors.DiskFull):
        return DatabaseFailure(f"{name}: the server has no space left on its disk; nothing was changed")
    if is_lost(error):
        reason = "" if "libpq" in text or "invalid socket" in text else f" ({text})"
        return DatabaseFailure(f"the connection to {name} was lost{reason}; nothing was changed")
    if isinstance(error, errors.InsufficientPrivilege):
        # Also of rows that a policy would hide, which must not pass for none.
        return DatabaseFailure(f"{name}: {text}: name a role in the URL that may, or GRANT it what it lacks")
    detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
    if isinstance(error, errors.ForeignKeyViolation):
        return ReferenceRefused(name, text, detail)
    if isinstance(error, psycopg2.IntegrityError | psycopg2.DataError | _OF_ROWS):
        return RowRefused(name, text, detail)
    return DatabaseFailure(f"{name}: {text}{detail}")


def _of_standby(error: psycopg2.Error) -> str:
    """What a server in recovery tells of itself with every connection, since PostgreSQL 14."""
    status = error.cursor.connection.info.parameter_status("in_hot_standby") if error.cursor else None
    return " (a hot standby): name the primary" if status == "on" else ""


def is_lost(error: psycopg2.Error) -> bool:
    """Whether the connection is gone: cut on the way, or ended by the server."""
    if error.pgcode is None:
        # What psycopg2 says of a COPY that ended in the middle.
        return "no message from the libpq" in str(error) or isinstance(
            error, psycopg2.OperationalError | psycopg2.InterfaceError
        )
    return error.pgcode.startswith(("08", "57P0"))


def connect(connection: BaseDatabaseWrapper, name: str) -> Any:
    """A connection beside Django's, whose settings make every value's text the same on every server.

    It has a session of its own: a pooler that would give that to others is a DatabaseFailure.
    """
    database = _opened(connection, name)
    with failures(name), database.cursor() as cursor:
        if postgresql_pooler.is_between(database):
            postgresql_pooler.require_session(database, lambda: _opened(connection, name), name)
        _settle(cursor, local=False)
        database.watch(_options(connection))
    database.commit()
    return database


def lent(connection: BaseDatabaseWrapper, name: str) -> tuple[Any, bool]:
    """As `connect`, and whether a pooler is between: the settings then are those of one transaction, begun by `begin`,
    and nothing may outlast it."""
    database = _opened(connection, name)
    with failures(name), database.cursor() as cursor:
        if postgresql_pooler.is_between(database):
            return database, True
        _settle(cursor, local=False)
        database.watch(_options(connection))
    database.commit()
    return database, False


def begin(database: Any, connection: BaseDatabaseWrapper, name: str) -> None:
    """A transaction behind a pooler; what is set ends with it."""
    postgresql_pooler.require_transactions(database, name)
    with failures(name), database.cursor() as cursor:
        _settle(cursor, local=True)
        database.watch(_options(connection))


def close(database: Any) -> None:
    """A pooler gives up the server's session of a client that leaves in the middle of a transaction."""
    with contextlib.suppress(psycopg2.Error):
        database.rollback()
    database.close()


def _options(connection: BaseDatabaseWrapper) -> dict[str, Any]:
    """What libpq is told."""
    options = {key: value for key, value in connection.get_connection_params().items() if key not in DJANGOS}
    options.setdefault("connect_timeout", _CONNECT_TIMEOUT)
    options.setdefault("tcp_user_timeout", _SILENCE_TIMEOUT * 1000)
    options.setdefault("keepalives_idle", 30)
    options.setdefault("application_name", "memoria")
    return options


def _opened(connection: BaseDatabaseWrapper, name: str) -> Any:
    try:
        # The driver learns of an encoding only when it connects.
        database = psycopg2.connect(
            **_options(connection),
            client_encoding="UTF8",
            connection_factory=postgresql_stall.Connection,
            cursor_factory=postgresql_stall.Cursor,
        )
    except psycopg2.Error as error:
        password = connection.get_connection_params().get("password")
        raise DatabaseFailure(f"cannot connect to {name}: {_refusal(error, password)}") from None
    with failures(name):
        postgresql_encoding.settle(database)
    return database


def _settle(cursor: Any, *, local: bool) -> None:
    version = cursor.connection.server_version
    newer = {limit: "0" for limit, since in _LIMITS.items() if version >= since}
    timeout = {"lock_timeout": f"{lock_timeout() * 1000:.0f}ms"}
    scope = "LOCAL" if local else "SESSION"
    for setting, value in (_SETTINGS | timeout | newer).items():
        cursor.execute(f"SET {scope} {quoted(setting)} = %s", (value,))


def _refusal(error: psycopg2.Error, password: str | None) -> str:
    """Why a server let nobody in, out of libpq's lines, of which each address that was tried has one or two."""
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("\t")]
    text = with_way_out((lines[-1].partition("FATAL:")[2] or lines[-1].rpartition(" failed: ")[2]).strip())
    return text.replace(password, "***") if password else text


_threads: WeakKeyDictionary[Any, ThreadPoolExecutor] = WeakKeyDictionary()
"""The thread of each connection, which ends with it: hundreds of short statements need not start one each."""


def waited_for(cursor: Any, work: Callable[..., object], *arguments: Any) -> None:
    """Do work that may wait for the server, for a lock or an index, so that a signal ends it.

    The driver is deaf to signals while it waits, or takes them for a failure of its own; a thread that waits for
    another is not.
    """
    connection = cursor.connection
    if connection not in _threads:
        _threads[connection] = ThreadPoolExecutor(1)
    running = _threads[connection].submit(work, *arguments)
    try:
        while not running.done():  # looking up now and then, because a signal may reach another thread
            wait([running], timeout=0.2)
        running.result()
    except BaseException:
        if not running.done():
            with contextlib.suppress(psycopg2.Error):
                connection.cancel()
            wait([running])
        raise


@contextmanager
def quiet_driver() -> Iterator[None]:
    """psycopg2 prints an error that ends a COPY, as if nobody would take it, and raises it all the same."""
    hook, sys.excepthook = sys.excepthook, lambda *error: None
    try:
        yield
    finally:
        sys.excepthook = hook


def facts(cursor: Any) -> dict[str, TableFacts]:
    """All tables on the search path."""
    columns: dict[str, dict[str, ColumnFacts]] = {}
    counts_bytes = postgresql_encoding.of(cursor.connection) == postgresql_encoding.NONE
    cursor.execute(_INDEXED)
    indexed = set(cursor.fetchall())
    cursor.execute(_COLUMNS)
    encoding = postgresql_encoding.codec(cursor.connection)
    for table, name, type, null, length, decimals, derived, numbered, collation, required in cursor.fetchall():
        columns.setdefault(table, {})[name] = ColumnFacts(
            name,
            type,
            null,
            max_length=length,
            integer_bits={"smallint": 16, "integer": 32}.get(type, 64),
            single_precision=type == "real",
            decimals=decimals,
            holds_nul=False,
            kinds=kinds(type),
            padded=type == "character" and length is not None,
            derived=derived,
            numbered=numbered,
            encoding=encoding,
            collation=collation or "",
            required=required,
            counts_bytes=counts_bytes,
            indexed=(table, name) in indexed,
        )
    references: dict[str, list[Reference]] = {}
    cursor.execute(_REFERENCES)
    for row in cursor.fetchall():
        references.setdefault(row[0], []).append(Reference(*row))
    unseen: dict[str, list[str]] = {}
    cursor.execute(_UNSEEN_REFERENCES)
    for parent, child in cursor.fetchall():
        unseen.setdefault(parent, []).append(child)
    uniques: dict[str, list[tuple[str, ...]]] = {}
    cursor.execute(_UNIQUES)
    for table, together in cursor.fetchall():
        uniques.setdefault(table, []).append(tuple(together))
    distinct: dict[str, set[str]] = {}
    cursor.execute(_DISTINCT)
    for table, column in cursor.fetchall():
        distinct.setdefault(table, set()).add(column)
    cursor.execute(_CHILDREN)
    children = dict(cursor.fetchall())
    cursor.execute(_FORBIDDEN)
    forbidden = dict(cursor.fetchall())
    cursor.execute(_SEQUENCES)
    sequences = dict(cursor.fetchall())
    cursor.execute(_RULES)
    rules = dict(cursor.fetchall())
    cursor.execute(_TRIGGERS)
    triggers = dict(cursor.fetchall())
    return {
        table: TableFacts(
            table,
            found,
            tuple(references.get(table, ())),
            tuple(unseen.get(table, ())),
            tuple(uniques.get(table, ())),
            frozenset(distinct.get(table, ())),
            f"the table {children[table]} inherits from it, whose rows would be changed as well: end that with"
            " ALTER TABLE … NO INHERIT first"
            if table in children
            else "",
            tuple(triggers.get(table, ())),
            forbidden=frozenset(forbidden.get(table, ())),
            rules=tuple(rules.get(table, ())),
            sequence=sequences.get(table, ""),
        )
        for table, found in columns.items()
    }


def _on_path(schemas: Sequence[str]) -> str:
    """libpq's option that names schemas, as a URL spells it."""
    names = (name if re.fullmatch("[a-z_][a-z0-9_$]*", name) else quoted(name) for name in schemas)
    escaped = re.sub(r"([\\ ])", r"\\\1", ",".join(names))
    return quote(f"-csearch_path={escaped}", safe="-")


def elsewhere(cursor: Any) -> dict[str, str]:
    """Name in lower case -> why what is called so is none of the tables of `facts`, and the way out."""
    cursor.execute(_ELSEWHERE)
    found: dict[str, str] = {}
    rows = cursor.fetchall()
    used = dict(sorted({(place, schema) for _, _, schema, _, visible, place in rows if visible}))
    for name, actual, schema, is_view, visible, place in rows:
        if not visible and place is None:
            path = f"is in the schema {schema}, which is not on the search path"
            found[name] = f"{path}: add ?options={_on_path([*used.values(), schema])} to the URL"
        elif not visible:
            continue  # it is hidden by one of the same name, which counts
        elif is_view:
            found[name] = (
                "is a view, whose rows are those of other tables: leave it out by naming the others with --table"
            )
        elif actual != name:
            found[name] = f"is called {actual}: rename it"
    return found
