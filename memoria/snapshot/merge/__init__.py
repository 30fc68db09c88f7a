"""Adds the memories of a snapshot to those that are there."""
