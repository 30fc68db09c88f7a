"""Memoria's commands against the tools a user would pick instead, side by side in one run.

`python -m benchmarks` from the root of the repository; `python -m benchmarks --help` says the rest.
"""
