"""Says what the engine says in the words of the commands: a remedy is an option."""

from __future__ import annotations

from typing import Any

from memoria.snapshot.remedy import Remedy, told

OPTIONS = {
    Remedy.ADD_ROWS: "--no-truncate",
    Remedy.ALLOW_EDITED: "--allow-edited",
    Remedy.CREATE_DATABASE: "`memoria migrate`, DATABASE_URL naming the database, or with --migrate of an import",
    Remedy.CREATE_TABLES: "--migrate",
    Remedy.DROP_EMBEDDINGS: "--embeddings drop",
    Remedy.FORCE_UNDO: "--force",
    Remedy.IGNORE_UNKNOWN: "--ignore-unknown",
    Remedy.MAP_NAMESPACES: "--namespace-map",
    Remedy.NAME_NAMESPACE: "--namespace",
    Remedy.NAME_TABLES: "--table",
    Remedy.NEWEST: "--on-conflict newest",
    Remedy.NEW_IDS: "--new-ids",
    Remedy.NO_UNDO: "--no-undo",
    Remedy.NULL_REFERENCES: "--missing-references null",
    Remedy.OVERWRITE: "--on-conflict overwrite",
    Remedy.SKIP_INVALID: "--skip-invalid",
}


def in_options(sentence: str) -> str:
    return told(sentence, OPTIONS)


def all_in_options(value: Any) -> Any:
    """The same for every text of what a report has as a dictionary."""
    match value:
        case str():
            return in_options(value)
        case dict():
            return {key: all_in_options(part) for key, part in value.items()}
        case list() | tuple():
            return [all_in_options(part) for part in value]
    return value
