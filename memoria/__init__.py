"""Move, check, back up and restore what AI agents remember."""

__version__ = "0.1.0"
