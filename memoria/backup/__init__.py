"""Whole databases: written, proven, kept and brought back."""
