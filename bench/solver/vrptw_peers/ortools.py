"""OR-Tools routing: savings, then guided local search, stopped by CPU time."""

import time

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from services.dispatch.solver.public.problems import PublicPlan, Vrptw


def solve(problem: Vrptw, seconds: float, seed: int) -> PublicPlan:
    """A vehicle for every fourth customer: more only slow it down."""
    until = time.process_time() + seconds
    vehicles = max(2, problem.size // 4)
    manager = pywrapcp.RoutingIndexManager(problem.size, vehicles, 0)
    routing = pywrapcp.RoutingModel(manager)
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(problem.distance.tolist()))
    _dimensions(routing, manager, problem)
    routing.AddSearchMonitor(routing.solver().CustomLimit(lambda: time.process_time() > until))
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.SAVINGS
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromSeconds(int(20 * seconds) + 1)
    found = routing.SolveWithParameters(parameters)
    routes = [_route(routing, manager, found, vehicle) for vehicle in range(vehicles)] if found else []
    planned = {node for route in routes for node in route}
    absent = {node: "capacity" for node in range(1, problem.size) if node not in planned}
    return PublicPlan(tuple(enumerate([route for route in routes if route], start=1)), absent)


def _dimensions(routing: pywrapcp.RoutingModel, manager: pywrapcp.RoutingIndexManager, problem: Vrptw) -> None:
    horizon = int(problem.due.max())
    time_taken = routing.RegisterTransitMatrix((problem.distance + problem.service[:, None]).tolist())
    routing.AddDimension(time_taken, horizon, horizon, False, "time")
    load = routing.RegisterUnaryTransitVector(problem.demand.tolist())
    routing.AddDimension(load, 0, problem.capacity, True, "load")
    clock = routing.GetDimensionOrDie("time")
    for node in range(1, problem.size):
        clock.CumulVar(manager.NodeToIndex(node)).SetRange(int(problem.ready[node]), int(problem.due[node]))


def _route(
    routing: pywrapcp.RoutingModel,
    manager: pywrapcp.RoutingIndexManager,
    found: pywrapcp.Assignment,
    vehicle: int,
) -> tuple[int, ...]:
    nodes, index = [], found.Value(routing.NextVar(routing.Start(vehicle)))
    while not routing.IsEnd(index):
        nodes.append(manager.IndexToNode(index))
        index = found.Value(routing.NextVar(index))
    return tuple(nodes)
