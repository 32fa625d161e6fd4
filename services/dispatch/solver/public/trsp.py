"""The search for TRSP: arrays for the kernel, and the plan in its answer."""

from collections.abc import Iterator, Sequence

import numpy as np

from .annealing import Tuning
from .chance import dice
from .kernel_search import KernelSearch
from .pool import Column
from .problems import Bools, PublicPlan, Route, Trsp
from .trsp_routes import ABSENT, BEST, COST, SERVICE, STOPS, VIA, Routes, Scene, empty_routes
from .trsp_search import improve

TUNING = Tuning(removed=10, hot=4.0, warm=1.0, cold=0.05, raised=(3_000, 500), rounds=3)
"""Chosen on a few of the readable instances at 4 to 60 s; one long round keeps the technicians that it starts with."""


def owned(problem: Trsp, names: Bools) -> Bools:
    """[route, node] the technician has everything that the node needs."""
    people = problem.technicians
    lacking = np.any(names[None, :, :] & ~names[1 : people + 1, None, :], axis=2)
    return np.asarray(~lacking, np.bool_)


def scene(problem: Trsp) -> Scene:
    """What the kernel needs to know. Insertion in turn: few technicians first, narrow, early, late, far, near first."""
    p = problem
    skilled, way = owned(p, p.skills), p.distance[0]
    wants = np.stack([p.service, p.ready, p.due], axis=1).astype(np.float64)
    wants[1 : p.technicians + 1, SERVICE] = 0.0  # nobody works at home
    return Scene(
        distance=np.ascontiguousarray(p.distance, np.float64),
        wants=np.ascontiguousarray(wants),
        skilled=skilled,
        equipped=owned(p, p.tools),
        parts=np.ascontiguousarray(p.parts, np.int64),
        near=np.ascontiguousarray(p.neighbours),
        ranks=np.stack([skilled.sum(axis=0), p.due - p.ready, p.ready, -p.due, -way, way]).astype(np.float64),
        absence=2.0 * float(p.due.max()) + 1.0,
    )


class TrspSearch(KernelSearch[Scene, Routes]):
    """The routes of one problem while they are searched; `waiting` as `KernelSearch` says."""

    owned = True

    def __init__(self, problem: Trsp, seed: int, *, waiting: bool = False) -> None:
        self.nodes = len(problem.requests)
        self._problem = problem
        super().__init__(improve, scene(problem), empty_routes(problem), dice(seed), waiting=waiting)
        self.near = self._scene.near
        routes = self._routes
        routes.absent[: self.nodes], routes.counts[ABSENT] = problem.requests, self.nodes
        routes.costs[COST] = routes.costs[BEST] = self.nodes * self._scene.absence

    def best(self) -> float:
        """Total working time; an absent request costs more than any route."""
        return float(self._routes.costs[BEST])

    def unit(self) -> float:
        """Working time per request, its service left out."""
        routes, first = self._routes, self._problem.technicians + 1
        unserved = self._scene.absence * routes.counts[ABSENT]
        service = self._problem.service[first:].sum()
        return float(routes.costs[COST] - unserved - service) / max(1, self.nodes)

    def routes(self) -> list[Route]:
        """The best routes by technician, numbered from 1, without the depot."""
        stops = self._routes.best_facts[:, STOPS].tolist()
        paths = enumerate(zip(self._routes.best, stops, strict=True), start=1)
        return [(technician, path[1 : count + 1].tolist()) for technician, (path, count) in paths if count]

    def driven(self) -> Iterator[Column]:
        """The present routes with their working time."""
        routes = self._routes
        for route, count in enumerate(routes.facts[:, STOPS].tolist()):
            if count:
                nodes = routes.path[route, 1 : count + 1].tolist()
                yield Column(float(routes.durations[route]), route + 1, tuple(nodes))

    def begin(self, routes: Sequence[Route]) -> None:
        """Let the next construction begin with these routes."""
        facts = self._routes.best_facts
        facts[:, STOPS] = 0
        for technician, nodes in routes:
            facts[technician - 1, STOPS] = len(nodes)
            self._routes.best[technician - 1, 1 : len(nodes) + 1] = nodes

    def plan(self) -> PublicPlan:
        """The best routes by technician; a request left out: nobody has the skill, or nobody has the time."""
        found, planned = [], set[int]()
        for technician, own in self.routes():
            planned.update(own)
            nodes, via = list(own), int(self._routes.best_facts[technician - 1, VIA])
            if via >= 0:
                nodes.insert(via, 0)
            found.append((technician, tuple(nodes)))
        absent = [node for node in self._problem.requests if node not in planned]
        reasons = {node: "capacity" if self._scene.skilled[:, node].any() else "skill" for node in absent}
        return PublicPlan(tuple(found), reasons)
