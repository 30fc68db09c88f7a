"""The `memoria` program: `manage.py`, bound to the settings of `memoria_site`."""

import os
import sys
from importlib import import_module

try:
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
except ModuleNotFoundError as missing:
    sys.exit(
        f"memoria: {missing.name} is not installed in this Python: use .venv/bin/python, which `make install` makes."
    )


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memoria_site.settings")
    try:
        if sys.argv[1:] in ([], ["help"], ["-h"], ["--help"]):
            django.setup()
            print(import_module("memoria.console.commands").overview())  # it needs the models
        else:
            execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A wrong environment variable is the user's to mend: a sentence helps, a traceback does not.
        sys.exit(f"memoria: {error}")
    except KeyboardInterrupt:  # before a command could say so itself
        sys.exit(130)
