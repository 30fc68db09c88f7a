"""What the contracts of imports in pyproject.toml cannot say of the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.conftest import ROOT

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
        path.read_text(encoding="utf-8"), str(path)
    )
    for package in ("memoria", "memoria_site")
    for path in (ROOT / package).rglob("*.py")
}
ENGINE = ("memoria.snapshot", "memoria.backup")
OF_DOORS = {"django.http", "django.core.management", "django.shortcuts", "django.contrib"}


def imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)


def test_no_relative_imports() -> None:
    """They hide the direction."""
    found = [
        name
        for name, module in MODULES.items()
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert found == []


def test_the_engine_answers_no_requests_and_prints_nothing() -> None:
    for name, module in MODULES.items():
        if name.startswith(ENGINE):
            assert not OF_DOORS & set(imported(module)), name
            calls = (node.func for node in ast.walk(module) if isinstance(node, ast.Call))
            assert not [call for call in calls if isinstance(call, ast.Name) and call.id == "print"], name


def test_no_import_inside_a_function() -> None:
    """Django loads an app's models only after its config: `ready` alone has to wait."""
    inside = {
        (name, function.name)
        for name, module in MODULES.items()
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert inside == {("memoria.apps", "ready")}
