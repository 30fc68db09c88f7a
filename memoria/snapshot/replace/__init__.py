"""Replaces tables of a database by those of a snapshot."""
