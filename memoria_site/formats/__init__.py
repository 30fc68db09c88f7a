"""How dates and numbers are spelled on the pages."""
