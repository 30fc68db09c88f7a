"""Builds the list and the page that every table has."""
