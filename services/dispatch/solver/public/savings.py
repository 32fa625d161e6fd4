"""Savings construction for VRPTW: routes are joined end to start where that saves most way.

Clarke and Wright, Operations Research 1964, doi 10.1287/opre.12.4.568; the time windows of a joined route are
kept as one segment, so that every test takes constant time.
"""

import numpy as np

from .problems import Ints, Vrptw
from .vrptw import NEVER

NEIGHBOURS = 100
"""Joins are tried to this many nearest customers."""

Segment = tuple[int, int, int]
"""(duration, earliest, latest departure), waiting included"""


def _joined(one: Segment, way: int, two: Segment) -> Segment | None:
    shift = one[0] + way
    wait = max(0, two[1] - shift - one[2])
    if one[1] + shift > two[2]:
        return None
    return shift + wait + two[0], max(two[1] - shift, one[1]) - wait, min(two[2] - shift, one[2])


def savings(problem: Vrptw) -> list[list[int]]:
    """Routes that serve every customer who can be served alone."""
    distance, size = problem.distance, problem.size
    depot: Segment = (0, int(problem.ready[0]), int(problem.due[0]))
    alone = {
        node: (int(problem.service[node]), int(problem.ready[node]), int(problem.due[node])) for node in range(1, size)
    }
    routes = {node: [node] for node in alone if _tour(distance, depot, alone[node], node, node)}
    segments = {node: alone[node] for node in routes}
    load = {node: int(problem.demand[node]) for node in routes}
    start_of = {node: node for node in routes}  # last customer -> name of its route
    for last, first in _pairs(problem):
        name = start_of.get(last)
        if name is None or first not in routes or first == name:
            continue
        if load[name] + load[first] > problem.capacity:
            continue
        segment = _joined(segments[name], int(distance[last, first]), segments[first])
        end = routes[first][-1]
        if segment is None or not _tour(distance, depot, segment, name, end):
            continue
        routes[name] += routes.pop(first)
        segments[name], load[name] = segment, load[name] + load.pop(first)
        del start_of[last]
        start_of[end] = name
    return list(routes.values())


def _tour(distance: Ints, depot: Segment, segment: Segment, first: int, last: int) -> bool:
    """The segment can be driven from the depot and back in time."""
    out = _joined(depot, int(distance[0, first]), segment)
    return out is not None and _joined(out, int(distance[last, 0]), depot) is not None


def _pairs(problem: Vrptw) -> list[tuple[int, int]]:
    """(last, first) customers by the way that driving one after the other saves, waiting counted against it."""
    distance = problem.distance
    near = problem.neighbours[1:, 1 : NEIGHBOURS + 1]
    last = np.repeat(np.arange(1, problem.size), near.shape[1])
    first = near.ravel()
    wait = problem.ready[first] - problem.due[last] - problem.service[last] - distance[last, first]
    saved = distance[last, 0] + distance[0, first] - distance[last, first] - np.maximum(wait, 0)
    saved[(first == 0) | (first == last)] = -NEVER
    ranking = np.argsort(-saved, kind="stable")
    ranking = ranking[saved[ranking] > 0]
    return list(zip(last[ranking].tolist(), first[ranking].tolist(), strict=True))
