"""Asks what an upload is to do, and says in its words what the engine says."""

from __future__ import annotations

from typing import Any

from django import forms

from memoria.admin.snapshots.access import may_apply
from memoria.admin.snapshots.choices import MERGE, REPLACE, Choices
from memoria.snapshot.remedy import Remedy, told

MODES = {
    MERGE: "Merge: rows that are there stay, new ones are added.",
    REPLACE: "Replace tables: all rows of the file's tables are deleted, then the file's are inserted.",
}
CONFLICTS = {
    "skip": "keep the one that is there",
    "overwrite": "take the file's",
    "newest": "take whichever changed last",
    "fail": "refuse the whole file",
}
BOXES = {
    Remedy.NEW_IDS: "Give every row a new id: a copy inside this database",
    Remedy.DROP_EMBEDDINGS: "Leave out embeddings",
    Remedy.NULL_REFERENCES: "Empty references whose target is neither in the file nor in the database",
    Remedy.SKIP_INVALID: "Leave out rows that do not fit",
    Remedy.IGNORE_UNKNOWN: "Leave out unknown tables and columns",
    Remedy.ALLOW_EDITED: "Accept a file that was edited after its export",
    Remedy.FORCE_UNDO: "Take back what was changed since, too",
}
"""What a sentence of the engine names -> the box that is the same here."""
WORDS = {
    **{remedy: f"“{label}”" for remedy, label in BOXES.items()},
    Remedy.OVERWRITE: f"“{CONFLICTS['overwrite']}”",
    Remedy.NEWEST: f"“{CONFLICTS['newest']}”",
    Remedy.ADD_ROWS: "“Merge”",
    Remedy.MAP_NAMESPACES: "the table of namespaces",
    Remedy.NAME_NAMESPACE: "a namespace",
    Remedy.CREATE_DATABASE: "`memoria migrate`",
    Remedy.CREATE_TABLES: "`memoria migrate`",
    Remedy.NAME_TABLES: "--table of the commands",
    Remedy.NO_UNDO: "--no-undo of the commands",
}
NAMESPACES = 200
"""Namespaces that a form asks for; a file with more is remapped with import-memories."""


class ChoicesForm(forms.Form):
    mode = forms.ChoiceField(label="What to do", widget=forms.RadioSelect)
    on_conflict = forms.ChoiceField(
        label="A row whose id is there with other content", choices=list(CONFLICTS.items()), required=False
    )
    new_ids = forms.BooleanField(required=False, label=BOXES[Remedy.NEW_IDS])
    drop_embeddings = forms.BooleanField(required=False, label=BOXES[Remedy.DROP_EMBEDDINGS])
    null_missing_references = forms.BooleanField(required=False, label=BOXES[Remedy.NULL_REFERENCES])
    skip_invalid = forms.BooleanField(required=False, label=BOXES[Remedy.SKIP_INVALID])
    ignore_unknown = forms.BooleanField(required=False, label=BOXES[Remedy.IGNORE_UNKNOWN])
    allow_edited = forms.BooleanField(required=False, label=BOXES[Remedy.ALLOW_EDITED])

    def __init__(self, user: Any, sources: dict[str, int], chosen: Choices, data: Any = None) -> None:
        """`sources`: the file's namespaces with their rows."""
        super().__init__(data, initial={**chosen.as_dict()})
        modes = [(mode, label) for mode, label in MODES.items() if may_apply(user, Choices(mode))]
        self.fields["mode"].choices = modes  # type: ignore[attr-defined]
        self._sources = dict(list(sources.items())[:NAMESPACES])
        self.more = max(0, len(sources) - NAMESPACES)
        """Namespaces that are not asked for."""
        for number, source in enumerate(self._sources):
            self.fields[f"target_{number}"] = forms.CharField(
                max_length=255,
                required=False,
                strip=False,
                initial=chosen.namespaces.get(source, source),
                label=source,
            )

    def targets(self) -> list[tuple[str, int, forms.BoundField]]:
        """(namespace, its rows, field of its target)."""
        return [(source, rows, self[f"target_{n}"]) for n, (source, rows) in enumerate(self._sources.items())]

    def merging(self) -> list[forms.BoundField]:
        return [self["new_ids"], self["drop_embeddings"]]

    def accepting(self) -> list[forms.BoundField]:
        names = ("skip_invalid", "ignore_unknown", "allow_edited", "null_missing_references")
        return [self[name] for name in names]

    def chosen(self) -> Choices:
        values = {name: value for name, value in self.cleaned_data.items() if not name.startswith("target_")}
        values["on_conflict"] = values["on_conflict"] or "skip"
        targets = {source: self._target(f"target_{n}") for n, source in enumerate(self._sources)}
        return Choices(**values, namespaces={s: target for s, target in targets.items() if target != s and target})

    def _target(self, name: str) -> str:
        typed, shown = str(self.cleaned_data[name]), str(self.fields[name].initial)
        # A browser leaves line breaks out of a field of one line: what comes back as it was shown is as it was.
        return shown if typed in (shown, shown.replace("\r", "").replace("\n", "")) else typed


def first_choices(user: Any) -> Choices:
    """What a new upload is checked for: what changes least, among what its owner may do."""
    return next(choices for choices in map(Choices, MODES) if may_apply(user, choices))


def boxed(sentence: str) -> str:
    """A sentence of the engine in the words of these pages."""
    return told(sentence, WORDS)
