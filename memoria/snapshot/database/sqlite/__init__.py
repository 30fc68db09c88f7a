"""How the engine reads and writes SQLite."""
