"""OR-Tools routing on a VRPTW, from constructed routes: an independent engine on the same problem."""

from collections.abc import Callable

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from ..stopping import Stop
from .problems import PublicPlan, Vrptw

SPARE_VEHICLES = 5


def improve(
    problem: Vrptw, first: PublicPlan, stop: Stop, progress: Callable[[int, float], None]
) -> tuple[PublicPlan, int, str]:
    """Guided local search from a plan. An iteration is one solution that the search accepts."""
    start = [list(route) for _, route in first.routes]
    if not start or stop.reached(0):
        return first, 0, stop.reached(0) or "finished"
    manager = pywrapcp.RoutingIndexManager(problem.size, len(start) + SPARE_VEHICLES, 0)
    routing = _model(problem, manager, list(first.unassigned))
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    if stop.max_seconds is not None:
        parameters.time_limit.FromMilliseconds(max(1, int(stop.remaining() * 1000)))
    found = _Found(routing, stop, progress)
    routing.AddAtSolutionCallback(found)
    routing.CloseModelWithParameters(parameters)
    begin = routing.ReadAssignmentFromRoutes(start, True)
    solution = routing.SolveFromAssignmentWithParameters(begin, parameters)
    if solution is None:
        return first, found.count, stop.reached(found.count) or "finished"
    routes = [_nodes(manager, routing, solution, vehicle) for vehicle in range(routing.vehicles())]
    kept = [tuple(route) for route in routes if route]
    plan = PublicPlan(tuple(enumerate(kept, start=1)), first.unassigned)
    return plan, found.count, stop.reached(found.count) or "finished"


def _model(problem: Vrptw, manager: pywrapcp.RoutingIndexManager, absent: list[int]) -> pywrapcp.RoutingModel:
    routing = pywrapcp.RoutingModel(manager)
    way = routing.RegisterTransitMatrix(problem.distance.tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(way)
    time = routing.RegisterTransitMatrix((problem.distance + problem.service[:, None]).tolist())
    horizon = int(problem.due.max())
    routing.AddDimension(time, horizon, horizon, False, "time")
    load = routing.RegisterUnaryTransitVector(problem.demand.tolist())
    routing.AddDimension(load, 0, problem.capacity, True, "load")
    clock = routing.GetDimensionOrDie("time")
    for node in range(1, problem.size):
        index = manager.NodeToIndex(node)
        if node in absent:
            routing.AddDisjunction([index], 0)
            routing.ActiveVar(index).SetValue(0)
        else:
            clock.CumulVar(index).SetRange(int(problem.ready[node]), int(problem.due[node]))
    for vehicle in range(routing.vehicles()):
        for index in (routing.Start(vehicle), routing.End(vehicle)):
            clock.CumulVar(index).SetRange(int(problem.ready[0]), int(problem.due[0]))
    return routing


class _Found:
    """Counts solutions, reports better ones, and ends the search when the stop object says so."""

    def __init__(self, routing: pywrapcp.RoutingModel, stop: Stop, progress: Callable[[int, float], None]) -> None:
        self.routing, self.stop, self.progress = routing, stop, progress
        self.count, self.best = 0, float("inf")

    def __call__(self) -> None:
        self.count += 1
        cost = self.routing.CostVar().Min()
        if cost < self.best:
            self.best = cost
            self.progress(self.count, cost)
        if self.stop.reached(self.count):
            self.routing.solver().FinishCurrentSearch()


def _nodes(
    manager: pywrapcp.RoutingIndexManager,
    routing: pywrapcp.RoutingModel,
    solution: pywrapcp.Assignment,
    vehicle: int,
) -> list[int]:
    nodes, index = [], solution.Value(routing.NextVar(routing.Start(vehicle)))
    while not routing.IsEnd(index):
        nodes.append(manager.IndexToNode(index))
        index = solution.Value(routing.NextVar(index))
    return nodes
