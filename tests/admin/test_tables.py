"""The pages of every table: they open, say what the row says, and take what may be changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from memoria.admin.tables import TableAdmin, flatten
from memoria.snapshot.registry import MODELS
from tests.admin.conftest import one_row_each

SignIn = Callable[..., Client]


def address(model: type, page: str, *args: object) -> str:
    return reverse(f"admin:memoria_{model._meta.model_name}_{page}", args=args)  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_column_has_its_place_on_the_page_of_a_row(model: type) -> None:
    page = admin.site.get_model_admin(model)
    assert isinstance(page, TableAdmin)
    shown = flatten(items for _, items, _ in page.sections)
    columns = [f.name for f in model._meta.concrete_fields]  # type: ignore[attr-defined]
    assert sorted(shown) == sorted(columns)
    assert set(page.editable) <= set(columns) - {model._meta.pk.name}  # type: ignore[attr-defined]


def test_every_page_opens(everywhere: str, sign_in: SignIn) -> None:
    one_row_each(everywhere)
    client = sign_in(administrator=True)
    for model in MODELS:
        row = model.objects.get()  # type: ignore[attr-defined]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = client.get(address(model, "changelist"))
        assert response.status_code == 200
        assert len(queries) <= 10, [query["sql"] for query in queries]
        for page in (
            address(model, "changelist") + "?q=m-1+text",
            address(model, "add"),
            address(model, "change", row.pk),
            address(model, "delete", row.pk),
            address(model, "history", row.pk),
        ):
            response = client.get(page)
            assert response.status_code == 200, page
