"""The WSGI application, for a web server: `memoria_site.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memoria_site.settings")

application = get_wsgi_application()
