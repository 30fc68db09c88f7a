"""Snapshots in the browser: upload, preview, apply, export."""

from memoria.admin.snapshots import pages

__all__ = ["pages"]
