"""Imports go one way: doors, then exporter and importer, then the stages, then the leaves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("memoria", "memoria_site")
    for path in (ROOT / package).rglob("*.py")
}
ENGINE = "memoria.snapshot."

DOORS = (
    "memoria.admin",
    "memoria.cli",
    "memoria.console",
    "memoria.management",
    "memoria.templatetags",
    "memoria.databases",
    "memoria_site",
)


def parsed(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"), str(MODULES[module]))


def imported(node: ast.AST) -> Iterator[str]:
    """Full names; of `from package import name` the module `package.name` if there is one."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "relative imports hide the direction"
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            yield inner if inner in MODULES else str(node.module)


def at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """The tree without what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        yield child
        yield from at_run_time(child)


def imports(module: str) -> set[str]:
    return {name for node in at_run_time(parsed(module)) for name in imported(node)}


def unit(module: str) -> str:
    """The part of the engine that a module belongs to; empty outside the engine."""
    return module.removeprefix(ENGINE).partition(".")[0] if module.startswith(ENGINE) else ""


def reached(module: str) -> set[str]:
    """All that is imported when the module is."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        for name in imports(waiting.pop()):
            if name not in found:
                found.add(name)
                if name in MODULES:
                    waiting.append(name)
    return found


@pytest.mark.parametrize("module", sorted(m for m in MODULES if unit(m) or m.startswith("memoria.backup.")))
def test_the_engine_neither_parses_arguments_nor_prints(module: str) -> None:
    assert not imports(module) & {"argparse", "rich", "django.http", "django.core.management"}
    printed = [
        node
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printed == []


@pytest.mark.parametrize("module", sorted(MODULES))
def test_only_the_doors_import_doors(module: str) -> None:
    if module.startswith(DOORS):
        return
    assert not [name for name in imports(module) if name.startswith(DOORS)]


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_import_inside_a_function(module: str) -> None:
    """Django loads an app's models only after its config: `ready` alone has to wait."""
    inside = {
        function.name
        for function in ast.walk(parsed(module))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert inside == ({"ready"} if module == "memoria.apps" else set())


def test_a_wrong_import_is_noticed() -> None:
    """The tests above read the imports that are there."""
    assert imports("memoria.snapshot.replace.apply") >= {"memoria.snapshot.replace.plan", "memoria.snapshot.errors"}
    assert "memoria.snapshot.database" not in imports("memoria.snapshot.replace.plan"), (
        "it is for the type checker only"
    )
    assert "django.db.backends.base.base" in reached("memoria.snapshot.replace.replace")
    assert Path(MODULES["memoria.apps"]).name == "apps.py"
