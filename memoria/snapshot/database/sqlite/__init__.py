"""Reads and writes SQLite."""
