"""Every table as the migrations make it, literally."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from django.apps import apps

from tests.models.catalogue import Catalogue
from tests.models.every import TABLES


@pytest.fixture
def catalogue(migrated_url: str) -> Iterator[Catalogue]:
    with contextlib.closing(Catalogue(migrated_url)) as catalogue:
        yield catalogue


def test_every_model_is_written_out() -> None:
    assert {model._meta.db_table for model in apps.get_app_config("memoria").get_models()} == set(TABLES)
    assert len(TABLES) == 22


def test_columns(catalogue: Catalogue) -> None:
    place = 0 if catalogue.vendor == "sqlite" else 1
    assert {table: catalogue.columns(table) for table in TABLES} == {
        table: [(name, types[place], nullable) for name, types, nullable in expected.columns]
        for table, expected in TABLES.items()
    }


def test_keys(catalogue: Catalogue) -> None:
    assert {table: catalogue.key(table) for table in TABLES} == {t: [e.key] for t, e in TABLES.items()}


def test_defaults(catalogue: Catalogue) -> None:
    place = 0 if catalogue.vendor == "sqlite" else 1
    assert {table: catalogue.defaults(table) for table in TABLES} == {
        table: {column: defaults[place] for column, defaults in expected.defaults.items()}
        for table, expected in TABLES.items()
    }


def test_indexes(catalogue: Catalogue) -> None:
    found = {table: catalogue.indexes(table, unique=False) for table in TABLES}
    assert found == {table: expected.indexes for table, expected in TABLES.items()}


def test_unique_indexes(catalogue: Catalogue) -> None:
    found = {table: catalogue.indexes(table, unique=True) for table in TABLES}
    assert found == {table: expected.unique_indexes for table, expected in TABLES.items()}


def test_unique_constraints(catalogue: Catalogue) -> None:
    assert {table: catalogue.unique(table) for table in TABLES} == {t: e.unique for t, e in TABLES.items()}


def test_checks(catalogue: Catalogue) -> None:
    place = 1 if catalogue.vendor == "sqlite" else 2
    assert {table: catalogue.checks(table) for table in TABLES} == {
        table: [(check[0], check[place]) for check in expected.checks] for table, expected in TABLES.items()
    }


def test_foreign_keys(catalogue: Catalogue) -> None:
    found = {table: catalogue.foreign_keys(table) for table in TABLES}
    assert found == {table: expected.foreign_keys for table, expected in TABLES.items()}


def test_integer_keys_are_given_by_the_database(catalogue: Catalogue) -> None:
    tables = sorted(table for table, expected in TABLES.items() if expected.key == "id")
    assert len(tables) == 10
    if catalogue.vendor == "sqlite":
        found = catalogue.rows("SELECT name FROM sqlite_master WHERE sql LIKE '%PRIMARY KEY AUTOINCREMENT%'")
        assert {(table,) for table in tables} <= set(found)
    else:
        for table in tables:
            assert catalogue.rows(f"SELECT pg_get_serial_sequence('{table}', 'id')") == [(f"public.{table}_id_seq",)]
