"""OR-Tools routing with guided local search: qualification, windows, soft deadlines, overtime, drops; no parts."""

import time

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from ..reduced import Reduced, Sequences

SCALE = 60
"""Model prices are fen x SCALE, so that a price per second still is a whole number."""
MOST = 10**15


def plan(view: Reduced, seconds: float, seed: int) -> Sequences:
    """Best plan after so much processor time; the seed is not used."""
    until = time.process_time() + seconds
    tours, orders = view.problem.tours, view.orders
    places = [view.problem.orders[order].place for order in orders]
    places += [*view.begins, *(tour.end_place for tour in tours)]
    first, count = len(orders), len(tours)
    manager = pywrapcp.RoutingIndexManager(
        len(places), count, list(range(first, first + count)), list(range(first + count, first + 2 * count))
    )
    routing = pywrapcp.RoutingModel(manager)
    legs = view.leg_fen[np.ix_(places, places)] * SCALE
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(legs.tolist()))
    _keep_time(view, places, manager, routing)
    _limit_orders(view, len(places), routing)
    for node, order in enumerate(orders):
        fit = np.flatnonzero(view.allowed[:, order]).tolist()
        routing.VehicleVar(manager.NodeToIndex(node)).SetValues([-1, *fit])
        routing.AddDisjunction([manager.NodeToIndex(node)], min(MOST, SCALE * view.drop_fen(order)))
    solution = _searched(routing, until)
    return {} if solution is None else _sequences(view, manager, routing, solution)


def _keep_time(
    view: Reduced, places: list[int], manager: pywrapcp.RoutingIndexManager, routing: pywrapcp.RoutingModel
) -> None:
    """Second 0 is now. One transit per engineer: service differs by level."""
    problem, now = view.problem, view.problem.start
    longest = max([problem.end, *(tour.limit for tour in problem.tours)]) - now
    drive = np.minimum(view.seconds[np.ix_(places, places)], longest + 1)
    made: dict[int, int] = {}
    for tour, record in enumerate(problem.tours):
        if record.engineer not in made:
            work = np.zeros(len(places), np.int64)
            work[: len(view.orders)] = view.service[tour, view.orders]
            made[record.engineer] = routing.RegisterTransitMatrix((drive + work[:, None]).tolist())
    transits = [made[tour.engineer] for tour in problem.tours]
    routing.AddDimensionWithVehicleTransits(transits, longest, longest, False, "time")
    clock = routing.GetDimensionOrDie("time")
    overtime = problem.prices.overtime_fen_per_hour * SCALE // 3600
    for tour, record in enumerate(problem.tours):
        start = min(view.starts[tour] - now, longest)
        clock.CumulVar(routing.Start(tour)).SetValue(start)
        clock.CumulVar(routing.End(tour)).SetMax(max(start, record.limit - now))
        clock.SetCumulVarSoftUpperBound(routing.End(tour), max(0, record.end - now), overtime)
    for node, order in enumerate(view.orders):
        index = manager.NodeToIndex(node)
        spans = view.windows(order)
        if not spans:
            routing.ActiveVar(index).SetValue(0)
            continue
        clock.CumulVar(index).SetRange(max(0, spans[0][0] - now), min(longest, spans[-1][1] - now))
        due, fen = view.slope(order)
        if fen:
            clock.SetCumulVarSoftUpperBound(index, max(0, due - now), fen * SCALE // 3600)


def _limit_orders(view: Reduced, nodes: int, routing: pywrapcp.RoutingModel) -> None:
    orders = len(view.orders)
    one = routing.RegisterUnaryTransitVector([1] * orders + [0] * (nodes - orders))
    most = [min(tour.max_orders, orders) for tour in view.problem.tours]
    routing.AddDimensionWithVehicleCapacity(one, 0, most, True, "orders")


def _searched(routing: pywrapcp.RoutingModel, until: float) -> pywrapcp.Assignment | None:
    """Ended by processor time, which OR-Tools itself does not count."""
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromSeconds(24 * 3600)
    routing.CloseModelWithParameters(parameters)
    routing.AddSearchMonitor(routing.solver().CustomLimit(lambda: time.process_time() >= until))
    return routing.SolveWithParameters(parameters)


def _sequences(
    view: Reduced,
    manager: pywrapcp.RoutingIndexManager,
    routing: pywrapcp.RoutingModel,
    solution: pywrapcp.Assignment,
) -> Sequences:
    sequences: Sequences = {}
    for tour in range(len(view.problem.tours)):
        index = solution.Value(routing.NextVar(routing.Start(tour)))
        while not routing.IsEnd(index):
            sequences.setdefault(tour, []).append(view.orders[manager.IndexToNode(index)])
            index = solution.Value(routing.NextVar(index))
    return sequences
