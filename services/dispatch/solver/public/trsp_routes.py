"""Routes of a TRSP under change, for kernels: sequences of requests, and before which of them the depot is visited.

A piece of route is (duration, earliest, latest departure): it departs inside the last two without extra waiting.
Concatenation after Vidal et al., Computers & OR 40, 2013, doi 10.1016/j.cor.2012.07.018. The duration of a whole route
is its working time. Distances keep the triangle inequality: the depot is visited only for what the van lacks, and once.
"""

from typing import NamedTuple

import numpy as np

from ..compiled import kernel
from .problems import Bools, Floats, Ints, Trsp

Piece = tuple[float, float, float]

DEPOT = 0
NEVER = 1e300
TOLERANCE = 1e-9

SERVICE, READY, DUE = range(3)
"""Columns of `Scene.wants`."""

STOPS, VIA, CARRIED, VERSION, SAVED = range(5)
"""Columns of `Routes.facts`: number of requests; the depot is visited before this one of them (-1: not at all); how
many of the first need no depot; name of the route's content; the step in which it was saved."""

STEP, ABSENT, TOUCHED, NAMES = range(4)
"""Entries of `Routes.counts`: number of the step; absent requests; saved routes; names of contents given so far."""

COST, BEST = range(2)
"""Entries of `Routes.costs`: total working time and the price of absent requests, now and at best."""


class Scene(NamedTuple):
    """What does not change. Route k belongs to technician k + 1, whose home is node k + 1."""

    distance: Floats
    wants: Floats
    skilled: Bools
    """[route, node] has every skill that the request needs."""
    equipped: Bools
    """[route, node] has every tool at home."""
    parts: Ints
    """[node, part] carried by technicians, used up by requests."""
    near: Ints
    """[node, rank] requests by distance."""
    ranks: Floats
    """[order, node] keys of the orders of insertion."""
    absence: float
    """Price of an absent request."""


class Routes(NamedTuple):
    """What changes. `path[route]`: home, the requests in turn, home.

    `ahead[route, i]`: piece from home to the end of path[i]; `behind[route, i]`: piece from path[i + 1] to home; both
    without the depot. `used[route, i]`: parts for the requests up to path[i].
    """

    path: Ints
    facts: Ints
    durations: Floats
    ahead: Floats
    behind: Floats
    used: Ints
    owner: Ints
    absent: Ints
    counts: Ints
    costs: Floats
    saved: Ints
    """Paths as they were before this step."""
    saved_facts: Ints
    saved_durations: Floats
    saved_absent: Ints
    touched: Ints
    best: Ints
    best_facts: Ints
    quotes: Floats
    """[route, node] (price, position, depot before) as found for the content `quoted` of the route."""
    quoted: Ints


def empty_routes(problem: Trsp) -> Routes:
    """Everybody at home, every request absent."""
    people, size = problem.technicians, problem.size
    most = size - people - 1
    facts = np.zeros((people, 5), np.int64)
    facts[:, VIA] = -1
    pieces = np.zeros((people, most + 1, 3))
    pieces[:, 0, 1], pieces[:, 0, 2] = problem.ready[1 : people + 1], problem.due[1 : people + 1]
    return Routes(
        path=np.repeat(np.arange(1, people + 1)[:, None], most + 2, axis=1),
        facts=facts,
        durations=np.zeros(people),
        ahead=pieces,
        behind=pieces.copy(),
        used=np.zeros((people, most + 1, problem.parts.shape[1]), np.int64),
        owner=np.full(size, -1, np.int64),
        absent=np.zeros(most + 1, np.int64),
        counts=np.zeros(4, np.int64),
        costs=np.zeros(2),
        saved=np.zeros((people, most + 2), np.int64),
        saved_facts=facts.copy(),
        saved_durations=np.zeros(people),
        saved_absent=np.zeros(most + 1, np.int64),
        touched=np.zeros(people, np.int64),
        best=np.zeros((people, most + 2), np.int64),
        best_facts=facts.copy(),
        quotes=np.zeros((people, size, 3)),
        quoted=np.full((people, size), -1, np.int64),
    )


@kernel
def joined(one: Piece, way: float, two: Piece) -> Piece:
    """The two pieces one after the other; its duration is NEVER when the second is reached too late."""
    shift = one[0] + way
    if shift >= NEVER or two[0] >= NEVER or one[1] + shift > two[2] + TOLERANCE:
        return NEVER, 0.0, 0.0
    wait = max(0.0, two[1] - shift - one[2])
    return shift + wait + two[0], max(two[1] - shift, one[1]) - wait, min(two[2] - shift, one[2])


@kernel
def visit(wants: Floats, node: int) -> Piece:
    """The piece of a node alone."""
    return wants[node, SERVICE], wants[node, READY], wants[node, DUE]


@kernel
def piece(table: Floats, position: int) -> Piece:
    """An entry of a row of `ahead` or `behind`."""
    return table[position, 0], table[position, 1], table[position, 2]


@kernel
def save(routes: Routes, route: int) -> None:
    """Note a route before its first change in this step."""
    counts, facts, path, saved = routes.counts, routes.facts, routes.path, routes.saved
    if facts[route, SAVED] == counts[STEP]:
        return
    facts[route, SAVED] = counts[STEP]
    for index in range(1, facts[route, STOPS] + 1):
        saved[route, index] = path[route, index]
    for column in range(facts.shape[1]):
        routes.saved_facts[route, column] = facts[route, column]
    routes.saved_durations[route] = routes.durations[route]
    routes.touched[counts[TOUCHED]] = route
    counts[TOUCHED] += 1


@kernel
def restore(scene: Scene, routes: Routes) -> None:
    """Back to the routes before this step; absent requests are the caller's."""
    facts, path, saved = routes.facts, routes.path, routes.saved
    for touched in range(routes.counts[TOUCHED]):
        route = routes.touched[touched]
        for column in range(facts.shape[1]):
            facts[route, column] = routes.saved_facts[route, column]
        count = facts[route, STOPS]
        for index in range(1, count + 1):
            path[route, index] = saved[route, index]
            routes.owner[path[route, index]] = route
        path[route, count + 1] = route + 1
        retime(scene.distance, scene.wants, path[route], routes.ahead[route], routes.behind[route], count)
        count_parts(scene.parts, scene.equipped, path[route], routes.used[route], route, count)
        routes.durations[route] = routes.saved_durations[route]


@kernel
def keep_best(routes: Routes) -> None:
    """The present routes are the best."""
    routes.costs[BEST] = routes.costs[COST]
    facts, path, best, best_facts = routes.facts, routes.path, routes.best, routes.best_facts
    for route in range(len(facts)):
        best_facts[route, STOPS], best_facts[route, VIA] = facts[route, STOPS], facts[route, VIA]
        for index in range(1, facts[route, STOPS] + 1):
            best[route, index] = path[route, index]


@kernel
def retime(distance: Floats, wants: Floats, path: Ints, ahead: Floats, behind: Floats, count: int) -> None:
    """Renew the pieces of a path of `count` requests."""
    part = visit(wants, path[0])
    ahead[0, 0], ahead[0, 1], ahead[0, 2] = part
    for index in range(1, count + 1):
        part = joined(part, distance[path[index - 1], path[index]], visit(wants, path[index]))
        ahead[index, 0], ahead[index, 1], ahead[index, 2] = part
    part = visit(wants, path[count + 1])
    behind[count, 0], behind[count, 1], behind[count, 2] = part
    for index in range(count, 0, -1):
        part = joined(visit(wants, path[index]), distance[path[index], path[index + 1]], part)
        behind[index - 1, 0], behind[index - 1, 1], behind[index - 1, 2] = part


@kernel
def count_parts(parts: Ints, equipped: Bools, path: Ints, used: Ints, route: int, count: int) -> int:
    """Renew `used`; returns how many of the first requests need no depot."""
    carried, going = 0, True
    for index in range(1, count + 1):
        node = path[index]
        going = going and equipped[route, node]
        for part in range(parts.shape[1]):
            used[index, part] = used[index - 1, part] + parts[node, part]
            going = going and used[index, part] <= parts[path[0], part]
        carried += going
    return carried


@kernel
def shortest(
    distance: Floats, wants: Floats, path: Ints, ahead: Floats, behind: Floats, count: int, carried: int
) -> tuple[float, int]:
    """Working time of a path, and before which request (0: the first) the depot is best visited; -1: no need to."""
    if count == 0:
        return 0.0, -1
    if carried == count:
        end = joined(piece(ahead, count), distance[path[count], path[count + 1]], piece(behind, count))
        return end[0], -1
    least, via, depot = NEVER, -1, visit(wants, DEPOT)
    for index in range(carried + 1):
        start = joined(piece(ahead, index), distance[path[index], DEPOT], depot)
        duration = joined(start, distance[DEPOT, path[index + 1]], piece(behind, index))[0]
        if duration < least:
            least, via = duration, index
    return least, via


@kernel
def settle(scene: Scene, routes: Routes, route: int) -> None:
    """Renew everything of a changed route; the depot is visited, if at all, where that costs least."""
    facts, path, ahead, behind = routes.facts, routes.path[route], routes.ahead[route], routes.behind[route]
    count = facts[route, STOPS]
    retime(scene.distance, scene.wants, path, ahead, behind, count)
    carried = count_parts(scene.parts, scene.equipped, path, routes.used[route], route, count)
    duration, via = shortest(scene.distance, scene.wants, path, ahead, behind, count, carried)
    facts[route, CARRIED], facts[route, VIA] = carried, via
    routes.costs[COST] += duration - routes.durations[route]
    routes.durations[route] = duration
    routes.counts[NAMES] += 1
    facts[route, VERSION] = routes.counts[NAMES]


@kernel
def insert(scene: Scene, routes: Routes, route: int, position: int, node: int) -> None:
    """Serve a request after path[position] where that is known to be possible."""
    save(routes, route)
    path, facts = routes.path, routes.facts
    for index in range(facts[route, STOPS] + 1, position, -1):
        path[route, index + 1] = path[route, index]
    path[route, position + 1] = node
    facts[route, STOPS] += 1
    routes.owner[node] = route
    settle(scene, routes, route)
