"""Asks a PostgreSQL database what its tables are, and what they ask of a row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from memoria.snapshot.database.postgresql import encoding as postgresql_encoding
from memoria.snapshot.database.postgresql.types import kinds
from memoria.snapshot.database.sql import quoted
from memoria.snapshot.remedy import Remedy
from memoria.snapshot.schema.facts import ColumnFacts, Reference, TableFacts

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


def facts(cursor: Any) -> dict[str, TableFacts]:
    """All tables on the search path."""
    references: dict[str, list[Reference]] = {}
    for row in _rows(cursor, _REFERENCES):
        references.setdefault(row[0], []).append(Reference(*row))
    unseen, distinct = _of_each(cursor, _UNSEEN_REFERENCES), _of_each(cursor, _DISTINCT)
    uniques = _of_each(cursor, _UNIQUES)
    children, forbidden, sequences = (dict(_rows(cursor, sql)) for sql in (_CHILDREN, _FORBIDDEN, _SEQUENCES))
    rules, triggers = (dict(_rows(cursor, sql)) for sql in (_RULES, _TRIGGERS))
    return {
        table: TableFacts(
            table,
            found,
            tuple(references.get(table, ())),
            tuple(unseen.get(table, ())),
            tuple(map(tuple, uniques.get(table, ()))),
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
        for table, found in _columns(cursor).items()
    }


def _columns(cursor: Any) -> dict[str, dict[str, ColumnFacts]]:
    """Table -> column -> what it can hold."""
    columns: dict[str, dict[str, ColumnFacts]] = {}
    counts_bytes = postgresql_encoding.of(cursor.connection) == postgresql_encoding.NONE
    indexed = set(_rows(cursor, _INDEXED))
    encoding = postgresql_encoding.codec(cursor.connection)
    for table, name, type, null, length, decimals, derived, numbered, collation, required in _rows(cursor, _COLUMNS):
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
    return columns


def _rows(cursor: Any, sql: str) -> list[tuple[Any, ...]]:
    cursor.execute(sql)
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _of_each(cursor: Any, sql: str) -> dict[str, list[Any]]:
    """Table -> the values that the query has for it, of rows that are a table and a value."""
    found: dict[str, list[Any]] = {}
    for table, value in _rows(cursor, sql):
        found.setdefault(table, []).append(value)
    return found


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
                "is a view, whose rows are those of other tables: leave it out by naming the others with"
                f" {Remedy.NAME_TABLES}"
            )
        elif actual != name:
            found[name] = f"is called {actual}: rename it"
    return found
