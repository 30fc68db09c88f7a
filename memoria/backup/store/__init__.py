"""Keeps backups: where they are, what stands beside them, which are removed."""
