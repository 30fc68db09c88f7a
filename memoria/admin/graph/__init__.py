"""Draws the graph of memories and their relationships."""
