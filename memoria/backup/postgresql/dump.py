"""PostgreSQL databases through pg_dump, and the digests of what they hold, both of one moment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import extensions

from memoria.backup.postgresql.programs import output, program, require_version
from memoria.backup.postgresql.properties import properties
from memoria.backup.store.destination import CUSTOM
from memoria.backup.store.digests import Contents, Counted, UnorderedDigest, of_names
from memoria.backup.store.properties import Properties
from memoria.snapshot.database.locks import lock_timeout
from memoria.snapshot.database.postgresql import pooler as postgresql_pooler
from memoria.snapshot.database.postgresql.connection import DJANGOS, connect, failures, quiet_driver, waited_for
from memoria.snapshot.database.sql import quoted
from memoria.snapshot.errors import DatabaseFailure

Emit = Callable[[bytes], None]

_SESSION = "-c TimeZone=UTC -c bytea_output=hex -c xmlbinary=base64 -c quote_all_identifiers=off"
"""So that pg_dump writes rows and names as the same text as our own session."""
OF_USERS_SCHEMAS = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"


def not_of_extension(catalogue: str, oid: str) -> str:
    found = f"d.classid = '{catalogue}'::regclass AND d.objid = {oid} AND d.deptype = 'e'"
    return f"NOT EXISTS (SELECT 1 FROM pg_depend d WHERE {found})"


_TABLES = f"""
    SELECT format('%I.%I', n.nspname, c.relname),
           (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND {OF_USERS_SCHEMAS}
       AND {not_of_extension("pg_class", "c.oid")}
     ORDER BY 1
"""
_KINDS = {"i": "index", "I": "index", "v": "view", "m": "materialized view", "S": "sequence", "f": "foreign table"}
_OBJECTS = f"""
    SELECT c.relkind::text, format('%I.%I', n.nspname, c.relname)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('i', 'I', 'v', 'm', 'S', 'f', 'p') AND c.relpersistence <> 't' AND {OF_USERS_SCHEMAS}
       AND {not_of_extension("pg_class", "c.oid")}
    UNION ALL
    SELECT 'constraint', format('%I.%I %I', n.nspname, coalesce(c.relname, ''), k.conname)
      FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace LEFT JOIN pg_class c ON c.oid = k.conrelid
     WHERE k.contype <> 'n' AND {OF_USERS_SCHEMAS} AND {not_of_extension("pg_constraint", "k.oid")}
    UNION ALL
    SELECT 'trigger', format('%I.%I %I', n.nspname, c.relname, t.tgname)
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE NOT t.tgisinternal AND {OF_USERS_SCHEMAS}
    UNION ALL
    SELECT 'function', format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE {OF_USERS_SCHEMAS} AND {not_of_extension("pg_proc", "p.oid")}
    UNION ALL
    SELECT 'type', format('%I.%I', n.nspname, t.typname)
      FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
     WHERE t.typtype IN ('d', 'e', 'r') AND {OF_USERS_SCHEMAS} AND {not_of_extension("pg_type", "t.oid")}
    UNION ALL
    SELECT 'large object', oid::text FROM pg_largeobject_metadata
    UNION ALL
    SELECT 'extension', quote_ident(extname) FROM pg_extension WHERE extname <> 'plpgsql'
    UNION ALL
    SELECT 'schema', quote_ident(n.nspname) FROM pg_namespace n
     WHERE n.nspname <> 'public' AND {OF_USERS_SCHEMAS} AND {not_of_extension("pg_namespace", "n.oid")}
"""


@contextmanager
def moment(connection: BaseDatabaseWrapper, name: str) -> Iterator[Any]:
    """A cursor that sees the database as it is now, for as long as the block lasts; nobody waits for it."""
    with closing(connect(connection, name)) as session, failures(name):
        session.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with session.cursor() as cursor:
            cursor.execute("SET LOCAL search_path = ''")
            yield cursor


def version(cursor: Any) -> int:
    """The server's major version."""
    return int(cursor.connection.server_version) // 10000


def contents(cursor: Any, *, digests: bool = True) -> Contents:
    """What the cursor's moment holds; only numbers of rows without `digests`."""
    cursor.execute(_TABLES)
    tables = {
        table: _digest(cursor, table, columns or []) if digests else _count(cursor, table)
        for table, columns in cursor.fetchall()
    }
    kinds: dict[str, list[str]] = {}
    cursor.execute(_OBJECTS)
    for kind, name in cursor.fetchall():
        kinds.setdefault("partitioned table" if kind == "p" else _KINDS.get(kind, kind), []).append(name)
    return Contents(tables, {kind: of_names(names) for kind, names in sorted(kinds.items())})


def _count(cursor: Any, table: str) -> Counted:
    cursor.execute(f"SELECT count(*) FROM ONLY {table}")
    return Counted(int(cursor.fetchone()[0]))


def _digest(cursor: Any, table: str, columns: list[str]) -> Counted:
    digest = UnorderedDigest()
    listed = f" ({', '.join(map(quoted, columns))})" if columns else ""
    with quiet_driver():
        waited_for(cursor, cursor.copy_expert, f"COPY {table}{listed} TO STDOUT", digest)
    return digest.counted()


def dump(
    connection: BaseDatabaseWrapper, name: str, kind: str, emit: Emit, *, digests: bool, silence: float
) -> tuple[Contents, str, Properties]:
    """Emit what pg_dump writes; returns what the database held at that moment, the server's version, and what pg_dump
    leaves out.

    A client that is older than the server, or fails, or says nothing for `silence` seconds, is a DatabaseFailure.
    """
    with moment(connection, name) as cursor:
        path = program("pg_dump")
        require_version(path, version(cursor))
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        found = contents(cursor, digests=False)
        wait = f"--lock-wait-timeout={lock_timeout() * 1000:.0f}"
        shape = ["--format=custom" if kind == CUSTOM else "--format=plain", "--encoding=UTF8", "--no-password"]
        is_pooled = postgresql_pooler.serves(cursor)
        settings, secret = client_settings(connection, is_pooled=is_pooled)
        arguments = [path, *shape, f"--snapshot={snapshot}", wait, f"--dbname={settings}"]
        known = environment(secret) | ({"PGTZ": "UTC"} if is_pooled else {})
        with output(arguments, environment=known, silence=silence, secret=secret) as chunks:
            for chunk in chunks:
                emit(chunk)
        if digests:
            found = contents(cursor)
        cursor.execute("SHOW server_version")
        return found, str(cursor.fetchone()[0]).split()[0], properties(cursor)


def client_settings(connection: BaseDatabaseWrapper, *, is_pooled: bool = False) -> tuple[str, str]:
    """What a client program is told on its command line to reach the database, and the password, which it is not.

    Poolers refuse options.
    """
    parameters = connection.get_connection_params()
    if "sslpassword" in parameters:
        raise DatabaseFailure("sslpassword cannot be handed to pg_dump: use a key file that needs none, mode 0600")
    options = {key: value for key, value in parameters.items() if key not in {*DJANGOS, "password"}}
    # Given on the command line, they hide those of the environment, which our own session has.
    inherited = options.get("options") or os.environ.get("PGOPTIONS", "")
    if not is_pooled:
        options["options"] = f"{inherited} {_SESSION}".strip()
    options.setdefault("connect_timeout", 10)
    options.setdefault("application_name", "memoria")
    return str(extensions.make_dsn(**options)), str(parameters.get("password") or "")


def environment(secret: str) -> dict[str, str]:
    """For client programs: the password, which other users can read in no command line."""
    return {"PGPASSWORD": secret} if secret else {}


def create_database(cursor: Any, name: str, like: Properties | None = None) -> None:
    """An empty database of the encoding and locale of another: the one at hand, unless one is given."""
    like = like or properties(cursor)
    parts = [f"CREATE DATABASE {quoted(name)} TEMPLATE template0 ENCODING %s LC_COLLATE %s LC_CTYPE %s"]
    values = [like.encoding, like.collate, like.ctype]
    if like.provider == "i" and like.locale:
        parts.append("LOCALE_PROVIDER icu ICU_LOCALE %s")
        values.append(like.locale)
    elif like.provider == "b" and like.locale:
        parts.append("LOCALE_PROVIDER builtin BUILTIN_LOCALE %s")
        values.append(like.locale)
    cursor.execute(" ".join(parts), values)
