"""Snapshots in the browser: upload, preview, apply, export."""

from memoria.admin.snapshots import checks, pages

__all__ = ["checks", "pages"]
