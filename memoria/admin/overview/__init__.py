"""Shows the state of the database on the first page."""
