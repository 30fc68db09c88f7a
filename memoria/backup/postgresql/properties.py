"""Reads what belongs to a database itself, and brings it back; before a restore, all that would add to it is undone.

pg_dump writes privileges as differences from what a new database has. So whatever the target has beyond that, default
privileges and those of the schema public, has to go before: it would open restored tables to people who could not read
them before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg2

from memoria.backup.store.properties import Privilege, Properties, Setting
from memoria.snapshot.database.sql import quoted

_KINDS = {"r": "TABLES", "S": "SEQUENCES", "f": "FUNCTIONS", "T": "TYPES", "n": "SCHEMAS", "L": "LARGE OBJECTS"}
_OF_PUBLIC = {"f": "EXECUTE", "T": "USAGE"}
"""What everybody may do with new objects unless default privileges say otherwise."""
_LISTS = {"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"}
"""Settings whose values are lists of names."""
_DATABASE = """
    SELECT to_jsonb(d), pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding),
           coalesce(shobj_description(d.oid, 'pg_database'), '')
      FROM pg_database d WHERE datname = current_database()
"""
_SETTINGS = """
    SELECT coalesce(r.rolname, ''), split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)
      FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c
     WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND (s.setrole = 0 OR r.rolname IS NOT NULL)
     ORDER BY 1, 2
"""
_PRIVILEGES = """
    SELECT coalesce(r.rolname, ''), a.privilege_type, a.is_grantable
      FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
      LEFT JOIN pg_roles r ON r.oid = a.grantee
     WHERE d.datname = current_database() AND (a.grantee = 0 OR r.rolname IS NOT NULL)
     ORDER BY 1, 2
"""
_DEFAULTS = """
    SELECT pg_get_userbyid(d.defaclrole), n.nspname, d.defaclobjtype,
           array_agg(DISTINCT CASE a.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(a.grantee)::text END)
      FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a
     GROUP BY d.oid, d.defaclrole, n.nspname, d.defaclobjtype
     ORDER BY 1, 2, 3
"""
_PUBLIC = """
    SELECT coalesce(r.rolname, ''), a.privilege_type, a.is_grantable
      FROM aclexplode({}) a LEFT JOIN pg_roles r ON r.oid = a.grantee
     WHERE a.grantee = 0 OR r.rolname IS NOT NULL
     ORDER BY 1, 2
"""
_NOW = "(SELECT coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace WHERE nspname = 'public')"
_FIRST = """(SELECT coalesce(i.initprivs, acldefault('n', n.nspowner)) FROM pg_namespace n
    LEFT JOIN pg_init_privs i ON i.objoid = n.oid AND i.classoid = 'pg_namespace'::regclass AND i.objsubid = 0
    WHERE n.nspname = 'public')"""


def properties(cursor: Any) -> Properties:
    """Of the database that the cursor is connected to."""
    cursor.execute(_DATABASE)
    row, owner, encoding, comment = cursor.fetchone()
    cursor.execute(_SETTINGS)
    settings = [Setting(*found) for found in cursor.fetchall()]
    return Properties(
        owner=owner,
        settings=settings,
        privileges=_privileges(cursor, _PRIVILEGES),
        comment=comment,
        connection_limit=row["datconnlimit"],
        encoding=encoding,
        collate=row["datcollate"],
        ctype=row["datctype"],
        provider=row.get("datlocprovider", "c"),
        locale=row.get("datlocale") or row.get("daticulocale") or "",
    )


def _privileges(cursor: Any, sql: str) -> list[Privilege]:
    cursor.execute(sql)
    return sorted(Privilege(*found) for found in cursor.fetchall())


def reset(cursor: Any) -> None:
    """As in a new database: no default privileges, and the schema public as it was made."""
    cursor.execute(_DEFAULTS)
    for role, schema, kind, grantees in cursor.fetchall():
        within = f" IN SCHEMA {quoted(schema)}" if schema else ""
        alter = f"ALTER DEFAULT PRIVILEGES FOR ROLE {quoted(role)}{within}"
        for grantee in grantees:
            cursor.execute(f"{alter} REVOKE ALL ON {_KINDS[kind]} FROM {_role(grantee or '')}")
        if not schema:
            cursor.execute(f"{alter} GRANT ALL ON {_KINDS[kind]} TO {quoted(role)}")
            if kind in _OF_PUBLIC:
                cursor.execute(f"{alter} GRANT {_OF_PUBLIC[kind]} ON {_KINDS[kind]} TO PUBLIC")
    cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'public'")
    if cursor.fetchone():
        _reset_public(cursor)


def _reset_public(cursor: Any) -> None:
    cursor.execute(
        "SELECT pg_get_userbyid(nspowner), coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace"
        " WHERE nspname = 'public'"
    )
    owner, comment = cursor.fetchone()
    first = "pg_database_owner" if cursor.connection.server_version >= 150000 else "CURRENT_USER"
    if owner != first and first != "CURRENT_USER":
        cursor.execute(f"ALTER SCHEMA public OWNER TO {first}")
    if comment != "standard public schema":
        cursor.execute("COMMENT ON SCHEMA public IS 'standard public schema'")
    now, wanted = (_privileges(cursor, _PUBLIC.format(acl)) for acl in (_NOW, _FIRST))
    _grant(cursor, "SCHEMA public", now, wanted)


def _grant(cursor: Any, what: str, now: list[Privilege], wanted: list[Privilege]) -> None:
    if now == wanted:
        return
    for grantee in sorted({privilege.grantee for privilege in now}):
        cursor.execute(f"REVOKE ALL ON {what} FROM {_role(grantee)} CASCADE")
    for privilege in wanted:
        option = " WITH GRANT OPTION" if privilege.grantable else ""
        cursor.execute(f"GRANT {privilege.privilege} ON {what} TO {_role(privilege.grantee)}{option}")


def _role(name: str) -> str:
    return quoted(name) if name else "PUBLIC"


def restore(cursor: Any, wanted: Properties, *, owners: bool) -> list[str]:
    """Give the database at hand what another one had, in the cursor's transaction. Returns what could not be given.

    Without `owners` neither its privileges nor the settings of single roles are given.
    """
    cursor.execute("SELECT current_database()")
    database = f"DATABASE {quoted(cursor.fetchone()[0])}"
    there = properties(cursor)
    failed = []
    for what, statements in _steps(database, there, wanted, owners=owners):
        cursor.execute("SAVEPOINT property")
        try:
            for statement, values in statements:
                cursor.execute(statement, values or None)
        except psycopg2.Error as error:
            cursor.execute("ROLLBACK TO SAVEPOINT property")
            failed.append(f"Not restored: {what} ({str(error.diag.message_primary or error).strip()}).")
        cursor.execute("RELEASE SAVEPOINT property")
    if wanted.owner != there.owner:
        failed.append(f"The database belongs to {there.owner}; the one of the backup belonged to {wanted.owner}.")
    if not owners:
        left = [setting for setting in wanted.settings if setting.role]
        failed += [f"Left out: {_of_role(setting)}." for setting in left]
        if [p for p in wanted.privileges if p.grantee != wanted.owner] != [
            p for p in there.privileges if p.grantee != there.owner
        ]:
            failed.append("Left out: the privileges on the database itself.")
    return failed


def _of_role(setting: Setting) -> str:
    return f"{setting.name} = {setting.value} of the role {setting.role} in this database"


Step = tuple[str, list[tuple[str, tuple[str, ...]]]]


def _steps(database: str, there: Properties, wanted: Properties, *, owners: bool) -> Iterator[Step]:
    """What to say of each step, and its statements."""
    for setting in there.settings:
        if (owners or not setting.role) and setting not in wanted.settings:
            yield f"the end of {_called(setting)}", [(f"ALTER {_whose(setting, database)} RESET {setting.name}", ())]
    for setting in wanted.settings:
        if (owners or not setting.role) and setting not in there.settings:
            yield _called(setting), list(_set(setting, database))
    if wanted.comment != there.comment:
        yield "the comment of the database", [(f"COMMENT ON {database} IS %s", (wanted.comment,))]
    if wanted.connection_limit != there.connection_limit:
        limit = f"ALTER {database} CONNECTION LIMIT {wanted.connection_limit:d}"
        yield f"the connection limit {wanted.connection_limit}", [(limit, ())]
    if owners:
        yield from _privilege_steps(database, there, wanted)


def _privilege_steps(database: str, there: Properties, wanted: Properties) -> Iterator[Step]:
    """First what nobody may any more: a role that is missing must not leave the rest open."""
    gone = [p for p in there.privileges if p not in wanted.privileges and p.grantee != there.owner]
    for privilege in gone:
        what = f"{privilege.privilege} ON {database}"
        revoke = f"REVOKE {what} FROM {_role(privilege.grantee)} CASCADE"
        yield f"the end of {privilege.privilege} for {privilege.grantee or 'PUBLIC'}", [(revoke, ())]
    for privilege in wanted.privileges:
        if privilege not in there.privileges and privilege.grantee != wanted.owner:
            option = " WITH GRANT OPTION" if privilege.grantable else ""
            grant = f"GRANT {privilege.privilege} ON {database} TO {_role(privilege.grantee)}{option}"
            yield f"{privilege.privilege} for {privilege.grantee or 'PUBLIC'}", [(grant, ())]


def _called(setting: Setting) -> str:
    return _of_role(setting) if setting.role else f"{setting.name} = {setting.value} of the database"


def _whose(setting: Setting, database: str) -> str:
    return f"ROLE {quoted(setting.role)} IN {database}" if setting.role else database


def _set(setting: Setting, database: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    alter = f"ALTER {_whose(setting, database)} SET {setting.name}"
    if setting.name not in _LISTS:
        yield f"{alter} TO %s", (setting.value,)
        return
    # A list as one text would be one name with commas in it.
    yield "SELECT set_config(%s, %s, true)", (setting.name, setting.value)
    yield f"{alter} FROM CURRENT", ()
