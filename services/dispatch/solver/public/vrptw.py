"""Routes of a VRPTW under change: the price of every insertion at once, in constant time per place."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..dice import Dice
from .problems import Ints, PublicPlan, Vrptw

NEVER = 2**40
BLINK = 0.01
"""Chance to overlook a place, so that the same ruin is recreated differently."""


class _Snapshot(NamedTuple):
    routes: list[list[int]]
    absent: list[int]
    lengths: list[int]
    arrays: tuple[Ints, ...]


class VrptwState:
    """A place to insert is "after node i": a customer, or node `size + r` for the start of route r.

    Arrays by such a node: `depart` (earliest end of service), `then` (next node's location), `latest` (latest
    start there), `leg` (way there), `load` (of the route), `owner` (route; -1: absent).
    """

    def __init__(self, problem: Vrptw) -> None:
        self.problem = problem
        size = problem.size
        self.neighbours = problem.neighbours
        self.routes: list[list[int]] = []
        self.absent = list(range(1, size))
        self.lengths: list[int] = []
        self.location = np.concatenate([np.arange(size), np.zeros(size, np.int64)])
        self.depart = np.full(2 * size, NEVER, np.int64)
        self.then = np.zeros(2 * size, np.int64)
        self.latest = np.full(2 * size, problem.due[0], np.int64)
        self.leg = np.zeros(2 * size, np.int64)
        self.load = np.zeros(2 * size, np.int64)
        self.owner = np.full(2 * size, -1, np.int64)
        self._open()

    def cost(self) -> float:
        """Total distance in tenths; an absent customer costs more than any route."""
        return sum(self.lengths) + 10**7 * len(self.absent)

    def route_of(self, node: int) -> int:
        """Route of a customer, -1 when absent (and for the depot)."""
        return int(self.owner[node])

    def orders(self) -> list[Callable[[int], float]]:
        """Orders of insertion: random, big first, far first, near first, narrow, early, soon due."""
        p = self.problem
        width = (p.due - p.ready).tolist()
        demand, far, ready, due = p.demand.tolist(), p.distance[0].tolist(), p.ready.tolist(), p.due.tolist()
        return [
            lambda node: 0.0,
            lambda node: -demand[node],
            lambda node: -far[node],
            lambda node: far[node],
            lambda node: width[node],
            lambda node: ready[node],
            lambda node: -due[node],
        ]

    def prices(self, node: int) -> Ints:
        """[place] extra distance of inserting the customer there, NEVER where it is not possible."""
        p, last = self.problem, self.problem.size + len(self.routes)
        way = p.distance[node]
        there, onward = way[self.location[:last]], way[self.then[:last]]
        start = np.maximum(self.depart[:last] + there, p.ready[node])
        fits = start <= p.due[node]
        fits &= start + (onward + p.service[node]) <= self.latest[:last]
        fits &= self.load[:last] <= p.capacity - p.demand[node]
        return np.where(fits, there + onward - self.leg[:last], NEVER)

    def insert(self, node: int, dice: Dice) -> bool:
        """Insert at the cheapest place, overlooking some; False when there is none."""
        prices = self.prices(node)
        place = int(prices.argmin())
        while dice.random() < BLINK and prices[place] < NEVER:
            prices[place] = NEVER
            place = int(prices.argmin())
        if prices[place] >= NEVER:
            return False
        route = int(self.owner[place])
        position = 0 if place >= self.problem.size else self.routes[route].index(place) + 1
        self.set_route(route, [*self.routes[route][:position], node, *self.routes[route][position:]])
        return True

    def remove(self, route: int, nodes: list[int]) -> None:
        """Take customers out of one route."""
        gone = set(nodes)
        self.depart[nodes], self.owner[nodes] = NEVER, -1
        self.absent += nodes
        self.set_route(route, [node for node in self.routes[route] if node not in gone])

    def add(self, nodes: list[int]) -> None:
        """Serve absent customers with a new route that is known to be possible."""
        self.absent = [node for node in self.absent if node not in nodes]
        self.set_route(len(self.routes) - 1, nodes)

    def set_route(self, route: int, nodes: list[int]) -> None:
        """Replace a route and renew its caches; keeps one empty route on offer."""
        p, first = self.problem, self.problem.size + route
        self.routes[route] = nodes
        path = np.array([0, *nodes, 0], np.int64)
        legs = p.distance[path[:-1], path[1:]]
        clock = np.concatenate([[0], np.cumsum(p.service[path[:-1]] + legs)])
        start = np.maximum.accumulate(p.ready[path] - clock) + clock
        latest = np.minimum.accumulate((p.due[path] - clock)[::-1])[::-1] + clock
        places = np.array([first, *nodes], np.int64)
        self.lengths[route] = int(legs.sum())
        self.depart[places] = start[:-1] + p.service[path[:-1]]
        self.then[places], self.latest[places] = path[1:], latest[1:]
        self.leg[places], self.load[places] = legs, p.demand[nodes].sum()
        self.owner[places] = route
        if all(self.routes):
            self._open()

    def _open(self) -> None:
        """Offer one more empty route."""
        place = self.problem.size + len(self.routes)
        self.routes.append([])
        self.lengths.append(0)
        self.depart[place], self.then[place], self.leg[place] = self.problem.ready[0], 0, 0
        self.latest[place], self.load[place] = self.problem.due[0], 0
        self.owner[place] = len(self.routes) - 1

    def _arrays(self) -> tuple[Ints, ...]:
        return self.depart, self.then, self.latest, self.leg, self.load, self.owner

    def snapshot(self) -> _Snapshot:
        """Everything that changes; routes are replaced, never changed in place."""
        copies = tuple(array.copy() for array in self._arrays())
        return _Snapshot(self.routes.copy(), self.absent.copy(), self.lengths.copy(), copies)

    def restore(self, snapshot: object) -> None:
        """Back to a snapshot, which stays valid."""
        assert isinstance(snapshot, _Snapshot)  # noqa: S101 (the search hands back what it was given)
        self.routes, self.absent = snapshot.routes.copy(), snapshot.absent.copy()
        self.lengths = snapshot.lengths.copy()
        for array, copy in zip(self._arrays(), snapshot.arrays, strict=True):
            array[:] = copy

    def plan(self) -> PublicPlan:
        """The routes with vehicles numbered from 1; a customer left out fits no route even alone."""
        routes = [tuple(route) for route in self.routes if route]
        return PublicPlan(tuple(enumerate(routes, start=1)), dict.fromkeys(sorted(self.absent), "window"))
