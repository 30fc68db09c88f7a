# The site, its worker and its backups: which of them, deploy/start is told. See docs/operations.md, Containers.
FROM python:3.13-slim-trixie

# pg_dump and pg_restore, which must not be older than the server: the newest that the system has.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /srv/memoria
COPY requirements.txt requirements-server.txt ./
RUN pip install --no-cache-dir -r requirements.txt -r requirements-server.txt

COPY pyproject.toml README.md LICENSE manage.py ./
COPY memoria memoria
COPY memoria_site memoria_site
COPY deploy/start /usr/local/bin/start
RUN pip install --no-cache-dir --no-deps . \
    && useradd --system --uid 10001 memoria \
    && install --directory --owner memoria --mode 0700 /data

ENV MEMORIA_BIND=0.0.0.0:8000 \
    MEMORIA_DATA=/data \
    MEMORIA_STATIC_ROOT=/srv/static \
    MEMORIA_UPLOAD_DIR=/data/uploads \
    MEMORIA_BACKUP_DIR=/data/backup \
    PYTHONUNBUFFERED=1
RUN SECRET_KEY=only-to-collect-files python manage.py collectstatic --noinput -v 0

USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=5)"]
ENTRYPOINT ["start"]
CMD ["web"]
