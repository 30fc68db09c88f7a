"""What an upload is asked."""

from __future__ import annotations

from typing import Any

from django import forms

from memoria.admin.snapshots.access import may_apply
from memoria.admin.snapshots.choices import ADD, REPLACE, Choices

MODES = {
    ADD: "Add the rows. A row whose key is there already is refused.",
    REPLACE: "Replace tables. All rows of the file's tables are deleted, then the file's are inserted.",
}


class ChoicesForm(forms.Form):
    mode = forms.ChoiceField(label="What to do", widget=forms.RadioSelect)
    skip_invalid = forms.BooleanField(required=False, label="Leave out rows that do not fit")
    ignore_unknown = forms.BooleanField(required=False, label="Leave out unknown tables and columns")
    null_missing_references = forms.BooleanField(
        required=False, label="Empty references whose target is neither in the file nor in the database"
    )
    allow_edited = forms.BooleanField(required=False, label="Accept a file that was edited after its export")

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        modes = [(mode, label) for mode, label in MODES.items() if may_apply(user, Choices(mode))]
        self.fields["mode"].choices = modes  # type: ignore[attr-defined]

    def accepting(self) -> list[forms.BoundField]:
        """The boxes to tick."""
        return [field for field in self if isinstance(field.field, forms.BooleanField)]

    def chosen(self) -> Choices:
        return Choices.of(self.cleaned_data)


def first_choices(user: Any) -> Choices:
    """What a new upload is checked for: what changes least, among what its owner may do."""
    return next(choices for choices in map(Choices, MODES) if may_apply(user, choices))
