"""Keeps what imports did, and takes them back."""
