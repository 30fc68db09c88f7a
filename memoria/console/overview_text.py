"""Tells what `memoria` without a command says: its own commands, and how to see those of Django."""

from __future__ import annotations

import textwrap
from pathlib import Path

from django.core.management import find_commands, load_command_class

import memoria

_FOLDER = str(Path(memoria.__file__).parent / "management")


def owners(option: str) -> list[str]:
    """The commands that have an option."""
    names = sorted(find_commands(_FOLDER))
    parsers = {name: load_command_class("memoria", name).create_parser("memoria", name) for name in names}
    return [name for name, parser in parsers.items() if option in parser._option_string_actions]


def overview() -> str:
    """A line for each command: its name, and the first sentence of its help."""
    names = find_commands(_FOLDER)
    width = max(map(len, names)) + 4
    lines = ["usage: memoria COMMAND [options]; memoria COMMAND --help says more", ""]
    for name in sorted(names):
        help = load_command_class("memoria", name).help.partition(". ")[0].partition(": ")[0].rstrip(".")
        lines += textwrap.wrap(help, 80, initial_indent=f"  {name:{width - 2}}", subsequent_indent=" " * width)
    return "\n".join(
        [*lines, "", "Django's own, such as migrate, createsuperuser and runserver: memoria help --commands"]
    )
