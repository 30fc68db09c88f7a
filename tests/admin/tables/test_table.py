"""The pages of every table: they open, say what the row says, and take what may be changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from memoria.admin.tables.table import TableAdmin, flatten
from memoria.snapshot.schema.registry import MODELS
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


def test_every_list_and_every_row_opens(everywhere: str, sign_in: SignIn) -> None:
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
        for page in (address(model, "changelist") + "?q=m-1+text", address(model, "change", row.pk)):
            assert client.get(page).status_code == 200, page


def test_every_other_page_opens(sqlite_site: str, sign_in: SignIn) -> None:
    one_row_each(sqlite_site)
    client = sign_in(administrator=True)
    for model in MODELS:
        row = model.objects.get()  # type: ignore[attr-defined]
        for page in ("add", "import", "export"):
            assert client.get(address(model, page)).status_code == 200
        for page in ("delete", "history"):
            assert client.get(address(model, page, row.pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_who_may_see_what(sqlite_site: str, sign_in: SignIn, model: type) -> None:
    """Every page of every table, for those who lack the permission that it takes."""
    one_row_each(sqlite_site)
    name = model._meta.model_name  # type: ignore[attr-defined]
    key = model.objects.get().pk  # type: ignore[attr-defined]
    pages = {
        "changelist": address(model, "changelist"),
        "change": address(model, "change", key),
        "history": address(model, "history", key),
        "add": address(model, "add"),
        "delete": address(model, "delete", key),
        "import": address(model, "import"),
        "export": address(model, "export"),
    }

    def answers(client: Client) -> str:
        return " ".join(f"{page}:{client.get(where).status_code}" for page, where in pages.items())

    assert answers(Client()) == "changelist:302 change:302 history:302 add:302 delete:302 import:302 export:302"
    assert answers(sign_in()) == "changelist:403 change:403 history:403 add:403 delete:403 import:403 export:403"
    viewer = "changelist:200 change:200 history:200 add:403 delete:403 import:403 export:403"
    assert answers(sign_in(f"view_{name}")) == viewer
    editor = sign_in(f"view_{name}", f"change_{name}", f"add_{name}", "import_snapshot")
    assert answers(editor) == "changelist:200 change:200 history:200 add:200 delete:403 import:200 export:403"
