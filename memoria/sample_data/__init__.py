"""A sample of what agents remember, written for this project: five namespaces, about five hundred rows.

It is the same on every machine, so that examples, screenshots and digests can be compared.
"""

from memoria.sample_data.build import Dataset, build
from memoria.sample_data.rows import Row

__all__ = ["Dataset", "Row", "build"]
