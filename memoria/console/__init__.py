"""Turns arguments into calls of the engine, and its reports into text. No logic of the engine."""
