"""Routes of a TRSP under change: parts and tools decide where a request fits and when the depot is visited."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..dice import Dice
from .problems import Bools, Floats, Ints, PublicPlan, Trsp

DEPOT = 0
NEVER = 1e15
BLINK = 0.01
"""Chance to overlook a place, so that the same ruin is recreated differently."""

TOLERANCE = 1e-9

Segment = tuple[float, float, float]
"""(duration, earliest, latest departure) of a piece of route that departs inside the last two without extra
waiting: concatenation after Vidal et al., Computers & OR 2013, doi 10.1016/j.cor.2012.07.018."""


class _Snapshot(NamedTuple):
    routes: list[list[int]]
    absent: list[int]
    durations: list[float]
    arrays: tuple[Floats | Ints, ...]


def joined(one: Segment, way: float, two: Segment) -> Segment | None:
    """The two pieces one after the other; None when the second is reached too late."""
    shift = one[0] + way
    wait = max(0.0, two[1] - shift - one[2])
    if one[1] + shift > two[2] + TOLERANCE:
        return None
    return one[0] + way + wait + two[0], max(two[1] - shift, one[1]) - wait, min(two[2] - shift, one[2])


def _owned(names: Bools, technicians: int) -> Bools:
    """[route, node] the technician has everything that the node needs."""
    lacking = names[None, :, :] & ~names[1 : technicians + 1, None, :]
    found: Bools = np.logical_not(np.any(lacking, axis=2))
    return found


class TrspState:
    """Route k belongs to technician k + 1 and may hold one 0, the visit to the depot.

    A place to insert is "after node i": a request, `size + k` for the home of route k, or
    `size + technicians + k` for its depot visit. Arrays by place: `before` (segment up to it), `before_via` (the
    same if the depot were visited first), `after` (segment from the next node on), `then` (location of the next
    node), `stocked` (the depot was visited), `owner` (route; -1: not in use). `spare`: [route, part] pieces left
    on the van before the depot.
    """

    def __init__(self, problem: Trsp) -> None:
        self.problem = problem
        people, places = problem.technicians, problem.size + 2 * problem.technicians
        self.neighbours = problem.neighbours
        self.routes: list[list[int]] = [[] for _ in range(people)]
        self.absent = list(problem.requests)
        self.durations = [0.0] * people
        homes = np.arange(1, people + 1)
        self.location = np.concatenate([np.arange(problem.size), homes, np.zeros(people, np.int64)])
        self.location_via = np.where(np.arange(places) < problem.size, self.location, DEPOT)
        self.before = np.zeros((places, 3))
        self.before_via = np.zeros((places, 3))
        self.after = np.zeros((places, 3))
        self.then = np.zeros(places, np.int64)
        self.stocked = np.zeros(places, np.int64)
        self.owner = np.full(places, -1, np.int64)
        self.spare = problem.parts[1 : people + 1].copy()
        self.skilled = _owned(problem.skills, people)
        self.equipped = _owned(problem.tools, people)
        for route in range(people):
            self.set_route(route, [])

    def cost(self) -> float:
        """Total working time; an absent request costs more than any route."""
        return sum(self.durations) + 1e5 * len(self.absent)

    def route_of(self, node: int) -> int:
        """Route of a request, -1 when absent."""
        return int(self.owner[node])

    def orders(self) -> list[Callable[[int], float]]:
        """Orders of insertion: random, few technicians first, narrow, early, soon due, far first."""
        p = self.problem
        people = self.skilled.sum(axis=0).tolist()
        width, ready, due = (p.due - p.ready).tolist(), p.ready.tolist(), p.due.tolist()
        far = p.distance[DEPOT].tolist()
        return [
            lambda node: 0.0,
            lambda node: people[node],
            lambda node: width[node],
            lambda node: ready[node],
            lambda node: -due[node],
            lambda node: -far[node],
        ]

    def _segment(self, node: int) -> Segment:
        p = self.problem
        return float(p.service[node]), float(p.ready[node]), float(p.due[node])

    def _prices(self, node: int, entry: int, piece: Segment, location: Ints, before: Floats) -> Floats:
        """[place] extra working time of a piece that is entered at location `entry` and left at `node`."""
        p = self.problem
        to, onward = p.distance[location, entry], p.distance[node, self.then]
        shift = before[:, 0] + to
        wait = np.maximum(0.0, piece[1] - shift - before[:, 2])
        late = before[:, 1] + shift > piece[2] + TOLERANCE
        duration = shift + wait + piece[0]
        earliest = np.maximum(piece[1] - shift, before[:, 1]) - wait
        latest = np.minimum(piece[2] - shift, before[:, 2])
        shift = duration + onward
        wait = np.maximum(0.0, self.after[:, 1] - shift - latest)
        late |= earliest + shift > self.after[:, 2] + TOLERANCE
        known = np.array(self.durations)[self.owner]
        return np.where(late, NEVER, shift + wait + self.after[:, 0] - known)

    def prices(self, node: int) -> Floats:
        """[way, place] prices of inserting the request: as the route is, with a visit to the depot just before
        it, and with one at the start of the route."""
        skilled = self.skilled[self.owner, node] & (self.owner >= 0)
        enough = (self.spare >= self.problem.parts[node]).all(axis=1) & self.equipped[:, node]
        known = skilled & (enough[self.owner] | (self.stocked > 0))
        without = skilled & ~np.array([DEPOT in route for route in self.routes])[self.owner]
        piece = self._segment(node)
        detour = joined(self._segment(DEPOT), float(self.problem.distance[DEPOT, node]), piece)
        prices = np.full((3, len(self.owner)), NEVER)
        if known.any():
            prices[0] = np.where(known, self._prices(node, node, piece, self.location, self.before), NEVER)
        if detour and without.any():
            stocked = self._prices(node, DEPOT, detour, self.location, self.before)
            prices[1] = np.where(without, stocked, NEVER)
            early = self._prices(node, node, piece, self.location_via, self.before_via)
            prices[2] = np.where(without, early, NEVER)
        return prices

    def insert(self, node: int, dice: Dice) -> bool:
        """Insert at the cheapest place, overlooking some; False when there is none."""
        prices = self.prices(node)
        best = int(prices.argmin())
        while dice.random() < BLINK and prices.flat[best] < NEVER:
            prices.flat[best] = NEVER
            best = int(prices.argmin())
        if prices.flat[best] >= NEVER:
            return False
        way, place = divmod(best, len(self.owner))
        route = int(self.owner[place])
        position = self._position(route, place)
        head, tail = self.routes[route][:position], self.routes[route][position:]
        ways = ([*head, node, *tail], [*head, DEPOT, node, *tail], [DEPOT, *head, node, *tail])
        self.set_route(route, ways[way])
        return True

    def _position(self, route: int, place: int) -> int:
        if place >= self.problem.size:
            return 0 if place < self.problem.size + self.problem.technicians else self.routes[route].index(DEPOT) + 1
        return self.routes[route].index(place) + 1

    def remove(self, route: int, nodes: list[int]) -> None:
        """Take requests out of one route; the depot visit goes or moves to where it costs least."""
        gone = {node for node in nodes if node != DEPOT}
        self.owner[list(gone)] = -1
        self.absent += sorted(gone)
        self.set_route(route, self._with_best_depot(route, [n for n in self.routes[route] if n not in gone]))

    def _with_best_depot(self, route: int, nodes: list[int]) -> list[int]:
        if DEPOT not in nodes:
            return nodes
        bare = [node for node in nodes if node != DEPOT]
        if self._carried(route, bare) == len(bare):
            return bare
        latest = self._carried(route, bare)
        choices = [[*bare[:i], DEPOT, *bare[i:]] for i in range(latest + 1)]
        timed = [(self._duration(route, choice), choice) for choice in choices]
        return min(timed, key=lambda pair: pair[0])[1]

    def _carried(self, route: int, nodes: list[int]) -> int:
        """How many of the first requests the technician can serve without the depot."""
        spare = self.problem.parts[route + 1].copy()
        for count, node in enumerate(nodes):
            spare -= self.problem.parts[node]
            if not self.equipped[route, node] or (spare < 0).any():
                return count
        return len(nodes)

    def _duration(self, route: int, nodes: list[int]) -> float:
        prefixes = self._prefixes(route, nodes)
        return prefixes[-1][0] if prefixes else NEVER

    def _prefixes(self, route: int, nodes: list[int]) -> list[Segment] | None:
        """Segments up to every node and home; None when a window is missed."""
        distance, home = self.problem.distance, route + 1
        found: list[Segment] = [self._home(route)]
        here = home
        for node in [*nodes, home]:
            piece = self._segment(node) if node != home else self._home(route)
            after = joined(found[-1], float(distance[here, node]), piece)
            if after is None:
                return None
            found.append(after)
            here = node
        return found

    def _home(self, route: int) -> Segment:
        return 0.0, float(self.problem.ready[route + 1]), float(self.problem.due[route + 1])

    def set_route(self, route: int, nodes: list[int]) -> None:
        """Replace a route that is known to be possible, and renew its caches."""
        p, home = self.problem, route + 1
        prefixes = self._prefixes(route, nodes)
        assert prefixes is not None  # noqa: S101 (insertions are checked before they are made)
        old_depot = p.size + p.technicians + route
        self.owner[old_depot] = -1
        places = [p.size + route] + [old_depot if node == DEPOT else node for node in nodes]
        suffix, then, stocked = self._home(route), home, DEPOT in nodes
        for place, node, prefix in zip(
            reversed(places), reversed([home, *nodes]), reversed(prefixes[:-1]), strict=True
        ):
            self.before[place], self.after[place], self.then[place] = prefix, suffix, then
            self.owner[place], self.stocked[place] = route, stocked
            if node == DEPOT:
                stocked = False
            if node != home:
                onward = joined(self._segment(node), float(p.distance[node, then]), suffix)
                assert onward is not None  # noqa: S101
                suffix, then = onward, node
        via = None if DEPOT in nodes else self._prefixes(route, [DEPOT, *nodes])
        self.before_via[places] = via[1:-1] if via else (0.0, NEVER, NEVER)
        self.routes[route] = nodes
        self.durations[route] = prefixes[-1][0] if nodes else 0.0
        used = nodes[: nodes.index(DEPOT)] if DEPOT in nodes else nodes
        self.spare[route] = p.parts[home] - p.parts[used].sum(axis=0)

    def _arrays(self) -> tuple[Floats | Ints, ...]:
        return self.before, self.before_via, self.after, self.then, self.stocked, self.owner, self.spare

    def snapshot(self) -> _Snapshot:
        """Everything that changes; routes are replaced, never changed in place."""
        copies = tuple(array.copy() for array in self._arrays())
        return _Snapshot(self.routes.copy(), self.absent.copy(), self.durations.copy(), copies)

    def restore(self, snapshot: object) -> None:
        """Back to a snapshot, which stays valid."""
        assert isinstance(snapshot, _Snapshot)  # noqa: S101 (the search hands back what it was given)
        self.routes, self.absent = snapshot.routes.copy(), snapshot.absent.copy()
        self.durations = snapshot.durations.copy()
        for array, copy in zip(self._arrays(), snapshot.arrays, strict=True):
            array[:] = copy

    def plan(self) -> PublicPlan:
        """The routes by technician; a request left out: nobody has the skill, or nobody has the time."""
        routes = [(route + 1, tuple(nodes)) for route, nodes in enumerate(self.routes) if nodes]
        absent = {node: "capacity" if self.skilled[:, node].any() else "skill" for node in sorted(self.absent)}
        return PublicPlan(tuple(routes), absent)
