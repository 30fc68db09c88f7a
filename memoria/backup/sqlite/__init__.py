"""Dumps and loads SQLite databases."""
