"""Turns one row into values and back, and checks it."""
