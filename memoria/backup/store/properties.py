"""Holds what a PostgreSQL database has of its own and pg_dump leaves out: settings, privileges, comment, encoding."""

from __future__ import annotations

import msgspec


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of ALTER DATABASE … SET, or of ALTER ROLE … IN DATABASE … SET where it is of one role."""

    role: str
    name: str
    value: str


class Privilege(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    grantee: str
    """Empty for PUBLIC."""
    privilege: str
    grantable: bool


class Properties(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    owner: str
    settings: list[Setting]
    privileges: list[Privilege]
    comment: str
    connection_limit: int
    encoding: str
    collate: str
    ctype: str
    provider: str
    """c (libc), i (ICU) or b (builtin)."""
    locale: str
    """Of ICU or the builtin provider."""
