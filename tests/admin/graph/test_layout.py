"""Where the nodes of a graph are drawn."""

from __future__ import annotations

import math
import random
import time

from memoria.admin.graph.layout import layout


def test_nothing_and_little() -> None:
    assert layout([], [], 100, 100) == {}
    assert layout(["a"], [("a", "a")], 100, 100) == {"a": (50.0, 50.0)}
    places = layout(["a", "b"], [("a", "b"), ("b", "a"), ("a", "missing")], 1000, 100, margin=10)
    assert math.dist(places["a"], places["b"]) > 50


def test_neighbours_lie_near_and_all_lie_inside_the_same_every_time() -> None:
    nodes = [f"m-{n}" for n in range(60)]
    edges = [(nodes[n], nodes[n // 6 * 6]) for n in range(60)]
    places = layout(nodes, edges, 1000, 680, margin=24)
    assert places == layout(nodes, edges, 1000, 680, margin=24)
    assert all(24 <= x <= 976 and 24 <= y <= 656 for x, y in places.values())
    near = [math.dist(places[a], places[b]) for a, b in edges if a != b]
    apart = [math.dist(places[nodes[n]], places[nodes[n + 6]]) for n in range(54)]
    assert sum(near) / len(near) < 0.5 * sum(apart) / len(apart)
    assert min(math.dist(places[a], places[b]) for a in nodes for b in nodes if a < b) > 8


def test_three_hundred_nodes_take_no_more_than_seconds() -> None:
    chance = random.Random(1)
    edges = [(chance.randrange(300), chance.randrange(300)) for _ in range(900)]
    start = time.process_time()
    assert len(layout(range(300), edges, 1000, 680)) == 300
    assert time.process_time() - start < 3
