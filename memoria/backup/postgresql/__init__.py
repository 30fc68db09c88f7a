"""Dumps, loads and clears PostgreSQL databases."""
