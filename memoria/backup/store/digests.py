"""Describes what a database holds in figures that can be compared: rows and a digest of each table and kind."""

from __future__ import annotations

import hashlib

import msgspec

from memoria.backup.errors import InvalidBackup

_MODULUS = 1 << 256


class Counted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`sha256` is of the rows' text, in hexadecimal; empty where only the number is known."""

    rows: int
    sha256: str = ""


class Contents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one moment: tables by name, and indexes, triggers, views and the like by kind."""

    tables: dict[str, Counted]
    objects: dict[str, Counted]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())


NOTHING = Contents({}, {})


class UnorderedDigest:
    """Digest of a set of rows in whatever order they come: the sum of the rows' SHA-256, modulo 2 ** 256.

    A server may return the rows of a table in any order, and sorts text differently from one version to the next.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def write(self, row: bytes) -> None:
        self.rows += 1
        self._sum += int.from_bytes(hashlib.sha256(row).digest(), "big")

    def counted(self) -> Counted:
        return Counted(self.rows, f"{self._sum % _MODULUS:064x}")


def of_names(names: list[str]) -> Counted:
    digest = UnorderedDigest()
    for name in names:
        digest.write(name.encode("utf-8", "surrogateescape"))
    return digest.counted()


def require_same(name: str, expected: Contents, found: Contents) -> None:
    """Raises InvalidBackup if the backup of this name holds other than the database held."""
    if different := differences(expected, found):
        shown = "; ".join(different[:5]) + (f"; and {len(different) - 5} more" if len(different) > 5 else "")
        raise InvalidBackup(f"{name} does not hold what the database held: {shown}")


def differences(expected: Contents, found: Contents) -> list[str]:
    """One sentence for each table or kind that is not as expected."""
    return [
        *_differences(expected.tables, found.tables, "table"),
        *_differences(expected.objects, found.objects, "kind"),
    ]


def _differences(expected: dict[str, Counted], found: dict[str, Counted], noun: str) -> list[str]:
    sentences = []
    for name in sorted(expected.keys() | found.keys()):
        wanted, there = expected.get(name), found.get(name)
        if there is None:
            sentences.append(f"{noun} {name} is missing")
        elif wanted is None:
            sentences.append(f"{noun} {name} was not there")
        elif wanted.rows != there.rows:
            sentences.append(f"{name} has {there.rows:,} instead of {wanted.rows:,}")
        elif wanted.sha256 and there.sha256 and wanted.sha256 != there.sha256:
            sentences.append(f"{name} has other content")
    return sentences
