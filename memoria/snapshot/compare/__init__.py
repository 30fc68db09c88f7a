"""Compares two sources of rows: databases, snapshots, or one of each."""
