"""All that a restore brings back is dropped first, in the restore's own transaction."""

from __future__ import annotations

from typing import Any

from memoria.backup.postgresql.dump import OF_USERS_SCHEMAS
from memoria.backup.postgresql.properties import reset
from memoria.snapshot.database.postgresql.connection import waited_for
from memoria.snapshot.errors import DatabaseFailure

_OF_THE_DATABASE = (
    "pg_publication",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_cast",
    "pg_transform",
    "pg_language",
    "pg_am",
)
_IN_PUBLIC = {
    "pg_proc": "pronamespace",
    "pg_type": "typnamespace",
    "pg_operator": "oprnamespace",
    "pg_opclass": "opcnamespace",
    "pg_opfamily": "opfnamespace",
    "pg_ts_config": "cfgnamespace",
    "pg_ts_dict": "dictnamespace",
    "pg_ts_parser": "prsnamespace",
    "pg_ts_template": "tmplnamespace",
    "pg_conversion": "connamespace",
    "pg_collation": "collnamespace",
}
"""Catalogue -> its column for the schema."""
_FIRST_OF_USERS = 16384
"""Below are the numbers of the server's own objects."""


def _all_of(rank: int, catalogue: str, condition: str = "true") -> str:
    return f"""
        SELECT {rank}, '{catalogue}'::regclass, o.oid FROM {catalogue} o
         WHERE o.oid >= {_FIRST_OF_USERS} AND {condition}"""


_FOUND = "\n        UNION ALL".join(
    [
        _all_of(0, "pg_event_trigger"),  # first: the others' drops would fire it
        *(_all_of(1, catalogue) for catalogue in _OF_THE_DATABASE),
        f"""
        SELECT 2, 'pg_namespace'::regclass, n.oid FROM pg_namespace n
         WHERE n.nspname <> 'public' AND {OF_USERS_SCHEMAS}""",
        _all_of(3, "pg_class", "o.relnamespace = to_regnamespace('public') AND o.relkind IN ('r', 'p', 'v', 'm', 'f')"),
        _all_of(4, "pg_class", "o.relnamespace = to_regnamespace('public') AND o.relkind = 'S'"),
        *(_all_of(5, catalogue, f"o.{schema} = to_regnamespace('public')") for catalogue, schema in _IN_PUBLIC.items()),
    ]
)
_DROPS = f"""
    SELECT CASE i.type WHEN 'foreign-data wrapper' THEN 'foreign data wrapper'
                       WHEN 'function' THEN 'routine' WHEN 'procedure' THEN 'routine' WHEN 'aggregate' THEN 'routine'
                       ELSE i.type END, i.identity
      FROM ({_FOUND}
           ) AS found (rank, catalogue, object), pg_identify_object(found.catalogue, found.object, 0) AS i
     WHERE i.identity IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM pg_depend d
                WHERE d.classid = found.catalogue AND d.objid = found.object AND d.objsubid = 0
                  AND d.deptype IN ('e', 'i'))
     ORDER BY found.rank, i.identity
"""
"""In this order: a table takes the sequences that belong to its columns along. What belongs to an extension stays, and
what is part of another object, as the constructors of a range type are, goes with that."""


def clear(cursor: Any) -> None:
    """Drop everything of the users'; extensions stay. Waits for locks as long as the session's lock_timeout."""
    cursor.execute("SET LOCAL client_min_messages = warning")
    _require_no_subscription(cursor)
    cursor.execute(_DROPS)
    for kind, identity in cursor.fetchall():
        waited_for(cursor, cursor.execute, f"DROP {kind} IF EXISTS {identity} CASCADE")
    cursor.execute("SELECT lo_unlink(oid) FROM pg_largeobject_metadata")
    reset(cursor)


def _require_no_subscription(cursor: Any) -> None:
    """To drop one, the server asks the publisher to drop its slot, and that is no part of a transaction."""
    cursor.execute(
        "SELECT subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid"
        " WHERE d.datname = current_database() ORDER BY 1"
    )
    if found := [name for (name,) in cursor.fetchall()]:
        raise DatabaseFailure(
            f"the database subscribes to another one ({', '.join(found)}): drop that first, with DROP SUBSCRIPTION;"
            " nothing was changed"
        )
