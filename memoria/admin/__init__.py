"""The doors for a browser: pages on which the memories are looked at and mended.

`admin.autodiscover()` imports this package, and with it every page of an app's tables.
"""

from memoria.admin.snapshots import pages as _snapshots  # noqa: F401
