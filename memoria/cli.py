"""The `memoria` program: `manage.py`, bound to the settings of `memoria_site`."""

import os
import sys

try:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
except ModuleNotFoundError as missing:
    sys.exit(
        f"memoria: {missing.name} is not installed in this Python: use .venv/bin/python, which `make install` makes."
    )


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memoria_site.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A wrong environment variable is the user's to mend: a sentence helps, a traceback does not.
        sys.exit(f"memoria: {error}")
