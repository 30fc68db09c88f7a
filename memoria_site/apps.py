from django.contrib.admin.apps import SimpleAdminConfig

from memoria_site import checks

__all__ = ["AdminConfig", "checks"]


class AdminConfig(SimpleAdminConfig):
    """The admin as this site has it. Nothing of it is imported before the URLs are: a command does not need it."""

    default_site = "memoria_site.site.MemoriaSite"
