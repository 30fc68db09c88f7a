"""Serves the static files of the site: with a hash of their content in their names once they were collected.

Before that they are served from where they lie, so that a site that nobody has set up is a whole one too.
"""

from __future__ import annotations

import os
from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(WhiteNoiseMiddleware):
    def add_files(self, root: Any, prefix: Any = None) -> None:
        if os.path.isdir(root):  # a check says that it is missing; no warning at each start
            super().add_files(root, prefix)


class HashedNames(CompressedManifestStaticFilesStorage):
    def stored_name(self, name: str) -> str:
        return str(super().stored_name(name)) if self.hashed_files else name
