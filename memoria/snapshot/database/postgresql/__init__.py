"""How the engine reads and writes PostgreSQL."""
