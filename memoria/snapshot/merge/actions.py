"""Names what becomes of a row of a merge, and says it in SQL of the rows that are staged.

| action | what it says | what it becomes |
| --- | --- | --- |
| UNDECIDED | nothing is known of the row yet | any other but FAIL; what is left at the end is INSERT |
| `same …`, waiting | its key is there, only references differ, which may follow new ids | IDENTICAL, or what follows |
| KNOWN | it is there by its content, under another key | IDENTICAL, OVERWRITE or DIFFERENT |
| FAIL | it is there with other content, which was asked to be an error | DIFFERENT, with an issue |
| INSERT | it goes in | INVALID or LEFT_OUT, where the database refuses it or what it needs |
| OVERWRITE | it replaces the row that is there | INVALID or LEFT_OUT, likewise |
| IDENTICAL | it is there with the same content | |
| DUPLICATE | another row stands for it, in the file or the database | INVALID, where that is refused |
| DIFFERENT | it is there with other content, and that stays | |
| LEFT_OUT | what it leads to is not there | |
| INVALID | it does not fit | |
"""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    UNDECIDED = ""
    KNOWN = "known"
    FAIL = "fail"
    INSERT = "insert"
    OVERWRITE = "overwrite"
    IDENTICAL = "identical"
    DUPLICATE = "duplicate"
    DIFFERENT = "different"
    LEFT_OUT = "left_out"
    INVALID = "invalid"


WRITTEN = (Action.INSERT, Action.OVERWRITE)
"""Rows that go in."""
OUTCOMES = (
    Action.INSERT,
    Action.OVERWRITE,
    Action.IDENTICAL,
    Action.DUPLICATE,
    Action.DIFFERENT,
    Action.LEFT_OUT,
    Action.INVALID,
)
"""What a row may be in the end, as reports count it."""
_SAME = "same "
WAITS = f"s.action LIKE '{_SAME}%'"
ENDS_WAITING = f"action = substr(s.action, {len(_SAME) + 1})"


def waiting(action: Action) -> str:
    """To be that action if references differ in the end as well, and IDENTICAL otherwise."""
    return f"{_SAME}{action}"


def is_(*actions: Action, row: str = "s") -> str:
    """The condition of rows that have one of these actions."""
    return f"{row}.action IN ({_listed(actions)})"


def is_not(*actions: Action, row: str = "s") -> str:
    return f"{row}.action NOT IN ({_listed(actions)})"


def becomes(action: Action) -> str:
    """The change that gives rows an action."""
    return f"action = '{action}'"


def _listed(actions: tuple[Action, ...]) -> str:
    return ", ".join(f"'{action}'" for action in actions)
