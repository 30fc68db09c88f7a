"""`load-sample-data`: rows to try the other commands on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.color import no_style
from django.db import Error, connections, models, transaction

from memoria.console import options as shared
from memoria.console.version import version
from memoria.console.words import in_options
from memoria.databases import describe, require_in_sight
from memoria.models import Cluster, ClusterMember, LongTermMemory, MemoryRelationship, ShortTermMemory
from memoria.sample_data import build
from memoria.snapshot.database.sqlite.connection import require_file
from memoria.snapshot.errors import NotCreated, SnapshotError

# Clusters before their members.
MODELS: tuple[type[models.Model], ...] = (
    LongTermMemory,
    ShortTermMemory,
    Cluster,
    ClusterMember,
    MemoryRelationship,
)


class Command(BaseCommand):
    help = (
        "Fill the empty tables of a database with sample memories: five namespaces, clusters, relationships "
        "and embeddings, the same on every machine. Refused when one of the tables holds rows."
    )

    def get_version(self) -> str:
        return version()

    def add_arguments(self, parser: CommandParser) -> None:
        shared.add_database(parser, verb="fill")
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="leave a database that holds rows as it is, and succeed",
        )

    def handle(self, *args: Any, if_empty: bool, **options: Any) -> None:
        try:
            connection = shared.connection(options)
            database = connection.alias
            name = repr(database) if options["database_url"] is None else describe(connection)
            require_file(connection, describe(connection))
        except SnapshotError as error:
            raise CommandError(in_options(str(error)), returncode=error.exit_code) from None
        try:
            require_tables(database, name)
            with transaction.atomic(using=database):
                held = rows_held(database)
                loaded = {} if held else load(database)
        except Error as error:
            raise CommandError(f"The database {name} cannot be filled: {str(error).strip()}") from error
        if held and not if_empty:
            raise CommandError(
                f"The database {name} holds {counts(held)}; sample data goes into empty tables only. "
                "Name another one with --database-url, or empty these tables first."
            )
        if options["verbosity"] > 0:
            nothing = f"Nothing was loaded: the database {name} already holds {counts(held)}."
            self.stdout.write(nothing if held else f"Loaded {counts(loaded)}.")


def require_tables(database: str, name: str) -> None:
    there = connections[database].introspection.table_names()
    missing = [model._meta.db_table for model in MODELS if model._meta.db_table not in there]
    if missing:
        try:
            require_in_sight(connections[database], name)
        except SnapshotError as error:
            raise CommandError(in_options(str(error)), returncode=error.exit_code) from None
        problem = NotCreated(f"The database {name} has no table {', '.join(missing)}", "them")
        raise CommandError(in_options(str(problem)))


def rows_held(database: str) -> dict[str, int]:
    """Row count by table, of the tables that are not empty."""
    held = {model._meta.db_table: model._default_manager.using(database).count() for model in MODELS}
    return {table: rows for table, rows in held.items() if rows}


def load(database: str) -> dict[str, int]:
    """Insert the sample; row count by table."""
    tables = build().tables()
    for model in MODELS:
        rows = [model(**row) for row in tables[model._meta.db_table]]
        model._default_manager.using(database).bulk_create(rows)
    let_ids_continue(database)
    return {table: len(rows) for table, rows in tables.items()}


def let_ids_continue(database: str) -> None:
    """PostgreSQL's sequences do not see ids that were given: set them past the highest."""
    connection = connections[database]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), MODELS):
            cursor.execute(statement)


def counts(rows: dict[str, int]) -> str:
    """Such as `510 rows: 160 in long_term_memory, 350 in clusters`."""
    total = sum(rows.values())
    by_table = ", ".join(f"{number:,} in {table}" for table, number in rows.items())
    return f"{total:,} {'row' if total == 1 else 'rows'}: {by_table}"
