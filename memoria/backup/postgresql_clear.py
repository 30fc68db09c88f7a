"""All that a restore brings back is dropped first, in the restore's own transaction."""

from __future__ import annotations

from typing import Any

from memoria.backup.postgresql import OF_USERS_SCHEMAS, not_of_extension
from memoria.snapshot.database.postgresql import waited_for

_DROPS = f"""
    SELECT 1, format('DROP PUBLICATION %I', pubname) FROM pg_publication
    UNION ALL
    SELECT 2, format('DROP EVENT TRIGGER %I CASCADE', e.evtname) FROM pg_event_trigger e
     WHERE {not_of_extension("pg_event_trigger", "e.oid")}
    UNION ALL
    SELECT 3, format('DROP SCHEMA %I CASCADE', n.nspname) FROM pg_namespace n
     WHERE n.nspname <> 'public' AND {OF_USERS_SCHEMAS} AND {not_of_extension("pg_namespace", "n.oid")}
    UNION ALL
    SELECT CASE c.relkind WHEN 'S' THEN 5 ELSE 4 END,
           format('DROP %s IF EXISTS public.%I CASCADE', CASE c.relkind WHEN 'v' THEN 'VIEW'
                  WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE'
                  WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, c.relname)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
       AND {not_of_extension("pg_class", "c.oid")}
    UNION ALL
    SELECT 6, format('DROP ROUTINE IF EXISTS public.%I(%s) CASCADE', p.proname,
                     pg_get_function_identity_arguments(p.oid))
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname = 'public' AND {not_of_extension("pg_proc", "p.oid")}
    UNION ALL
    SELECT 7, format('DROP TYPE IF EXISTS public.%I CASCADE', t.typname)
      FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
     WHERE n.nspname = 'public' AND t.typtype IN ('d', 'e', 'r') AND {not_of_extension("pg_type", "t.oid")}
    UNION ALL
    SELECT 8, format('SELECT lo_unlink(%s)', oid) FROM pg_largeobject_metadata
     ORDER BY 1, 2
"""
"""In this order: a table takes the sequences that belong to its columns along."""


def clear(cursor: Any) -> None:
    """Drop everything of the users'; extensions stay. Waits for locks as long as the session's lock_timeout."""
    cursor.execute("SET LOCAL client_min_messages = warning")
    cursor.execute(_DROPS)
    for _, statement in cursor.fetchall():
        waited_for(cursor, cursor.execute, statement)
