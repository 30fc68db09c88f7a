"""Places the nodes of a graph: neighbours near, all others apart; the same every time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

REACH = 2.6
"""Nodes push each other away up to this many lengths of an edge: what lies further away is not looked at."""
GRAVITY = 0.06

Node = TypeVar("Node", bound=Hashable)


def layout(
    nodes: Sequence[Node], edges: Iterable[tuple[Node, Node]], width: float, height: float, margin: float = 24
) -> dict[Node, tuple[float, float]]:
    """Node -> its place in a picture of this size, by the springs of Fruchterman and Reingold.

    A round looks at each node's surroundings only, so that 300 nodes take a fraction of a second.
    """
    number = {node: position for position, node in enumerate(nodes)}
    pairs = sorted({(number[a], number[b]) for a, b in edges if a in number and b in number and a != b})
    if not nodes:
        return {}
    places = _start(_in_order_of_neighbours(len(nodes), pairs))
    rounds = max(40, min(100, 12_000 // len(nodes)))
    for step in range(rounds):
        _move(places, pairs, heat=1.2 * (1 - step / rounds) + 0.02)
    return dict(zip(nodes, _fitted(places, width, height, margin), strict=True))


def _in_order_of_neighbours(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """All nodes, each behind one that it hangs on; the largest group first."""
    neighbours: dict[int, list[int]] = defaultdict(list)
    for a, b in pairs:
        neighbours[a].append(b)
        neighbours[b].append(a)
    seen: set[int] = set()
    groups = []
    for first in sorted(range(count), key=lambda node: (-len(neighbours[node]), node)):
        if first in seen:
            continue
        seen.add(first)
        group = [first]
        for node in group:
            for other in neighbours[node]:
                if other not in seen:
                    seen.add(other)
                    group.append(other)
        groups.append(group)
    return [node for group in sorted(groups, key=len, reverse=True) for node in group]


def _start(order: Sequence[int]) -> list[list[float]]:
    """On a spiral from the middle outwards, about one length of an edge from one another."""
    places = [[0.0, 0.0] for _ in order]
    for position, node in enumerate(order):
        radius, angle = 0.7 * math.sqrt(position), position * math.pi * (3 - math.sqrt(5))
        places[node] = [radius * math.cos(angle), radius * math.sin(angle)]
    return places


def _move(places: list[list[float]], pairs: Sequence[tuple[int, int]], heat: float) -> None:
    """One round: every node goes where it is pushed and pulled, as far as the heat lets it. An edge has length 1."""
    forces = [[-GRAVITY * x, -GRAVITY * y] for x, y in places]
    for node, others in _near(places):
        _push(places, forces, node, others)
    for a, b in pairs:
        x, y = places[a][0] - places[b][0], places[a][1] - places[b][1]
        pull = math.hypot(x, y)
        forces[a][0] -= x * pull
        forces[a][1] -= y * pull
        forces[b][0] += x * pull
        forces[b][1] += y * pull
    for place, (x, y) in zip(places, forces, strict=True):
        size = math.hypot(x, y)
        if size:
            far = min(size, heat) / size
            place[0] += x * far
            place[1] += y * far


def _near(places: Sequence[Sequence[float]]) -> Iterable[tuple[int, list[int]]]:
    """Each node with the others in its own and in neighbouring squares of a grid; each pair once."""
    squares: dict[tuple[int, int], list[int]] = defaultdict(list)
    for node, (x, y) in enumerate(places):
        squares[math.floor(x / REACH), math.floor(y / REACH)].append(node)
    for (column, row), inside in squares.items():
        beside = [
            node
            for right, down in ((1, 0), (-1, 1), (0, 1), (1, 1))
            for node in squares.get((column + right, row + down), ())
        ]
        for position, node in enumerate(inside):
            yield node, inside[position + 1 :] + beside


def _push(places: list[list[float]], forces: list[list[float]], node: int, others: Iterable[int]) -> None:
    """Add the forces by which a node and each of the others push one another away."""
    here_x, here_y = places[node]
    sum_x = sum_y = 0.0
    for other in others:
        place = places[other]
        x, y = here_x - place[0], here_y - place[1]
        square = x * x + y * y
        if square > REACH * REACH:
            continue
        if square < 0.01:
            # On the same spot: apart in a direction that is the same every time.
            x, y, square = x + 0.01 * (node - other), y + 0.01, 0.01
        x /= square
        y /= square
        sum_x += x
        sum_y += y
        force = forces[other]
        force[0] -= x
        force[1] -= y
    forces[node][0] += sum_x
    forces[node][1] += sum_y


def _fitted(places: Sequence[Sequence[float]], width: float, height: float, margin: float) -> list[tuple[float, float]]:
    """The places turned into those of a picture, as large as it has room."""
    left, right = min(x for x, _ in places), max(x for x, _ in places)
    top, bottom = min(y for _, y in places), max(y for _, y in places)
    room_x, room_y = width - 2 * margin, height - 2 * margin
    scale_x, scale_y = room_x / max(right - left, 1e-9), room_y / max(bottom - top, 1e-9)
    # Stretched a little to fill the picture; a few nodes do not lie far apart.
    scale_x, scale_y = min(scale_x, 1.7 * scale_y, 260.0), min(scale_y, 1.7 * scale_x, 260.0)
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    placed = []
    for x, y in places:
        right_of, below = (x - middle_x) * scale_x, (y - middle_y) * scale_y
        placed.append((round(width / 2 + right_of, 1), round(height / 2 + below, 1)))
    return placed
