"""PyVRP: iterated local search with penalties, stopped by CPU time."""

import time
from typing import Any

import pyvrp

from services.dispatch.solver.public.problems import PublicPlan, Vrptw


class CpuTime:
    """Stopping criterion: seconds of CPU time of this process since it was made."""

    def __init__(self, seconds: float) -> None:
        self._until = time.process_time() + seconds

    def __call__(self, best_cost: int) -> bool:
        """True: stop."""
        return time.process_time() > self._until


def solve(problem: Vrptw, seconds: float, seed: int) -> PublicPlan:
    """Distance alone counts; as many vehicles as customers."""
    stop = CpuTime(seconds)
    result = pyvrp.solve(_data(problem), stop, seed=seed, collect_stats=False, display=False)
    if not result.is_feasible():
        return PublicPlan((), dict.fromkeys(range(1, problem.size), "capacity"))
    # clients are counted from 0, our customers from 1
    routes = [tuple(visit.idx + 1 for visit in route if visit.is_client()) for route in result.best.routes()]
    return PublicPlan(tuple(enumerate(routes, start=1)), {})


def _data(problem: Vrptw) -> pyvrp.ProblemData:
    ready, due, service = problem.ready.tolist(), problem.due.tolist(), problem.service.tolist()
    demand, nodes = problem.demand.tolist(), range(1, problem.size)
    clients = [
        pyvrp.Client(
            node, delivery=[demand[node]], service_duration=service[node], tw_early=ready[node], tw_late=due[node]
        )
        for node in nodes
    ]
    vehicles = pyvrp.VehicleType(len(clients), [problem.capacity], tw_early=ready[0], tw_late=due[0])
    places = [pyvrp.Location(0, 0) for _ in range(problem.size)]
    ways: list[Any] = [problem.distance]
    return pyvrp.ProblemData(places, clients, [pyvrp.Depot(0)], [vehicles], ways, ways)
