"""Names this program and its version."""

from __future__ import annotations

import platform

import django

from memoria import __version__


def version() -> str:
    return f"memoria {__version__} (Django {django.get_version()}, Python {platform.python_version()})"
