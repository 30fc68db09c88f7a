"""Writes a snapshot out of a database."""
