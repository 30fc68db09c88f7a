"""The site that holds all pages: Django's admin with an overview as its first page.

It stands outside `memoria.admin`, whose pages register with it while they are loaded.
"""

from memoria.admin_site import GroupedTables


class MemoriaSite(GroupedTables):
    site_header = "Memoria"
    site_title = "Memoria"
    site_url = None
    index_title = "Overview"
    index_template = "memoria/index.html"
