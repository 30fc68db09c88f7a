"""Registers a page for each table; one module per module of the models."""
