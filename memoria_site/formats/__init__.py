"""Spells dates and numbers on the pages."""
