"""The web server: `gunicorn -c python:memoria_site.gunicorn`. Uploads may last as long as they like.

A worker of threads answers others while one of its threads receives a large file, and is never killed for that: its
heart beats beside the requests.
"""

import os

wsgi_app = "memoria_site.wsgi:application"
bind = os.environ.get("MEMORIA_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("MEMORIA_WEB_WORKERS", "2"))
worker_class = "gthread"
threads = 8
timeout = 60
# For an upload that is under way when the site is restarted; what lasts longer is cut, refused and kept nowhere.
graceful_timeout = 60
keepalive = 5
control_socket_disable = True
accesslog = "-" if os.environ.get("MEMORIA_ACCESS_LOG") == "1" else None
