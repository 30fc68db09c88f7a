"""The snapshot engine: rows out of a database into one file, and back. No arguments, no HTTP, no printing."""
