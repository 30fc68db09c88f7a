"""The parts of a snapshot that are not rows: its header, its table of namespaces, its footer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from memoria.snapshot.errors import InvalidSnapshot, InvalidValue
from memoria.snapshot.rows.values import check_depth

FORMAT = "memoria-snapshot"
VERSION = 1


@dataclass(slots=True)
class Header:
    """What a snapshot says of itself. `counts` are the rows it promises, where its layout says so at all."""

    layout: str
    metadata: dict[str, Any]
    counts: dict[str, int] | None = None
    exported_at: str = field(init=False)
    namespaces: list[str] | None = field(init=False)
    """The only namespaces whose rows the file holds; None where it holds all."""

    def __post_init__(self) -> None:
        exported_at = self.metadata.get("exported_at", "")
        self.exported_at = exported_at if isinstance(exported_at, str) else ""
        # Layout C writes an empty list where nothing was filtered.
        filtered = self.metadata.get("namespaces") if self.layout == "1" else self.metadata.get("namespaces_filter")
        if filtered is not None and not (isinstance(filtered, list) and all(isinstance(n, str) for n in filtered)):
            raise InvalidSnapshot("the header's namespaces are not a list of names")
        self.namespaces = filtered if self.layout == "1" else filtered or None


@dataclass(frozen=True, slots=True)
class Footer:
    counts: dict[str, int]
    sha256: str


def parse(text: bytes, what: str) -> Any:
    """One small JSON document, strictly: no key twice, no bare NaN, no half surrogate pairs, no deep nesting."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [key for key, _ in pairs]
            twice = next(key for key in names if names.count(key) > 1)
            raise InvalidSnapshot(f"the key {twice!r} occurs twice in the {what}")
        return found

    def refuse(word: str) -> None:
        raise InvalidSnapshot(f"the {what} is not JSON: {word} is no JSON number")

    try:
        check_depth(text)
        value = json.loads(text.decode("utf-8"), object_pairs_hook=members, parse_constant=refuse)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except InvalidValue as error:
        raise InvalidSnapshot(f"the {what} {error.reason}") from None
    except UnicodeEncodeError:
        raise InvalidSnapshot(f"the {what} holds half a surrogate pair") from None
    except UnicodeDecodeError as error:
        raise InvalidSnapshot(f"the {what} is not UTF-8 (byte {error.start})") from None
    except ValueError as error:
        raise InvalidSnapshot(f"the {what} is not JSON: {error}") from None


def parse_header(metadata: Any) -> Header:
    """A version-1 header, or layouts A, B and C by what theirs hold."""
    if not isinstance(metadata, dict):
        raise InvalidSnapshot("the header is not an object")
    if metadata.get("format") == FORMAT:
        version = metadata.get("version")
        if type(version) is not int or version != VERSION:
            raise InvalidSnapshot(
                f"the snapshot has version {version!r}; this program reads version {VERSION}: use a newer Memoria"
            )
        return Header("1", metadata)
    tables = metadata.get("tables")
    if isinstance(tables, list) and all(isinstance(table, dict) for table in tables):
        counts = {str(table.get("name")): table.get("row_count") for table in tables}
        return Header("B" if metadata.get("format") == "ndjson" else "A", metadata, _counts(counts, "header"))
    if isinstance(metadata.get("counts"), dict):
        counts = {key: count for key, count in metadata["counts"].items() if key != "namespaces"}
        return Header("C", metadata, {TABLE_OF_LAYOUT_C.get(k, k): n for k, n in _counts(counts, "header").items()})
    raise InvalidSnapshot("the header is not that of a memoria snapshot: it names neither its format nor its tables")


def parse_footer(integrity: Any) -> Footer:
    if not isinstance(integrity, dict) or set(integrity) != {"counts", "sha256"}:
        raise InvalidSnapshot("the footer does not hold exactly counts and sha256")
    digest = integrity["sha256"]
    if not isinstance(digest, str) or not isinstance(integrity["counts"], dict):
        raise InvalidSnapshot("the footer's counts or sha256 are not what they should be")
    return Footer(_counts(integrity["counts"], "footer"), digest)


TABLE_OF_LAYOUT_C = {
    "long_term_memories": "long_term_memory",
    "short_term_memories": "short_term_memory",
    "relationships": "memory_relationships",
}
"""Layout C's own names; clusters and cluster_members are called what they are."""


def _counts(counts: dict[str, Any], where: str) -> dict[str, int]:
    for table, count in counts.items():
        if type(count) is not int or count < 0:
            raise InvalidSnapshot(f"the {where} gives {count!r} as the number of rows in {table}")
    return counts
