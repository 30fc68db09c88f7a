"""The `memoria` program: `manage.py`, bound to the settings of `memoria_site`."""

import os
import signal
import sys
from importlib import import_module

try:
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line, get_commands
except ModuleNotFoundError as missing:
    sys.exit(
        f"memoria: {missing.name} is not installed in this Python: use .venv/bin/python, which `make install` makes."
    )

_WRONG_ARGUMENTS = 2
_NOT_OURS = {
    "import": "import-data replaces tables, import-memories adds to them",
    "export": "export-data writes everything, export-memories some namespaces",
}
"""Commands of an app that the pages need: they know nothing of snapshots, and would be taken for ours."""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memoria_site.settings")
    arguments = sys.argv[1:]
    try:
        if arguments in (["version"], ["-V"], ["--version"]):
            print(import_module("memoria.console.version").version(), flush=True)
        elif arguments in ([], ["help"], ["-h"], ["--help"]):
            django.setup()
            print(import_module("memoria.console.overview_text").overview(), flush=True)  # it needs the models
        else:
            _run(arguments)
    except ImproperlyConfigured as error:
        # A wrong environment variable is the user's to mend: a sentence helps, a traceback does not.
        print(f"memoria: {error}", file=sys.stderr)
        sys.exit(_WRONG_ARGUMENTS)
    except BrokenPipeError:  # whoever read our output has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(128 + signal.SIGPIPE)
    except KeyboardInterrupt:  # before a command could say so itself
        sys.exit(130)


def _run(arguments: list[str]) -> None:
    if arguments[0] in ("-h", "--help"):
        arguments = ["help", *arguments[1:]]
    if arguments[0] in _NOT_OURS:
        print(f"memoria: {arguments[0]} is no command of this program: {_NOT_OURS[arguments[0]]}", file=sys.stderr)
        sys.exit(_WRONG_ARGUMENTS)
    try:
        execute_from_command_line([sys.argv[0], *arguments])
    except SystemExit as ended:
        # Django has said that it knows no such command, and exits as if the command had failed.
        named = arguments[1:] if arguments[0] == "help" else arguments
        if ended.code == 1 and named and named[0] not in get_commands():
            sys.exit(_WRONG_ARGUMENTS)
        raise
