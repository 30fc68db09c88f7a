"""Exports and imports the rows of one table as CSV, XLSX and JSON."""
