"""What an upload is asked."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from memoria.admin.snapshots.access import may_apply
from memoria.admin.snapshots.choices import MERGE, REPLACE, Choices

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
    "--new-ids": "Give every row a new id: a copy inside this database",
    "--embeddings drop": "Leave out embeddings",
    "--missing-references null": "Empty references whose target is neither in the file nor in the database",
    "--skip-invalid": "Leave out rows that do not fit",
    "--ignore-unknown": "Leave out unknown tables and columns",
    "--allow-edited": "Accept a file that was edited after its export",
    "--force": "Take back what was changed since, too",
}
"""An option of the commands, which the engine's sentences name -> the box that is the same here."""
ELSEWHERE = {
    **{f"--on-conflict {name}": f"“{label}”" for name, label in CONFLICTS.items()},
    "--no-truncate": "“Merge”",
    "--namespace-map": "the table of namespaces",
    "--namespace": "a namespace",
    "--migrate": "`memoria migrate`",
    "--table": "--table of the commands",
    "--no-undo": "--no-undo of the commands",
    "--database-url": "--database-url of the command export-data",
}
"""The same for options that are no box."""
NAMESPACES = 200
"""Namespaces that a form asks for; a file with more is remapped with import-memories."""


class ChoicesForm(forms.Form):
    mode = forms.ChoiceField(label="What to do", widget=forms.RadioSelect)
    on_conflict = forms.ChoiceField(
        label="A row whose id is there with other content", choices=list(CONFLICTS.items()), required=False
    )
    new_ids = forms.BooleanField(required=False, label=BOXES["--new-ids"])
    drop_embeddings = forms.BooleanField(required=False, label=BOXES["--embeddings drop"])
    null_missing_references = forms.BooleanField(required=False, label=BOXES["--missing-references null"])
    skip_invalid = forms.BooleanField(required=False, label=BOXES["--skip-invalid"])
    ignore_unknown = forms.BooleanField(required=False, label=BOXES["--ignore-unknown"])
    allow_edited = forms.BooleanField(required=False, label=BOXES["--allow-edited"])

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
    words = {flag: f"“{label}”" for flag, label in BOXES.items()} | ELSEWHERE
    return _FLAG.sub(lambda found: words.get(found[0], found[0]), sentence)


_FLAG = re.compile("--(?:on-conflict [a-z]+|embeddings drop|missing-references null|[a-z][a-z-]*)")
