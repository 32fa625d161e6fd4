"""The search for VRPTW: arrays for the kernel, and the plan in its answer."""

from collections.abc import Sequence

import numpy as np

from ..blocks import Matrix
from .annealing import Tuning
from .chance import dice
from .kernel_search import KernelSearch
from .problems import Bools, PublicPlan, Route, Vrptw
from .vrptw_routes import BEST, COST, NEXT, Routes, Scene, empty_routes
from .vrptw_search import improve

TUNING = Tuning(removed=10, hot=1.5, warm=0.1, cold=0.05, raised=(200, 200))
"""Chosen on a few of the readable instances at 6 to 30 s."""


def servable(problem: Vrptw) -> Bools:
    """[node] customers that a vehicle of their own can serve."""
    start = np.maximum(problem.ready[0] + problem.distance[0], problem.ready)
    fits = (start <= problem.due) & (start + problem.service + problem.distance[:, 0] <= problem.due[0])
    fits &= problem.demand <= problem.capacity
    fits[0] = False
    return np.asarray(fits, np.bool_)


def near(problem: Vrptw, served: Bools) -> Matrix:
    """[node, rank] the customers that can come directly before or after it, nearest first; -1 fills up."""
    distance = problem.distance
    leaves = problem.ready + problem.service
    follows = leaves[:, None] + distance <= problem.due[None, :]
    possible = (follows | follows.T) & served[None, :] & served[:, None]
    np.fill_diagonal(possible, False)
    ranking = np.argsort(np.where(possible, distance, np.iinfo(np.int64).max), axis=1, kind="stable")
    return np.where(np.take_along_axis(possible, ranking, axis=1), ranking, -1).astype(np.int32)


def scene(problem: Vrptw, served: Bools) -> Scene:
    """What the kernel needs to know. Insertion in turn: big first, far, near, narrow, early, late first."""
    p, way = problem, problem.distance[0]
    return Scene(
        distance=np.ascontiguousarray(p.distance, np.int32),
        capacity=p.capacity,
        served=served,
        near=near(p, served),
        ranks=np.stack([-p.demand, -way, way, p.due - p.ready, p.ready, -p.due]).astype(np.int64),
    )


class VrptwSearch(KernelSearch[Scene, Routes]):
    """The routes of one problem while they are searched; `waiting` as `KernelSearch` says."""

    owned = False

    def __init__(self, problem: Vrptw, seed: int, *, waiting: bool = False) -> None:
        self.served = servable(problem)
        self.nodes = int(self.served.sum())
        super().__init__(improve, scene(problem, self.served), empty_routes(problem), dice(seed), waiting=waiting)
        self.near = self._scene.near

    def best(self) -> float:
        """Total distance in tenths."""
        return float(self._routes.counts[BEST])

    def unit(self) -> float:
        """Distance per customer in tenths."""
        return float(self._routes.counts[COST]) / max(1, self.nodes)

    def routes(self) -> list[Route]:
        """The best routes, vehicles numbered from 1."""
        counts, size = self._routes.counts, len(self.served)
        after = self._routes.rows[:, NEXT] if counts[COST] == counts[BEST] else self._routes.best
        found: list[Route] = []
        for depot in range(size, 2 * size):
            nodes, row = [], int(after[depot])
            while row < size:
                nodes.append(row)
                row = int(after[row])
            if nodes:
                found.append((1 + len(found), nodes))
        return found

    def begin(self, routes: Sequence[Route]) -> None:
        """Let the next construction begin with these routes, without who does not fit in them."""
        after, size = self._routes.best, len(self.served)
        after[size:] = np.arange(size, 2 * size)
        for depot, (_, nodes) in enumerate(routes, start=size):
            after[[depot, *nodes]] = [*nodes, depot]

    def plan(self) -> PublicPlan:
        """The best routes; a customer left out fits no route even alone."""
        routes = self.routes()
        planned = {node for _, nodes in routes for node in nodes}
        absent = {node: "window" for node in range(1, len(self.served)) if node not in planned}
        return PublicPlan(tuple((vehicle, tuple(nodes)) for vehicle, nodes in routes), absent)
