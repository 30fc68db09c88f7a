from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.checks import Error, run_checks
from django.db import models

from memoria.snapshot.schema import registry


@pytest.fixture
def forgotten() -> Iterator[type[models.Model]]:
    """A model of the app that the registry does not know, until the test ends."""

    class Forgotten(models.Model):  # noqa: DJ008
        name = models.TextField()

        class Meta:
            app_label = "memoria"

    yield Forgotten
    del apps.all_models["memoria"]["forgotten"]
    apps.clear_cache()


def test_every_model_is_in_the_snapshot() -> None:
    assert run_checks(tags=["memoria"]) == []


def test_a_model_that_was_forgotten(forgotten: type[models.Model]) -> None:
    assert run_checks(tags=["memoria"]) == [
        Error(
            "memoria.Forgotten is neither carried by snapshots nor excluded from them.",
            hint="Add it to MODELS in memoria/snapshot/schema/registry.py, or to EXCLUDED with the reason.",
            obj=forgotten,
            id="memoria.E001",
        )
    ]


def test_a_model_that_is_excluded(forgotten: type[models.Model], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.EXCLUDED, "memoria.Forgotten", "made for a test")
    assert run_checks(tags=["memoria"]) == []
