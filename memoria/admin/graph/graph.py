"""The graph of relationships of a namespace, or around one memory, as a picture whose nodes are links."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q

from memoria.admin.graph.layout import layout
from memoria.admin.tables.panels import known, page_of, shortened
from memoria.models import LongTermMemory, MemoryRelationship, ShortTermMemory

NODES = 300
EDGES = 900
STEPS = 2
"""So far the neighbours of a memory are followed."""
WIDTH, HEIGHT = 1000, 680
MARGIN = 80
COLOURS = 5
LABELLED = 30
"""A picture of more nodes names only those with the most relationships."""

Edge = tuple[str, str, str, float]
"""(source, target, type, strength)."""


@dataclass(frozen=True)
class Node:
    key: str
    label: str
    short: str
    x: float
    y: float
    radius: float
    colour: int
    """From 1; 0 for what is not there, or not to be seen."""
    url: str = ""
    group: str = ""
    is_middle: bool = False


@dataclass(frozen=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    text: str
    source: Node
    target: Node
    kind: str
    strength: float


@dataclass(frozen=True)
class Graph:
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    legend: tuple[tuple[int, str], ...]
    """(colour, category)."""
    cut: bool
    """Whether there is more than is drawn."""
    width: int = WIDTH
    height: int = HEIGHT


def of_namespace(namespace: str) -> tuple[list[Edge], bool]:
    """Its strongest relationships, between NODES memories at most, and whether there are more."""
    edges = _edges(Q(namespace=namespace), EDGES + 1)
    return _within(edges[:EDGES], cut=len(edges) > EDGES)


def around(key: str) -> tuple[list[Edge], bool]:
    """The relationships of a memory, and those of its neighbours."""
    found: dict[Edge, None] = {}
    seen, frontier, cut = {key}, {key}, False
    for _ in range(STEPS):
        ends = Q(source_memory_id__in=frontier) | Q(target_memory_id__in=frontier)
        edges = _edges(ends, EDGES + 1)
        cut |= len(edges) > EDGES
        found |= dict.fromkeys(edges[:EDGES])
        frontier = {end for edge in edges[:EDGES] for end in edge[:2]} - seen
        seen |= frontier
        if not frontier or len(seen) > NODES:
            break
    return _within(list(found), cut, first=key)


def _edges(condition: Q, limit: int) -> list[Edge]:
    rows = MemoryRelationship.objects.filter(condition).order_by("-strength", "pk")
    return list(rows.values_list("source_memory_id", "target_memory_id", "relationship_type", "strength")[:limit])


def _within(edges: list[Edge], cut: bool, first: str | None = None) -> tuple[list[Edge], bool]:
    """The edges between the first NODES memories that they name."""
    nodes = {first} if first is not None else set()
    kept = []
    for edge in edges:
        ends = set(edge[:2])
        if len(nodes | ends) <= NODES:
            nodes |= ends
            kept.append(edge)
        else:
            cut = True
    return kept, cut


def drawn(
    edges: Iterable[Edge], cut: bool, may_view: Callable[[type[Model]], bool], middle: str | None = None
) -> Graph:
    """The picture; of memories that the user may not view it shows that they are there, and no more."""
    edges = list(edges)
    keys = list(dict.fromkeys([middle] if middle is not None else []))
    keys += [key for key in dict.fromkeys(end for edge in edges for end in edge[:2]) if key != middle]
    facts: dict[str, tuple[type[Model], str, str]] = {}
    for model in (ShortTermMemory, LongTermMemory):
        if may_view(model):
            for key, (summary, category) in known(model, keys, "summary", "category_primary").items():
                facts[key] = (model, summary, category)
    degree = Counter(end for edge in edges for end in edge[:2])
    places = layout(keys, [edge[:2] for edge in edges], WIDTH, HEIGHT, margin=MARGIN)
    categories = [name for name, _ in Counter(category for _, _, category in facts.values()).most_common(COLOURS)]
    labelled = _labelled(([middle] if middle is not None else []) + [key for key, _ in degree.most_common()], places)
    nodes = {
        key: _node(key, places[key], degree[key], facts.get(key), categories, key in labelled, key == middle)
        for key in keys
    }
    legend = [(number, name) for number, name in enumerate(categories, start=1)]
    colours = {node.colour for node in nodes.values()}
    legend += [(COLOURS + 1, "other categories")] if COLOURS + 1 in colours else []
    legend += [(0, "no memory, or none that you may see")] if 0 in colours else []
    return Graph(tuple(nodes.values()), tuple(_lines(edges, nodes)), tuple(legend), cut)


def _labelled(keys: Iterable[str], places: Mapping[str, tuple[float, float]]) -> set[str]:
    """The first LABELLED nodes whose labels do not lie on that of an earlier one."""
    found: set[str] = set()
    for key in keys:
        x, y = places[key]
        apart = all(abs(x - places[other][0]) > 150 or abs(y - places[other][1]) > 14 for other in found)
        if apart and len(found) < LABELLED:
            found.add(key)
    return found


def _node(
    key: str,
    place: tuple[float, float],
    degree: int,
    facts: tuple[type[Model], str, str] | None,
    categories: list[str],
    labelled: bool,
    is_middle: bool,
) -> Node:
    radius = round(5 + min(2 * math.sqrt(degree), 9), 1)
    common: dict[str, Any] = {"x": place[0], "y": place[1], "radius": radius, "is_middle": is_middle}
    if facts is None:
        return Node(key, key, "", colour=0, **common)
    model, summary, category = facts
    colour = categories.index(category) + 1 if category in categories else COLOURS + 1
    return Node(
        key,
        shortened(summary) or key,
        shortened(summary, 26) if labelled else "",
        colour=colour,
        url=page_of(model, key),
        group=category,
        **common,
    )


def _lines(edges: Iterable[Edge], nodes: dict[str, Node]) -> Iterable[Line]:
    """From the rim of one node to the rim of the other, so that the arrow's head is seen."""
    for source, target, kind, strength in edges:
        a, b = nodes[source], nodes[target]
        length = math.hypot(b.x - a.x, b.y - a.y)
        if not length:
            continue
        right, down = (b.x - a.x) / length, (b.y - a.y) / length
        known_strength = strength if isinstance(strength, float) and math.isfinite(strength) else 0.5
        yield Line(
            round(a.x + right * a.radius, 1),
            round(a.y + down * a.radius, 1),
            round(b.x - right * (b.radius + 4), 1),
            round(b.y - down * (b.radius + 4), 1),
            round(0.6 + 1.6 * min(max(known_strength, 0.0), 1.0), 2),
            f"{a.label} {kind} {b.label}",
            a,
            b,
            kind,
            known_strength,
        )
