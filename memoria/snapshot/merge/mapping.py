"""Maps a row to its namespace, and to the id that it gets there.

A map `a=b` sends the rows of namespace a to b, `team:*=prod:*` those of team:red to prod:red. A name goes before a
pattern, patterns count in their order, and each row is sent once: with a=b and b=a two namespaces change places.
`plan.py` asks for each row.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from memoria.json_bytes import encoded
from memoria.snapshot.errors import SnapshotError
from memoria.snapshot.remedy import Remedy
from memoria.snapshot.schema.relations import DEFAULT
from memoria.text import is_unicode

_SPACE = uuid.UUID("6d656d6f-7269-5a00-8000-000000000001")
"""The namespace, in the sense of RFC 9562, of all new ids."""
_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decoded = msgspec.json.Decoder(str).decode
_EQUALS = re.compile(r"(?<!\\)=")


class WrongMap(SnapshotError):
    """What was asked for is no map of namespaces, or names one that the file does not have."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Namespaces:
    """`names` and `patterns` send their namespaces elsewhere, `otherwise` is where all others go, if anywhere."""

    names: dict[str, str]
    patterns: tuple[tuple[str, str], ...] = ()
    otherwise: str | None = None

    def target(self, source: str) -> str:
        """Where the rows of a namespace go; one without a name is the default one."""
        source = source or DEFAULT
        if source in self.names:
            return self.names[source]
        for pattern, target in self.patterns:
            if (matched := _matched(pattern, source)) is not None:
                return target.replace("*", matched)
        return source if self.otherwise is None else self.otherwise

    def require_used(self, sources: Sequence[str]) -> None:
        """Raises WrongMap if a map names what is not among the file's namespaces."""
        held = {source or DEFAULT for source in sources}
        unused = [name for name in self.names if name not in held]
        unused += [p for p, _ in self.patterns if not any(_matched(p, source) is not None for source in held)]
        if unused:
            raise WrongMap(
                f"the file has no rows in the namespace {unused[0]!r} that {Remedy.MAP_NAMESPACES} names;"
                f" it has {', '.join(sorted(held)) or 'none'}"
            )


def namespaces(maps: Sequence[str], otherwise: str | None = None) -> Namespaces:
    r"""The maps as a user writes them: `source=target`, with `\=` for an equals sign in a name. Raises WrongMap."""
    names: dict[str, str] = {}
    patterns: dict[str, str] = {}
    if otherwise is not None and not otherwise.strip():
        raise WrongMap(f"{Remedy.NAME_NAMESPACE} is empty: name a namespace")
    if otherwise is not None and not is_unicode(otherwise):
        raise WrongMap(f"{Remedy.NAME_NAMESPACE} {otherwise!r} is not UTF-8")
    for text in maps:
        parts = [part.replace("\\=", "=") for part in _EQUALS.split(text, maxsplit=1)]
        if len(parts) != 2 or not all(part.strip() for part in parts):
            raise WrongMap(f"{Remedy.MAP_NAMESPACES} {text!r} is not source=target")
        source, target = parts
        if not is_unicode(target):
            raise WrongMap(f"{Remedy.MAP_NAMESPACES} {text!r} is not UTF-8")
        if source in names or source in patterns:
            raise WrongMap(f"{Remedy.MAP_NAMESPACES} names {source!r} twice")
        if target.count("*") > 1 or source.count("*") > 1 or ("*" in target and "*" not in source):
            raise WrongMap(f"{Remedy.MAP_NAMESPACES} {text!r}: write one * on the left, and at most one on the right")
        (patterns if "*" in source else names)[source] = target
    return Namespaces(names, tuple(patterns.items()), otherwise)


def new_id(namespace: str, old: str) -> str:
    """The id that a row gets in a namespace with new ids: a UUID, always the same for the same old one."""
    digest = hashlib.sha1(_space(namespace) + old.encode(), usedforsecurity=False).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))


def ids_in(text: str) -> list[str]:
    """The ids in a JSON column of them; none in what is no array."""
    try:
        return [_decoded(value) for value in _elements(text) if _is_text(value)]
    except (msgspec.MsgspecError, RecursionError):
        return []


def with_new_ids(text: str, new: Mapping[str, str]) -> str:
    """A JSON column of ids with new ones in place of those that `new` names; all else keeps its spelling."""
    if new.keys().isdisjoint(ids_in(text)):
        return text
    return encoded([_exchanged(value, new) for value in _elements(text)]).decode()


def _exchanged(value: msgspec.Raw, new: Mapping[str, str]) -> msgspec.Raw | str:
    return new.get(_decoded(value), value) if _is_text(value) else value


def _is_text(value: msgspec.Raw) -> bool:
    return bytes(value)[:1] == b'"'


@lru_cache(maxsize=1024)
def _space(namespace: str) -> bytes:
    return uuid.uuid5(_SPACE, namespace).bytes


def _matched(pattern: str, name: str) -> str | None:
    """What the * of a pattern stands for in a name; None where the pattern does not match."""
    before, _, after = pattern.partition("*")
    if len(name) < len(before) + len(after) or not (name.startswith(before) and name.endswith(after)):
        return None
    return name[len(before) : len(name) - len(after)]
