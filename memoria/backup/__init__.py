"""Writes, proves, keeps and brings back whole databases."""
