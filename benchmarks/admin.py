"""`python -m benchmarks.admin`: how long the pages of the admin take, and how many queries, with many rows.

Goal: list pages within 150 ms and 10 queries with 500,000 long-term memories on PostgreSQL.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import django
from psycopg2.extensions import connection

from benchmarks import servers
from benchmarks.measure import CommandFailed, run

GOAL_SECONDS, GOAL_QUERIES = 0.150, 10
ROOT = Path(__file__).resolve().parent.parent
NAMESPACES = 40
VECTORS = 200

LIST = "/admin/memoria/longtermmemory/"
PAGES = {
    "list": LIST,
    "list, page 100": f"{LIST}?p=100",
    "by namespace": f"{LIST}?namespace=namespace-7",
    "by a rare namespace": f"{LIST}?namespace=rare",
    "by category": f"{LIST}?category_primary=category-3",
    "by namespace and category": f"{LIST}?namespace=namespace-7&category_primary=category-3",
    "by classification": f"{LIST}?classification=reference",
    "by retention (no index)": f"{LIST}?retention_type=long_term",
    "with embedding (no index)": f"{LIST}?has_embedding=yes",
    "without embedding (no index)": f"{LIST}?has_embedding=no",
    "a month": f"{LIST}?created_at__year=2026&created_at__month=3",
    "by importance, descending": f"{LIST}?o=-5",
    "search for an id": f"{LIST}?q=memory-0000012345",
    "search for a word (no full-text index)": f"{LIST}?q=lighthouse",
    "short-term": "/admin/memoria/shorttermmemory/",
    "short-term, expired": "/admin/memoria/shorttermmemory/?expiry=expired",
    "relationships": "/admin/memoria/memoryrelationship/",
    "relationships by type": "/admin/memoria/memoryrelationship/?relationship_type=supports",
    "cluster members": "/admin/memoria/clustermember/",
}
OTHERS = {
    "overview": "/admin/",
    "a memory": f"{LIST}memory-0000012345/change/",
    "a cluster": "/admin/memoria/cluster/7/change/",
    "graph of a namespace": "/admin/memoria/memoryrelationship/graph/?namespace=namespace-7",
    "graph around a memory": "/admin/memoria/memoryrelationship/graph/?memory=memory-0000012345",
}


@dataclass(frozen=True)
class Result:
    name: str
    seconds: float
    """The median."""
    best: float
    queries: int
    is_list: bool

    @property
    def is_met(self) -> bool:
        return not self.is_list or (self.seconds <= GOAL_SECONDS and self.queries <= GOAL_QUERIES)


def main() -> int:
    """0 when it ran, whether the goals were met or not; 1 when it could not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.admin", description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000, help="long-term memories (%(default)s)")
    parser.add_argument("--runs", type=int, default=7, help="of every page (%(default)s); the median counts")
    parser.add_argument("--url", help="a database that was filled before; nothing is written into its tables")
    options = parser.parse_args()
    try:
        if options.url:
            results = measure(options.url, options.runs)
        else:
            with (
                tempfile.TemporaryDirectory(prefix="memoria-admin-") as folder,
                servers.start(Path(folder), 18) as server,
            ):
                server.create("admin", template="template1")
                fill(server.url("admin"), options.rows)
                results = measure(server.url("admin"), options.runs)
    except (CommandFailed, servers.NoServer) as error:
        print(f"The benchmark cannot run: {error}", file=sys.stderr)
        return 1
    for result in results:
        state = "" if result.is_met else "  NOT MET"
        times = f"{result.seconds * 1000:7.0f} ms, best {result.best * 1000:4.0f} ms"
        print(f"{result.name:42}{times}{result.queries:4} queries{state}")
    return 0


def fill(url: str, rows: int) -> None:
    """A database of invented rows, made by the server itself: long-term memories, as many edges, fewer others."""
    environment = {**os.environ, "DATABASE_URL": url}
    run([sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity=0"], environment=environment)
    start = time.monotonic()
    with servers.connect(url) as session, session.cursor() as cursor:
        indexes = _indexes(session)
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        chance = random.Random(1)
        cursor.execute("CREATE TEMPORARY TABLE vectors (number int, vector text)")
        for number in range(VECTORS):
            vector = ", ".join(f"{chance.uniform(-1, 1):.5f}" for _ in range(384))
            cursor.execute("INSERT INTO vectors VALUES (%s, %s)", [number, f"[{vector}]"])
        for statement in STATEMENTS:
            cursor.execute(statement.replace(":rows", str(rows)))
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE")
    print(f"{rows:,} rows in {time.monotonic() - start:.0f} s", file=sys.stderr)


def _indexes(session: connection) -> list[tuple[str, str]]:
    with session.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN"
            " ('long_term_memory', 'short_term_memory', 'memory_relationships', 'cluster_members')"
            " AND indexname LIKE 'idx%'"
        )
        return cursor.fetchall()


_TEXT = "'Remembered ' || n || ': ' || repeat('words that somebody said about the harbour. ', 4)"
_SPREAD = f"CASE WHEN n % 5000 = 0 THEN 'rare' ELSE 'namespace-' || n % {NAMESPACES} END"
_TIME = "timestamp '2026-11-01' - n * interval '40 seconds'"
STATEMENTS = (
    f"""INSERT INTO long_term_memory (memory_id, processed_data, importance_score, category_primary, retention_type,
      namespace, timestamp, created_at, searchable_content, summary, embedding, classification, memory_importance,
      topic, extraction_timestamp, access_count, novelty_score, is_user_context)
    SELECT 'memory-' || lpad(n::text, 10, '0'), '{{"text": "as it was", "tokens": 12}}',
      (n::bigint * 7919 % 1000) / 1000.0, 'category-' || n % 9,
      CASE WHEN n % 50 = 0 THEN 'permanent' ELSE 'long_term' END, {_SPREAD}, {_TIME}, {_TIME},
      {_TEXT}, left({_TEXT}, 90), CASE WHEN n % 10 > 0 THEN vector::json END,
      (ARRAY['conversational', 'reference', 'personal', 'essential', 'contextual'])[1 + n % 5],
      (ARRAY['low', 'medium', 'high'])[1 + n % 3], 'topic ' || n % 300, {_TIME}, n % 17, 0.5, n % 7 = 0
    FROM generate_series(1, :rows) AS n JOIN vectors ON number = n % {VECTORS}""",
    f"""INSERT INTO short_term_memory (memory_id, processed_data, importance_score, category_primary, retention_type,
      namespace, created_at, expires_at, searchable_content, summary)
    SELECT 'short-' || n, '{{}}', 0.5, 'context', 'short_term', {_SPREAD}, {_TIME}, now() + (n - :rows / 20)
      * interval '1 minute', {_TEXT}, left({_TEXT}, 90) FROM generate_series(1, :rows / 10) AS n""",
    """INSERT INTO memory_relationships (relationship_id, source_memory_id, target_memory_id, relationship_type,
      strength, namespace, created_at)
    SELECT 'edge-' || n, 'memory-' || lpad(n::text, 10, '0'),
      'memory-' || lpad((1 + (n::bigint * 7919) % :rows)::text, 10, '0'),
      (ARRAY['supports', 'contradicts', 'follows', 'similar_to'])[1 + n % 4], (n::bigint * 104729 % 10000) / 10000.0,
      'namespace-' || n % 40, now() FROM generate_series(1, :rows) AS n""",
    """INSERT INTO clusters (summary, size, last_updated) SELECT 'cluster ' || n, 50, now()
    FROM generate_series(1, :rows / 50) AS n""",
    """INSERT INTO cluster_members (memory_id, summary, cluster_id)
    SELECT 'memory-' || lpad(n::text, 10, '0'), 'member', 1 + n % (:rows / 50) FROM generate_series(1, :rows) AS n""",
)


def measure(url: str, runs: int) -> list[Result]:
    """The median time of each page, templates and all, and its queries; through Django, without a web server."""
    os.environ |= {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "memoria_site.settings",
        "MEMORIA_INSECURE_HTTP": "1",
        "ALLOWED_HOSTS": "testserver",
        "SECRET_KEY": "only for the benchmark, and of more than fifty characters",
    }
    django.setup()
    from django.contrib.auth.models import User
    from django.db import connection as database
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client()
    user, _ = User.objects.get_or_create(username="benchmark", is_superuser=True, is_staff=True)
    client.force_login(user)
    results = []
    for name, page in {**PAGES, **OTHERS}.items():
        with CaptureQueriesContext(database) as captured:
            response = client.get(page)
        if response.status_code != 200:
            raise CommandFailed(f"{page} answered {response.status_code}")
        queries = len(captured)  # the next request empties the list
        seconds = []
        for _ in range(runs):
            start = time.perf_counter()
            client.get(page)
            seconds.append(time.perf_counter() - start)
        results.append(Result(name, statistics.median(seconds), min(seconds), queries, name in PAGES))
    return results


if __name__ == "__main__":
    sys.exit(main())
