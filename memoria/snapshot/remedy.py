"""Names what a run can be asked for, where a sentence of the engine tells the way out.

A sentence holds a remedy in angle brackets, as callers of the engine spell it; each door puts its own word there, an
option or a box.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Remedy(StrEnum):
    ADD_ROWS = "⟨truncate=False⟩"
    """Insert beside the rows that are there, instead of replacing them."""
    ALLOW_EDITED = "⟨allow_edited=True⟩"
    CREATE_DATABASE = "⟨Django's migrations⟩"
    CREATE_TABLES = "⟨create_tables⟩"
    DROP_EMBEDDINGS = "⟨drop_embeddings=True⟩"
    FORCE_UNDO = "⟨force=True⟩"
    IGNORE_UNKNOWN = "⟨ignore_unknown=True⟩"
    MAP_NAMESPACES = "⟨namespaces⟩"
    NAME_NAMESPACE = "⟨otherwise⟩"
    NAME_TABLES = "⟨tables⟩"
    NEWEST = "⟨on_conflict=newest⟩"
    NEW_IDS = "⟨new_ids=True⟩"
    NO_UNDO = "⟨origin=None⟩"
    NULL_REFERENCES = "⟨null_missing_references=True⟩"
    OVERWRITE = "⟨on_conflict=overwrite⟩"
    SKIP_INVALID = "⟨skip_invalid=True⟩"


def told(sentence: str, words: Mapping[Remedy, str]) -> str:
    """A sentence of the engine in the words of a door."""
    for remedy, word in words.items():
        sentence = sentence.replace(remedy, word)
    return sentence
