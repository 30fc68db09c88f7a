"""Answers `/metrics` for Prometheus: rows, the last import, uploads that failed, backups. Who asks brings a token.

As `/healthz` it stands before all other middleware; without `MEMORIA_METRICS_TOKEN` there is no such page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare

from memoria import conf
from memoria.admin.overview.figures import size
from memoria.backup import metrics as backups
from memoria.backup.freshness import freshness
from memoria.models import Import, Upload
from memoria.prometheus import Sample, exposition
from memoria.snapshot.errors import SnapshotError
from memoria.snapshot.schema.registry import TABLES

PATH = "/metrics"
_MAX_AGE = 26 * 3600.0
_HELP = {
    **backups.HELP,
    "memoria_database_up": "1 where the database answers",
    "memoria_rows": "rows of a table, exact up to 10,000 and then as PostgreSQL believes",
    "memoria_last_import_seconds": "when the last import ended, in seconds since 1970",
    "memoria_uploads_failed": "uploads that failed and are still listed",
}


class Metrics:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = settings.MEMORIA_METRICS_TOKEN
        if request.path_info != PATH or not token:
            return self._get_response(request)
        headers = {"Cache-Control": "no-store"}
        if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}"):
            headers["WWW-Authenticate"] = "Bearer"
            return HttpResponse("a token is needed\n", content_type="text/plain", status=401, headers=headers)
        text = exposition([*_of_the_database(), *_of_the_backups()], _HELP)
        return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8", headers=headers)


def _of_the_database(using: str = DEFAULT_DB_ALIAS) -> Iterator[Sample]:
    models = {model._meta.db_table: model for model in apps.get_app_config("memoria").get_models()}
    try:
        samples = [
            Sample("memoria_rows", size(models[table.name], using).number, {"table": table.name}) for table in TABLES
        ]
        last = Import.objects.using(using).order_by("-pk").values_list("finished_at", flat=True).first()
        failed = Upload.objects.using(using).filter(state=Upload.State.FAILED).count()
    except DatabaseError:
        yield Sample("memoria_database_up", 0)
        return
    yield Sample("memoria_database_up", 1)
    yield from samples
    if last is not None:
        yield Sample("memoria_last_import_seconds", int(last.timestamp()))
    yield Sample("memoria_uploads_failed", failed)


def _of_the_backups() -> Iterator[Sample]:
    """As their sidecars and sizes tell: check-backups is what reads them."""
    try:
        yield from backups.samples(freshness(str(conf.backup_dir()), _MAX_AGE, share=0))
    except SnapshotError:  # there is no such folder
        yield Sample("memoria_backups_fine", 0)
