"""Snapshots in the browser: upload, preview, apply, export."""
