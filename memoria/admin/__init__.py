"""The doors for a browser: pages on which the memories are looked at and mended.

`admin.autodiscover()` imports this package, and with it the pages of all tables, which register themselves.
"""

from memoria.admin import snapshots
from memoria.admin.pages import chats, clusters, memories, policies, relationships, spatial, teams, threads

__all__ = ["chats", "clusters", "memories", "policies", "relationships", "snapshots", "spatial", "teams", "threads"]
