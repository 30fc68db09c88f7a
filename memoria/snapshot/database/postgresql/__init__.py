"""Reads and writes PostgreSQL."""
