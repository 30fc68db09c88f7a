"""Knows the tables: those of the product, and as a database has them."""
