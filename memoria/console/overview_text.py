"""Tells what `memoria` without a command says: its own commands, and how to see those of Django."""

from __future__ import annotations

import textwrap
from pathlib import Path

from django.core.management import find_commands, load_command_class

import memoria

GROUPS = {
    "Snapshots": (
        "export-data",
        "export-memories",
        "inspect-snapshot",
        "import-data",
        "import-memories",
        "compare-data",
    ),
    "Imports that were made": ("list-imports", "undo-import"),
    "Backups": (
        *("backup-database", "list-backups", "check-backups", "verify-backup"),
        *("restore-database", "prune-backups"),
    ),
    "To begin with": ("migrate", "load-sample-data"),
}
"""As people look for them; `migrate` is Django's."""
_FOLDER = str(Path(memoria.__file__).parent / "management")


def owners(option: str) -> list[str]:
    """The commands that have an option."""
    names = sorted(find_commands(_FOLDER))
    parsers = {name: load_command_class("memoria", name).create_parser("memoria", name) for name in names}
    return [name for name, parser in parsers.items() if option in parser._option_string_actions]


def overview() -> str:
    """A line for each command, in groups: its name, and the first sentence of its help."""
    width = max(len(name) for names in GROUPS.values() for name in names) + 4
    lines = ["usage: memoria COMMAND [options]; memoria COMMAND --help says more"]
    for heading, names in GROUPS.items():
        lines += ["", f"{heading}:"]
        for name in names:
            lines += textwrap.wrap(
                _first(name), 80, initial_indent=f"  {name:{width - 2}}", subsequent_indent=" " * width
            )
    return "\n".join([*lines, "", "Django's others, such as createsuperuser and runserver: memoria help --commands"])


def _first(name: str) -> str:
    if name == "migrate":
        return "Create the tables of a database, or bring them up to date"
    return load_command_class("memoria", name).help.partition(". ")[0].partition(": ")[0].rstrip(".")
